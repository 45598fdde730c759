"""`serve`: the local Fivetran put together, answering until somebody ends it."""

import asyncio
import errno
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
from socket import socket
from typing import Final

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.credentials import credentials_file, credentials_in, from_environment, page_token
from fivetran_local.connections import Connections
from fivetran_local.events import EventLog
from fivetran_local.function_config import trigger_of
from fivetran_local.functions import FunctionHere
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.server import HOST, Server, build, listen, url_of
from fivetran_local.services import SERVICES_FILE
from fivetran_local.sync import Limits, SyncRules
from fivetran_local.warehouse import Warehouse
from fivetran_local.webhooks import Webhooks, WebhookSender
from fivetran_protocol.limits import MAX_SYNC_SECONDS
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Target
from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project
from fivetran_tools.serving.functions import FunctionSupervisor
from fivetran_tools.serving.ports import FIRST_PORT, keep_ports, port_of
from fivetran_tools.serving.simulators import simulated_sources

TOKEN_VARIABLE: Final = "FIVETRAN_LOCAL_CONTROL_TOKEN"  # noqa: S105  # the name of a variable

_LOG_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve."""

    port: int
    folder: Path | None = None
    """Where everything is kept, instead of `files/`."""
    control: bool = False
    simulate: tuple[str, ...] = ()
    """Connectors whose sources are simulated meanwhile."""
    function_ports_from: int | None = None
    """Gives every function a new port, from this one on."""
    sync_hours: float = MAX_SYNC_SECONDS / 3600
    """After how many hours a sync stops, for the next one to go on."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What somebody has to know of a local Fivetran that now answers."""

    url: str
    page: str
    """Opens the web page, without asking for anything."""
    credentials: str
    """Where they are."""
    warehouse: Path
    functions: Sequence[FunctionHere]
    simulated: Mapping[str, Mapping[str, str]]
    """By connector, the settings that reach its simulated source."""
    control_token: str | None


def serve(project: Project, options: ServeOptions, announce: Callable[[Announcement], None]) -> None:
    """Serve until a signal ends it: running syncs land what they have, and go on at the next start.

    Args:
        project: The checkout.
        options: How.
        announce: Told once, when it answers.

    Raises:
        UsageError: deploy.yaml is not legal, or a connector has no simulator.
        CommandError, LocalFivetranError: the port or the folder is taken, or something cannot be read or started.
    """
    deployments = _functions_of(project)
    for name in options.simulate:
        project.simulator(name)
    files = (options.folder or project.root / "files").resolve()
    home = files / "fivetran"
    with AccountStore(home) as store, _listening(options.port) as listening, _logging(home / "serve.log"):
        given = from_environment()
        credentials = given or credentials_in(home)
        url = url_of(listening)
        control_token = _control_token() if options.control else None
        events, sender = EventLog(home / "logs"), WebhookSender()
        warehouse_of = warehouses(files, store)
        first_port = options.function_ports_from or FIRST_PORT
        ports = keep_ports(store, deployments, first_port, anew=options.function_ports_from is not None)
        staging = Project(project.root, home / "staged")
        with (
            simulated_sources(project, store, options.simulate, first_port) as simulated,
            FunctionSupervisor(staging, deployments, ports, simulated) as functions,
            Webhooks(store, events, sender),
            Connections(
                store,
                warehouse_of=warehouse_of,
                events=events,
                functions=functions,
                rules=SyncRules(Limits(max_sync_seconds=options.sync_hours * 3600)),
            ) as connections,
        ):
            functions.syncs_of = lambda port: syncs_of(connections, port)
            local = LocalFivetran(connections, credentials, url)
            announcement = Announcement(
                url=url,
                page=f"{url}/?token={page_token(credentials)}",
                credentials="the environment" if given else str(credentials_file(home)),
                warehouse=files / "warehouse.db",
                functions=functions.described(),
                simulated=simulated,
                control_token=control_token,
            )
            app = build(local, services_file=project.root / SERVICES_FILE, control_token=control_token, sender=sender)
            with suppress(KeyboardInterrupt):  # the way in which every signal that ends a command arrives
                Server(app, lambda: announce(announcement)).run([listening])


def warehouses(files: Path, store: AccountStore) -> Callable[[str], Warehouse]:
    """Return what gives the warehouse of a group: `warehouse.db` of the first, one of its own for any other."""

    @cache
    def warehouse_of(group_id: str) -> Warehouse:
        account = store.account
        group = account.groups.get(group_id)
        is_first = group is not None and group.created_at == account.created_at
        return Warehouse(files / "warehouse.db" if is_first else files / "warehouses" / f"{group_id}.db")

    return warehouse_of


def _functions_of(project: Project) -> dict[str, Deployment]:
    if not (project.root / DEPLOY_FILE).exists():
        return {}
    functions = read_deployments(project).functions
    return {name: deployment for name, deployment in functions.items() if deployment.target is Target.FUNCTION}


def syncs_of(connections: Connections, port: int) -> list[str]:
    """Return the ids of the syncs that run and call a port of this machine."""
    return [
        view.running.sync_id
        for view in connections.all()
        if view.running and port_of(trigger_of(view.settings.config)) == port
    ]


@contextmanager
def _listening(port: int) -> Iterator[socket]:
    try:
        listening = listen(port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is in use: end the program that has it, or" if taken else f"cannot be had ({error.strerror}):"
        raise CommandError(f"port {port} of {HOST} {reason} choose another with --port") from error
    with listening:
        yield listening


def _control_token() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if token and not (token.isascii() and token.isprintable()):
        raise CommandError(f"{TOKEN_VARIABLE} cannot be sent in a header: use printable ASCII")
    return token or secrets.token_hex(16)


@contextmanager
def _logging(file: Path) -> Iterator[None]:
    """Keep what goes wrong in this program in a file, and off the terminal."""
    try:
        handler = RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror or error}") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    handler.addFilter(_is_no_request_that_the_end_cut_off)
    root, before = logging.getLogger(), threading.excepthook
    root.addHandler(handler)

    def log(failed: threading.ExceptHookArgs) -> None:
        error = (failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback)
        root.error("a thread failed", exc_info=error)

    threading.excepthook = log
    try:
        yield
    finally:
        threading.excepthook = before
        root.removeHandler(handler)
        handler.close()


def _is_no_request_that_the_end_cut_off(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))

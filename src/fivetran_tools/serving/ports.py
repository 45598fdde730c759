"""Which loopback port each function has, so that its address outlives this process."""

import errno
import re
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import Account
from fivetran_local.function_config import trigger_of
from fivetran_tools.errors import CommandError

FIRST_PORT: Final = 8801

_HOST: Final = "127.0.0.1"
_LOOPBACK: Final = frozenset({_HOST, "localhost", "::1"})
_LAST_PORT: Final = 65535
_POLL_SECONDS: Final = 0.02


def address(port: int) -> str:
    """Return the address of a function at a port."""
    return f"http://{_HOST}:{port}"


def port_of(url: str) -> int | None:
    """Return the port of this machine that an address leads to, however it is written; None if it leads elsewhere."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return port if parts.scheme == "http" and host in _LOOPBACK else None


def keep_ports(
    store: AccountStore, names: Iterable[str], first: int = FIRST_PORT, *, anew: bool = False
) -> Mapping[str, int]:
    """Return the port of each of these functions; those that have none get one, which is kept in the account.

    Args:
        store: the account.
        names: the functions.
        first: new ports are from here on.
        anew: whether they all get new ones; connections to the old ones follow.

    Raises:
        CommandError: there is no free port any more.
        AccountFileError: the account cannot be written.
    """
    names = list(names)
    ports = dict(store.account.function_ports)
    if anew:
        ports = {name: port for name, port in ports.items() if name not in names}
    for name in names:
        if name not in ports:
            ports[name] = _free_port(first, taken=ports.values())
    if ports != store.account.function_ports:
        store.change(lambda account: _with_ports(account, ports))
    return {name: ports[name] for name in names}


def wait_until_free(port: int, seconds: float) -> bool:
    """Wait for whoever has a port to leave it; return whether it is free."""
    deadline = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def is_free(port: int) -> bool:
    """Whether nobody listens at a port, and this user may."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def _free_port(first: int, taken: Iterable[int]) -> int:
    taken = frozenset(taken)
    for port in range(first, _LAST_PORT + 1):
        if port not in taken and is_free(port):
            return port
    message = f"there is no free port for functions from {first} on: choose a lower one with --function-ports-from"
    raise CommandError(message)


def _with_ports(account: Account, ports: Mapping[str, int]) -> Account:
    """Return an account in which functions have these ports, and connections to one that moved call it there."""
    moved = {
        port: ports[name] for name, port in account.function_ports.items() if name in ports and ports[name] != port
    }
    connections = {
        key: replace(connection, config={**connection.config, "function_trigger": _at_port(trigger, moved[port])})
        if (port := port_of(trigger := trigger_of(connection.config))) in moved
        else connection
        for key, connection in account.connections.items()
    }
    return replace(account, function_ports=ports, connections=connections)


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=re.sub(r":[0-9]*$", f":{port}", parts.netloc)).geturl()

"""The words of `connection sync` and `connection resync`."""

from typing import TYPE_CHECKING

import click

from fivetran_tools.commands.connection.words import announce, opened_at, which_connection, which_fivetran
from fivetran_tools.commands.vocabulary import Examples
from fivetran_tools.errors import UsageError

if TYPE_CHECKING:
    from fivetran_tools.fivetran_api import Connection, FivetranApi

_SECONDS = click.IntRange(min=1, max=31_536_000)
_timeout = click.option(
    "--timeout", type=_SECONDS, metavar="SECONDS", help="With --wait: stop waiting then.  [default: never]"
)


@click.command(
    cls=Examples,
    short_help="Start a sync.",
    example="./fivetran connection sync hed --local --unpause --wait\n"
    "./fivetran connection sync grafted_unwound --wait --timeout 3600",
)
@which_connection
@click.option("--wait", is_flag=True, help="Wait for its end; exit code 1 if it fails.")
@_timeout
@click.option("--unpause", is_flag=True, help="If it is paused, let it sync by its schedule from now on.")
@which_fivetran
def sync(connection: str, timeout: int | None, api_url: str | None, *, wait: bool, unpause: bool, local: bool) -> None:
    """Start a sync of CONNECTION, unless one runs; that one is waited for then."""
    from fivetran_tools.connections.syncing import start_sync

    _check(wait=wait, timeout=timeout)
    with opened_at(connection, api_url, local) as (api, found):
        before, started = start_sync(api, found, unpause=unpause)
        announce(f"{before.schema_name}: {started}")
        follow(api, before, wait=wait, timeout=timeout)


@click.command(
    cls=Examples,
    short_help="Sync everything anew.",
    example="./fivetran connection resync hed --local --yes --wait",
)
@which_connection
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--wait", is_flag=True, help="Wait for its end; exit code 1 if it fails.")
@_timeout
@which_fivetran
def resync(connection: str, timeout: int | None, api_url: str | None, *, yes: bool, wait: bool, local: bool) -> None:
    """Sync all of CONNECTION from an empty state; rows that the source no longer has are treated as deleted."""
    from fivetran_tools.commands.connection.words import confirm
    from fivetran_tools.connections.syncing import start_resync

    _check(wait=wait, timeout=timeout)
    with opened_at(connection, api_url, local) as (api, found):
        confirm(f"read all of {found.schema_name} again, from an empty state?", yes=yes)
        before = start_resync(api, found)
        if before.paused:
            announce(f"{before.schema_name} is paused: it syncs from the beginning once it is unpaused")
            return
        announce(f"{before.schema_name}: a sync from the beginning is started")
        follow(api, before, wait=wait, timeout=timeout)


def follow(api: "FivetranApi", before: "Connection", *, wait: bool, timeout: int | None) -> None:
    """Wait for a sync's end if asked to; Ctrl-C ends the waiting alone."""
    from rich.console import Console

    from fivetran_tools.connections import terminal
    from fivetran_tools.connections.syncing import SyncWatch

    look = api.address.command(f"status {before.id}")
    if not wait:
        announce(f"see {look}")
        return
    try:
        with terminal.sync_progress(Console(stderr=True)) as watch:
            after = SyncWatch(api, before, watch, timeout_seconds=timeout).wait()
    except KeyboardInterrupt:
        announce(f"the sync goes on without us: {look}")
        raise
    click.echo(f"{after.schema_name} succeeded at {terminal.moment(after.succeeded_at)}")


def _check(*, wait: bool, timeout: int | None) -> None:
    if timeout is not None and not wait:
        raise UsageError("--timeout goes with --wait")

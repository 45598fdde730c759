"""The words of `app`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fivetran_tools.commands.vocabulary import DONE, FAILED, FILE, INTERRUPTED, Examples, complain
from fivetran_tools.local_place import FOLDER_VARIABLE

if TYPE_CHECKING:
    from fivetran_tools.app.app import Records
    from fivetran_tools.project import Project

PORT = 8501
ROWS = 600


@click.command(
    cls=Examples,
    short_help="Open StudentSuccess, the app for advisors, on the warehouse.",
    example="./fivetran app --simulate\n"
    "./fivetran app --warehouse files/warehouse.db --connection hed --port 0 --no-browser",
)
@click.option(
    "--warehouse",
    type=FILE,
    help=f"DuckDB file to read.  [default: warehouse.db in ${FOLDER_VARIABLE}, or else in files/]",
)
@click.option("--connection", metavar="NAME", help="Show this connection's records.  [default: the newest synced]")
@click.option("--table", metavar="SCHEMA.TABLE", help="Show this table instead.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, help=f"Port on 127.0.0.1; 0 for any free.  [default: {PORT}]"
)
@click.option("--simulate", is_flag=True, help="Land invented records first, where there are none.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=ROWS,
    help=f"How many to land with --simulate or from the page.  [default: {ROWS}]",
)
@click.option("--land-only", is_flag=True, help="With --simulate: land them, and do not open the app.")
@click.option("--no-browser", is_flag=True, help="Print the address alone; a browser is opened from a terminal only.")
def app(
    *,
    warehouse: Path | None,
    connection: str | None,
    table: str | None,
    port: int,
    simulate: bool,
    rows: int,
    land_only: bool,
    no_browser: bool,
) -> int:
    """Open StudentSuccess, the app for advisors, on the warehouse.

    It shows what `debug` or `serve` landed, until Ctrl-C, and is installed on first use. Where there are no student
    records yet it offers to land invented ones: here on a terminal, and on its page.
    """
    from fivetran_tools.app.app import AppOptions, install, open_app, records_of, short
    from fivetran_tools.errors import UsageError
    from fivetran_tools.project import Project

    if land_only and not simulate:
        raise UsageError("--land-only needs --simulate: there is nothing else to land")

    project = Project.here()
    options = AppOptions(port=port, warehouse=warehouse, connection=connection, table=table, rows=rows)
    records = records_of(project, options)
    if not land_only:
        install()
    if not records.table.rows and (simulate or (records.can_be_filled and _wants_them(records, rows))):
        code = _fill(project, records, rows)
        if code != DONE:
            return code
        records = records_of(project, options)
    if land_only:
        return DONE
    others = "".join(f"; also there: {it} ({it.freshness})" for it in records.others)

    def announce(url: str) -> None:
        place = f"{short(project, records.warehouse)}, {records.table}"
        click.echo(f"StudentSuccess: {url} on {place} ({records.table.freshness}{others})")
        click.echo("Ctrl-C ends it.")
        if not no_browser:
            _browse(url)

    open_app(project, records, options, announce)
    return DONE


def _wants_them(records: "Records", rows: int) -> bool:
    import sys

    place = f"{records.warehouse} has no student records"
    if not sys.stdin.isatty():
        click.echo(f"{place}: the page lands {rows:,} invented ones, and so does --simulate", err=True)
        return False
    return click.confirm(f"{place}. Land {rows:,} invented records first?", default=True, err=True)


def _fill(project: "Project", records: "Records", rows: int) -> int:
    from functools import partial

    from rich.console import Console

    from fivetran_local.records import SyncStatus
    from fivetran_tools import terminal
    from fivetran_tools.app.app import fill_options
    from fivetran_tools.debug import debug

    err = Console(stderr=True)
    options = fill_options(records, rows)
    with terminal.sync_progress(err) as watch:
        report = debug(project, options, announce=partial(err.print, highlight=False, soft_wrap=True), watch=watch)
    if report.outcome.status is SyncStatus.SUCCEEDED:
        return DONE
    terminal.show_failure(err, report)
    complain(report.outcome.error or report.outcome.reason or "failed")
    return INTERRUPTED if report.outcome.status is SyncStatus.CANCELED else FAILED


def _browse(url: str) -> None:
    """Open a browser where somebody sits before one: on a terminal, of a machine with a screen."""
    import os
    import sys
    import webbrowser

    has_screen = sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.stdout.isatty() and has_screen:
        webbrowser.open(url)

"""The words of `debug`."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from fivetran_tools.commands.vocabulary import DONE, FAILED, FILE, INTERRUPTED, Examples, complain
from fivetran_tools.errors import CommandError, UsageError


@click.command(
    cls=Examples,
    short_help="Sync NAME once, as Fivetran would.",
    example="./fivetran debug hed --simulate\n"
    "./fivetran debug hed --configuration connectors/hed/configuration.json --summary-json summary.json",
)
@click.argument("name")
@click.option("--simulate", is_flag=True, help="Read from the simulator of the connector's source.")
@click.option("--configuration", type=FILE, help="JSON file with the connection's secrets; $NAME reads a variable.")
@click.option("--warehouse", type=FILE, help="DuckDB file to land in.  [default: files/warehouse.db]")
@click.option("--function-url", help="Call a function that already runs, in any language, instead of the connector's.")
@click.option("--summary-json", type=FILE, help="Write the summary there, also after a failure.")
@click.option("--record", type=FILE, help="Write every exchange with the function there, for `replay`.")
@click.option("--max-calls", type=click.IntRange(min=1), help="Stop after so many calls; the next sync goes on.")
@click.option(
    "--sample", "sample_rows", type=click.IntRange(min=0), default=5, help="Sample rows to show.  [default: 5]"
)
def debug(summary_json: Path | None, **options: Any) -> int:  # noqa: ANN401  # DebugOptions types them
    """Sync connector NAME once, as Fivetran would, into a warehouse on this machine.

    The connector is staged and started under functions-framework, called page after page while it says hasMore, and
    its rows and state are landed together. Run it again and it goes on from there.
    """
    from rich.console import Console

    from fivetran_local.errors import LocalFivetranError
    from fivetran_local.records import SyncStatus
    from fivetran_tools import terminal
    from fivetran_tools.debug import DebugOptions, failed_summary, write_summary
    from fivetran_tools.debug import debug as run
    from fivetran_tools.project import Project

    out, err = Console(), Console(stderr=True)
    project, wanted = Project.here(), DebugOptions(**options)
    try:
        with terminal.sync_progress(err) as watch:
            announce = partial(err.print, highlight=False, soft_wrap=True)
            report = run(project, wanted, announce=announce, watch=watch)
    except (UsageError, CommandError, LocalFivetranError) as error:
        if summary_json:
            try:
                write_summary(summary_json, failed_summary(project, wanted, str(error)))
            except CommandError as second:
                complain(str(second))
        raise
    terminal.show_report(out, report)
    if summary_json:
        write_summary(summary_json, report.summary())
    if report.outcome.status is SyncStatus.FAILED:
        terminal.show_failure(err, report)
        complain(report.outcome.error or "failed")
        return FAILED
    if report.outcome.status is SyncStatus.CANCELED:
        complain(report.outcome.reason or "interrupted")
        return INTERRUPTED
    return DONE

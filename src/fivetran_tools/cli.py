"""The words of the `fivetran` command.

Every verb is a function elsewhere that returns a value and raises; here its words are read, its result is shown, and
the exit code is chosen: 0 done, 1 the work failed, 2 the words were wrong.
"""

import signal
import sys
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

import click

from fivetran_tools.errors import CommandError, UsageError

DONE: Final = 0
FAILED: Final = 1
WRONG_WORDS: Final = 2
INTERRUPTED: Final = 130

_FILE: Final = click.Path(dir_okay=False, path_type=Path)


class Examples(click.Command):
    """A command whose help ends with a worked example, printed as it is written."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:  # noqa: ANN401  # click's signature
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        formatter.write("\nExample:\n")
        for line in self.example.splitlines():
            formatter.write(f"  {line}\n")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", "tracebacks", is_flag=True, help="Show the whole traceback of a failure.")
def fivetran(tracebacks: bool) -> None:  # noqa: FBT001  # click passes flags so
    """Fivetran connectors as serverless functions, on this machine.

    Start with `./fivetran debug hed --simulate`.
    """
    _ = tracebacks  # read by main(), which outlives this function


@fivetran.command(
    cls=Examples,
    short_help="Make or repair the environment.",
    example="./fivetran bootstrap\n./fivetran bootstrap --extra test",
)
@click.option("--extra", multiple=True, help="An extra of pyproject.toml to install as well.")
def bootstrap(extra: tuple[str, ...]) -> int:
    """Make or repair the environment (.venv). Every other command does so by itself."""
    from fivetran_tools import environment

    return environment.main(["bootstrap", *(word for name in extra for word in ("--extra", name))])


@fivetran.command(
    cls=Examples,
    short_help="Sync NAME once, as Fivetran would.",
    example="./fivetran debug hed --simulate\n"
    "./fivetran debug hed --configuration connectors/hed/configuration.json --summary-json summary.json",
)
@click.argument("name")
@click.option("--simulate", is_flag=True, help="Read from the simulator of the connector's source.")
@click.option("--configuration", type=_FILE, help="JSON file with the connection's secrets; $NAME reads a variable.")
@click.option("--warehouse", type=_FILE, help="DuckDB file to land in.  [default: files/warehouse.db]")
@click.option("--function-url", help="Call a function that already runs, in any language, instead of the connector's.")
@click.option("--summary-json", type=_FILE, help="Write the summary there, also after a failure.")
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
                _complain(str(second))
        raise
    terminal.show_report(out, report)
    if summary_json:
        write_summary(summary_json, report.summary())
    if report.outcome.status is SyncStatus.FAILED:
        terminal.show_failure(err, report)
        _complain(report.outcome.error or "failed")
        return FAILED
    if report.outcome.status is SyncStatus.CANCELED:
        _complain(report.outcome.reason or "interrupted")
        return INTERRUPTED
    return DONE


@fivetran.command(cls=Examples, short_help="Drop what debug made of NAME.", example="./fivetran reset hed")
@click.argument("name")
@click.option("--warehouse", type=_FILE, help="DuckDB file to reset in.  [default: files/warehouse.db]")
def reset(name: str, warehouse: Path | None) -> None:
    """Drop what debug made of NAME: its tables, its state, its sync records."""
    from fivetran_tools.project import Project
    from fivetran_tools.reset import reset as run

    dropped = run(Project.here(), name, warehouse)
    if not dropped.syncs:
        click.echo(f"{name}: nothing to drop")
        return
    rows = f"{dropped.tables} tables with {dropped.rows:,} rows"
    click.echo(f"{name}: dropped {rows}, the state, and the records of {dropped.syncs} syncs")


@fivetran.command(
    cls=Examples,
    short_help="Run the simulator of NAME's source.",
    example="./fivetran simulate hed --port 8900 --rows 1000 --seed 7",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def simulate(name: str, arguments: tuple[str, ...]) -> int:
    """Run the simulator of connector NAME's source; it says what else it takes with --help."""
    from fivetran_tools.project import Project
    from fivetran_tools.simulate import simulate as run

    if name in ("-h", "--help"):
        click.echo(click.get_current_context().get_help())
        return DONE
    return run(Project.here(), name, list(arguments))


@fivetran.command(
    cls=Examples,
    short_help="Check the project.",
    example="./fivetran test\n./fivetran test --all\n./fivetran test -- -k cursor",
)
@click.option("--all", "everything", is_flag=True, help="Every suite, also the slow ones and the benchmarks.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(everything: bool, pytest_arguments: tuple[str, ...]) -> int:  # noqa: FBT001  # click passes flags so
    """Check the project: linters, types, the direction of imports, and the tests."""
    from fivetran_tools.project import Project
    from fivetran_tools.test import test as run

    return DONE if run(Project.here(), everything=everything, pytest_arguments=list(pytest_arguments)) else FAILED


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and exit; no traceback is shown unless `--debug` asks for it."""
    signal.signal(signal.SIGTERM, _end_like_ctrl_c)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = fivetran.main(words, prog_name="./fivetran", standalone_mode=False)
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
        else:
            command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "./fivetran"
            _complain(f"{error.format_message().rstrip('.')} (`{command} --help` shows how)")
        sys.exit(WRONG_WORDS)
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in words[:1]:
            raise
        _complain(_one_line(error))
        sys.exit(WRONG_WORDS if isinstance(error, UsageError) else FAILED)
    sys.exit(code if isinstance(code, int) else DONE)


def _one_line(error: Exception) -> str:
    from fivetran_local.errors import LocalFivetranError

    if isinstance(error, CommandError | UsageError | LocalFivetranError):
        return str(error)
    return f"unexpected {type(error).__name__}: {error} (`./fivetran --debug ...` shows where)"


def _complain(text: str) -> None:
    # One line, and nothing that moves a terminal's cursor: a function's own words may stand in it.
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    click.echo(f"fivetran: {line}", err=True)


def _end_like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

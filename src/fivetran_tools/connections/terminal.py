"""What `connection` shows: tables, times as a person reads them, and a sync's progress."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fivetran_tools.connections.syncing import Watched
from fivetran_tools.fivetran_api import ApiAddress, Connection, SchemaConfig, SetupTest
from fivetran_tools.printable import one_line, printable

TRAP: Final = (
    "it has never synced: until its first sync has ended, Airflow's FivetranOperator fails on it while it is not paused"
)

_WIDE: Final = 1_000
_SECONDS_BETWEEN_LINES: Final = 5.0
_COLORS: Final = {"connected": "green", "broken": "red", "incomplete": "yellow", "syncing": "cyan", "paused": "dim"}
_TEST_COLORS: Final = {"PASSED": "green", "SKIPPED": "dim", "WARNING": "yellow"}
_UNITS: Final = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def wide_console() -> Console:
    """Return a console that breaks no line which a program reads."""
    out = Console()
    return out if out.is_terminal else Console(width=_WIDE)


def show_connections(out: Console, found: Sequence[Connection]) -> None:
    """Print one row for each connection."""
    if not found:
        out.print("no connections yet: ./fivetran connection create NAME", highlight=False)
        return
    table = Table(box=SIMPLE_HEAD if out.is_terminal else None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("id", "schema", "service", "setup", "sync", "last success", "last failure"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for connection in found:
        status = connection.status
        table.add_row(
            *map(_text, (connection.id, connection.schema_name, connection.service)),
            *(Text(printable(word), _COLORS.get(word, "")) for word in (status.setup_state, status.sync_state)),
            *(Text(_in_a_cell(at, out)) for at in (connection.succeeded_at, connection.failed_at)),
        )
    out.print(table)


def show_status(out: Console, connection: Connection, address: ApiAddress) -> None:
    """Print everything about one connection that somebody who watches it wants to know."""
    status = connection.status
    table = _facts()
    for name, value in (
        ("connection", connection.id),
        ("schema", connection.schema_name),
        ("service", connection.service),
        ("group", connection.group_id),
        ("setup", status.setup_state),
        ("sync", f"{status.sync_state}{' (from the beginning)' if status.is_historical_sync else ''}"),
        ("schedule", _schedule(connection)),
        ("last success", moment(connection.succeeded_at)),
        ("last failure", moment(connection.failed_at)),
        ("put off until", moment(status.rescheduled_for) if status.rescheduled_for else ""),
        ("page", address.page_of(connection.id)),
    ):
        if value:
            table.add_row(name, _text(value))
    out.print(table, soft_wrap=True)
    for kind, color, notices in (("task", "red", status.tasks), ("warning", "yellow", status.warnings)):
        for notice in notices:
            out.print(Text.assemble((f"{kind}: ", color), one_line(str(notice))), soft_wrap=True)
    if not connection.paused and not connection.has_ended_a_sync:
        out.print(Text.assemble(("note: ", "yellow"), TRAP), soft_wrap=True)


def show_tests(out: Console, tests: Sequence[SetupTest]) -> None:
    """Print one line for each setup test."""
    if not tests:
        out.print("no setup tests were run", highlight=False)
    for test in tests:
        label = one_line(test.status).lower()
        out.print(
            Text.assemble((f"{label:8}", _TEST_COLORS.get(test.status, "red")), " ", one_line(str(test))),
            soft_wrap=True,
        )


def show_schemas(out: Console, config: SchemaConfig) -> None:
    """Print schemas, tables and the columns that differ from their table, each with whether it is synced."""
    if config.schema_change_handling:
        out.print(_text(f"new ones: {config.schema_change_handling}"))
    if not config.schemas:
        out.print("no schemas are known yet")
    for name, schema in config.schemas.items():
        out.print(Text.assemble(_mark(schema.enabled), printable(name)))
        for table_name, table in schema.tables.items():
            settings = table.enabled_patch_settings
            fixed = "" if settings.allowed else f"  (fixed: {one_line(settings.reason or settings.reason_code or '')})"
            out.print(Text.assemble(_mark(table.enabled), "  ", printable(table_name), (fixed, "dim")), soft_wrap=True)
            for column_name, column in table.columns.items():
                out.print(Text.assemble(_mark(column.enabled), "    ", printable(column_name)), soft_wrap=True)


@contextmanager
def sync_progress(console: Console) -> Iterator[Callable[[Watched], None]]:
    """Show that a sync goes on: a spinner on a terminal, a line every few seconds elsewhere."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("asked for a sync", total=None)

        def watch(seen: Watched) -> None:
            progress.update(task, description=_doing(seen))
            if seen.note:
                progress.console.print(_text(one_line(seen.note)), soft_wrap=True)

        yield watch


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last, self._said = 0.0, ""

    def __call__(self, seen: Watched) -> None:
        if seen.note:
            self._console.print(_text(one_line(seen.note)), soft_wrap=True)
        state = seen.connection.status.sync_state
        if state != self._said or seen.seconds - self._last >= _SECONDS_BETWEEN_LINES:
            self._last, self._said = seen.seconds, state
            self._console.print(_text(f"{_doing(seen)}, {seen.seconds:.0f} s"), soft_wrap=True)


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Return a time as this machine's clock shows it, and how long ago it was or how soon it will be."""
    if at is None:
        return "never"
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S} ({_age((now or datetime.now(UTC)) - at)})"


def _in_a_cell(at: datetime | None, out: Console) -> str:
    """Return a time for a table: on a terminal, where width is scarce, its age is below it."""
    text = moment(at)
    return text.replace(" (", "\n").rstrip(")") if out.is_terminal else text


def _age(passed: timedelta) -> str:
    seconds = int(abs(passed).total_seconds())
    for length, unit in _UNITS:
        if seconds >= length:
            count = seconds // length
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if passed > timedelta() else f"in {words}"
    return "now"


def _schedule(connection: Connection) -> str:
    paused = "paused; " if connection.paused else ""
    if connection.schedule_type == "manual":
        return f"{paused}only when asked"
    minutes = connection.sync_frequency
    if not minutes:
        return f"{paused}{connection.schedule_type}"
    at = f" at {connection.daily_sync_time}" if minutes == 1440 and connection.daily_sync_time else ""
    every = f"{minutes} minutes" if minutes < 120 or minutes % 60 else f"{minutes // 60} hours"
    return f"{paused}every {every}{at}"


def _doing(seen: Watched) -> str:
    status = seen.connection.status
    return printable(f"{seen.connection.schema_name}: {status.sync_state}")


def _facts() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    return table


def _mark(enabled: bool) -> tuple[str, str]:  # noqa: FBT001  # the value itself
    return ("on   ", "green") if enabled else ("off  ", "dim")


def _text(text: str) -> Text:
    """Return what others named or said, without what moves a terminal's cursor."""
    return Text(printable(text))

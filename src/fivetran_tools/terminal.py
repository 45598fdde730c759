"""What the command shows: progress while it works, tables when it is done."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fivetran_local.engine import SyncOutcome
from fivetran_local.records import SyncStatus
from fivetran_tools.debug import DebugReport, Sample
from fivetran_tools.printable import printable

_SECONDS_BETWEEN_LINES: Final = 5.0
_WIDEST_CELL: Final = 28
_PADDING: Final = 3


class Watcher(Protocol):
    """Told the outcome so far after each call of a function."""

    def __call__(self, outcome: SyncOutcome) -> None:
        """Show it."""
        ...


@contextmanager
def sync_progress(console: Console) -> Iterator[Watcher]:
    """Show a sync's progress: a bar on a terminal, a line every few seconds elsewhere.

    How many rows are to come is known to the source alone, so the bar shows that work goes on, and the text how much
    is done.
    """
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("waiting for the first page", total=None)

        def watch(outcome: SyncOutcome) -> None:
            progress.update(task, description=_so_far(outcome))

        yield watch


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()

    def __call__(self, outcome: SyncOutcome) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self._console.print(_so_far(outcome), highlight=False)


def show_report(console: Console, report: DebugReport) -> None:
    """Print sample rows, the operation summary and the next sync state; for a failure, what is known of it first."""
    outcome = report.outcome
    for sample in report.samples:
        if sample.rows:
            console.print(_sample_table(sample, report.connection, console.width))
    console.print(_operations(outcome))
    for table, count in report.rows.items():
        console.print(f"{report.connection}.{table}: {count:,} rows in the warehouse", highlight=False)
    console.print(Text(f"Next sync state: {json.dumps(dict(outcome.state), ensure_ascii=False)}"), soft_wrap=True)
    for finding in outcome.warnings:
        console.print(Text.assemble(("warning: ", "yellow"), str(finding)), soft_wrap=True)
    if outcome.status is SyncStatus.SUCCEEDED:
        console.print(
            Text.assemble(("succeeded", "green"), f" in {outcome.seconds:.2f} s{_note(outcome)}"), soft_wrap=True
        )


def show_failure(console: Console, report: DebugReport) -> None:
    """Print the end of a failed function's log, to read above the error."""
    tail = report.function_log_tail()
    if tail:
        console.print(Text(f"the function's log ends with ({report.function_log}):", style="dim"))
        console.print(Text(tail), soft_wrap=True)


def _so_far(outcome: SyncOutcome) -> str:
    rate = outcome.rows_received / outcome.seconds if outcome.seconds else 0
    calls = "1 call" if outcome.calls == 1 else f"{outcome.calls:,} calls"
    return f"{calls}, {outcome.rows_received:,} rows, {rate:,.0f} rows/s"


def _note(outcome: SyncOutcome) -> str:
    return f"; {outcome.reason}" if outcome.reason else ""


def _operations(outcome: SyncOutcome) -> Table:
    counts = outcome.counts
    rate = outcome.rows_received / outcome.seconds if outcome.seconds else 0
    table = Table(title="Operations", title_justify="left", box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in (
        ("upserts", counts.upserts),
        ("updates (of these, rows replaced)", counts.updates),
        ("deletes", counts.deletes),
        ("truncates", counts.truncates),
        ("schema changes", counts.schema_changes),
        ("checkpoints", counts.checkpoints),
        ("calls", outcome.calls),
    ):
        table.add_row(name, f"{value:,}")
    table.add_row("rows/s", f"{rate:,.0f}")
    table.add_row("slowest call", f"{outcome.slowest_call_seconds * 1000:,.0f} ms")
    return table


def _sample_table(sample: Sample, connection: str, width: int) -> Table:
    """Lay a sample out as rows where they fit, otherwise turned: one line for each column."""
    title = f"{connection}.{sample.table}: {len(sample.rows)} sample rows"
    cells = [[_cell(value) for value in row] for row in sample.rows]
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(sample.columns)]
    if sum(widths) + 3 * len(widths) <= width:
        for name in sample.columns:
            table.add_column(Text(name))
        for row in cells:
            table.add_row(*map(Text, row))
        return table
    names = min(max(map(len, sample.columns)), width // 2)
    room = (width - names - _PADDING) // len(cells) - _PADDING
    table.add_column("column", no_wrap=True, width=names)
    for number in range(1, len(cells) + 1):
        table.add_column(f"row {number}", overflow="ellipsis", no_wrap=True, max_width=max(room, 6))
    for i, name in enumerate(sample.columns):
        table.add_row(Text(name), *(Text(row[i]) for row in cells))
    return table


def _cell(value: object) -> str:
    """Show a value on one line, without control characters, cut where it is long."""
    text = "" if value is None else printable(str(value))
    return text if len(text) <= _WIDEST_CELL else f"{text[: _WIDEST_CELL - 1]}…"

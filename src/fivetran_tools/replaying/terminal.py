"""What `replay` shows: the exchanges as a table, one of them in full, what differs today, and what breaks a rule."""

import json
from collections.abc import Iterable
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fivetran_local.json_text import indented
from fivetran_local.recording.document import Header, Recorded
from fivetran_protocol import Json
from fivetran_tools.printable import printable
from fivetran_tools.replaying.formats import Line, recorded_as_json
from fivetran_tools.replaying.replay import Broken, Resent

_HEADINGS: Final = ("#", "scenario", "status", "rows", "dels", "more", "ms")
_LONGEST_SCENARIO: Final = 20
_SHORTEST_STATE: Final = 8
_PADDING: Final = 3
_ROWS_SHOWN: Final = 2


def show_list(console: Console, header: Header, lines: Iterable[Line]) -> None:
    """Print the exchanges as a table, and below it what is to be said of them."""
    kept = list(lines)
    rows = [_cells(line) for line in kept]
    others = sum(max([len(heading), *(len(row[place]) for row in rows)]) for place, heading in enumerate(_HEADINGS))
    # Only the state gives way where the terminal is narrow: it is last, and its beginning says most.
    room = max(_SHORTEST_STATE, console.width - others - _PADDING * len(_HEADINGS) - 1)
    table = Table(title=_title(header), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in (*_HEADINGS, "state sent"):
        right = heading in {"#", "rows", "dels", "ms"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
    for line, row in zip(kept, rows, strict=True):
        state = json.dumps(dict(line.state), ensure_ascii=False)
        table.add_row(*map(_plain, row), _plain(state, room))
    console.print(table)
    for line in kept:
        if line.findings or line.note:
            counted = f"{line.findings} findings: " if line.findings > 1 else ""
            console.print(_plain(f"call {line.number}: {counted}{line.note}"), soft_wrap=True)


def _cells(line: Line) -> tuple[str, ...]:
    more = "" if line.has_more is None else str(line.has_more).lower()
    status = "none" if line.status is None else str(line.status)
    scenario = printable(line.scenario)
    cut = scenario if len(scenario) <= _LONGEST_SCENARIO else f"{scenario[: _LONGEST_SCENARIO - 1]}…"
    return (str(line.number), cut, status, f"{line.upserts:,}", f"{line.deletes:,}", more, f"{line.milliseconds:,}")


def show_exchange(console: Console, header: Header, recorded: Recorded) -> None:
    """Print an exchange: its request, what was asked of the source, the answer with a few of its rows, the log."""
    exchange = recorded.exchange
    outcome = exchange.failure if exchange.status is None else f"{exchange.status} {exchange.content_type}"
    entry = recorded_as_json(header, recorded)
    console.print(
        _plain(f"{exchange}: {exchange.method}, {outcome}, {exchange.seconds * 1000:,.0f} ms"), soft_wrap=True
    )
    _section(console, "request", _json(entry["request"]))
    asked = []
    for answer in recorded.source:
        came = answer.failure if answer.status is None else f"{answer.status}, {len(answer.body):,} bytes"
        if answer.left_out:
            came = f"{answer.status}, and {answer.left_out}"
        asked.append(f"{answer.method} {answer.url}: {came}{', cut off' if answer.cut else ''}")
    _section(console, "source", "\n".join(asked))
    _section(console, f"answer, {exchange.size_bytes:,} bytes", _answer(entry))
    _section(console, "log", "\n".join(exchange.log))


def show_resent(console: Console, resent: Resent, *, values: bool) -> None:
    """Print whether an exchange is as it was, and what differs."""
    verdict = ("differs", "bold red") if resent.differences else ("same", "green")
    seconds = f"{resent.recorded.seconds * 1000:,.0f} ms then, {resent.today.seconds * 1000:,.0f} ms now"
    console.print(Text.assemble(_plain(str(resent.recorded)), ": ", verdict, f"  ({seconds})"), soft_wrap=True)
    for one in resent.differences:
        console.print(_plain(f"  {one}"), soft_wrap=True)
        for value in one.values if values else ():
            console.print(_plain(f"    {value}"), soft_wrap=True)


def show_broken(console: Console, broken: Broken | None, count: int) -> None:
    """Print the first exchange that breaks a rule, or that none does."""
    if broken is None:
        console.print(f"none of {count:,} exchanges breaks a rule", highlight=False)
        return
    finding = broken.finding
    console.print(
        Text.assemble(_plain(f"{broken.exchange} is the first that breaks a rule: "), (finding.rule, "bold red")),
        soft_wrap=True,
    )
    console.print(_plain(f"  {finding.where}: {finding.seen}"), soft_wrap=True)
    console.print(_plain(f"  {finding.advice}"), soft_wrap=True)


def _title(header: Header) -> Text:
    return _plain(f"{header.connector}, recorded {header.recorded_at} of {header.build or header.address}")


def _section(console: Console, heading: str, text: str) -> None:
    console.print(Text(heading, style="bold"))
    for line in text.splitlines() or ["(nothing)"]:
        console.print(_plain(f"  {line}"), soft_wrap=True)


def _answer(entry: dict[str, Json]) -> str:
    response = entry.get("response")
    if not isinstance(response, dict):
        return str(entry.get("text") or entry.get("failure") or "") if response is None else _json(response)
    return _json(
        {field: _shortened(value) if field in {"insert", "delete"} else value for field, value in response.items()}
    )


def _shortened(tables: Json) -> Json:
    if not isinstance(tables, dict):
        return tables
    return {table: _few(rows) if isinstance(rows, list) else rows for table, rows in tables.items()}


def _few(rows: list[Json]) -> list[Json]:
    more = len(rows) - _ROWS_SHOWN
    return [*rows[:_ROWS_SHOWN], f"… {more:,} more"] if more > 0 else rows


def _json(document: Json) -> str:
    return indented(document).decode()


def _plain(text: str, longest: int = 0) -> Text:
    """Return a text without control characters, which could move a terminal's cursor, cut where it is long."""
    shown = printable(text)
    return Text(f"{shown[: longest - 1]}…" if 0 < longest < len(shown) else shown)

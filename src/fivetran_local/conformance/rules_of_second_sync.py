"""The rule about the sync after a complete one."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from fivetran_local.conformance.effects import content_of
from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.states import moment
from fivetran_local.exchanges import Exchange
from fivetran_protocol import Finding, Json

Time: TypeAlias = date | float
Times: TypeAlias = frozenset[Time]

_RESENT_SHARE: Final = 0.5
"""Beyond this share of the first sync's rows, a second sync has read everything again; below, it overlaps a little."""
_LEAST_ROWS: Final = 50
"""Fewer are read in a page or two, of which a function may well read the last one again."""
_FIRST_TIMESTAMP: Final = 10**9
"""Smaller numbers are counts rather than seconds since 1970."""


def reads_what_is_new(evidence: Evidence) -> Iterator[Finding]:
    """A sync after a complete one reads only what is new.

    Rows of the very time that the state names are no sign of the contrary: who asks for "since, inclusive" gets them
    again, and many may have been changed at once.
    """
    if not any(exchange.response for exchange in evidence.of(Scenario.SECOND_SYNC)):
        raise CannotRunError("the second sync failed")
    kept_whole = {name for exchange in evidence.pages for name in _kept_whole(exchange)}
    call = next(evidence.of(Scenario.SECOND_SYNC))
    border = frozenset(_times_in_state(dict(call.state_sent)))
    first = _rows_by_table(evidence, Scenario.SYNC)
    second = _rows_by_table(evidence, Scenario.SECOND_SYNC, border)
    judged = [table for table, rows in first.items() if table in kept_whole or len(rows) >= _LEAST_ROWS]
    for table in judged:
        again = len(second.get(table, set()) & first[table])
        if table not in kept_whole and again > _RESENT_SHARE * len(first[table]):
            seen = f"{again} of the {len(first[table])} rows of '{table}' came again, unchanged"
            advice = (
                "keep in the state how far the source was read, also after the last page; a table that is meant to be "
                "sent whole belongs into softDelete"
            )
            yield finding(call, seen, advice)
    if not judged:
        message = f"no table has {_LEAST_ROWS} rows, and of fewer a function may read many again with good reason"
        raise CannotRunError(message)


def _rows_by_table(evidence: Evidence, scenario: Scenario, border: Times = frozenset()) -> Mapping[str, set[str]]:
    """Return the rows as texts, by table, but for those that hold a time of the border."""
    found: dict[str, set[str]] = {}
    for exchange in evidence.of(scenario):
        if page := exchange.response:
            for table, rows in page.insert.items():
                beside = (row for row in rows if not border or border.isdisjoint(_times_in_row(row)))
                texts = (content_of(table, row, evidence.unstable_columns) for row in beside)
                found.setdefault(table, set()).update(texts)
    return found


def _times_in_state(state: Json) -> Iterator[Time]:
    """Yield the times that a state holds; a date alone is all of its day."""
    for value in _leaves(state):
        time = _time(value)
        if time is not None:
            is_date = isinstance(value, str) and len(value) == len("2024-08-11")
            yield time.date() if is_date and isinstance(time, datetime) else time


def _times_in_row(row: Mapping[str, Json]) -> Iterator[Time]:
    for value in _leaves(dict(row)):
        time = _time(value)
        if time is not None:
            yield time
            if isinstance(time, datetime):
                yield time.date()


def _time(value: Json) -> datetime | float | None:
    """Return the time that a value is: as ISO 8601 says it, or as a number since 1970; None for any other value."""
    if isinstance(value, str):
        time = moment(value)
        return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time
    return value if isinstance(value, int | float) and value >= _FIRST_TIMESTAMP else None


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def _kept_whole(exchange: Exchange) -> tuple[str, ...]:
    page = exchange.response
    return page.soft_delete if page and isinstance(page.soft_delete, tuple) else ()

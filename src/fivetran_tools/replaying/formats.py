"""A recording's exchanges, and what became of them, as rows of a table and as JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from fivetran_local.exchanges import Exchange
from fivetran_local.recording.document import Header, Recorded
from fivetran_local.recording.masking import Masking
from fivetran_protocol import Json, State
from fivetran_tools.replaying.replay import Broken, Resent


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange, in short."""

    number: int
    scenario: str
    state: State
    """The one that was sent."""
    status: int | None
    upserts: int
    deletes: int
    has_more: bool | None
    """None where there was no page."""
    milliseconds: int
    findings: int
    """What the page itself breaks; `--bisect` looks at the pages before it as well."""
    note: str
    """The first finding, or why there is no page."""


def lines(exchanges: Iterable[Recorded]) -> Iterator[Line]:
    """Yield each exchange in short."""
    for recorded in exchanges:
        exchange = recorded.exchange
        page = exchange.response
        findings = exchange.reading.findings
        yield Line(
            exchange.number,
            exchange.scenario,
            exchange.state_sent,
            exchange.status,
            sum(map(len, page.insert.values())) if page else 0,
            sum(map(len, page.delete.values())) if page else 0,
            page.has_more if page else None,
            round(exchange.seconds * 1000),
            len(findings),
            f"{findings[0].rule}: {findings[0]}" if findings else _failure(exchange),
        )


def line_as_json(line: Line) -> dict[str, Json]:
    """Return an exchange in short."""
    return {**asdict(line), "state": dict(line.state)}


def recorded_as_json(header: Header, recorded: Recorded) -> dict[str, Json]:
    """Return an exchange as it stands in the recording."""
    return recorded.to_wire(Masking(header.public_keys))


def resent_as_json(resent: Resent, *, values: bool) -> dict[str, Json]:
    """Return what became of an exchange; rows' values only where they are asked for."""
    return {
        "number": resent.recorded.number,
        "scenario": resent.recorded.scenario,
        "same": not resent.differences,
        "recorded_seconds": round(resent.recorded.seconds, 3),
        "seconds": round(resent.today.seconds, 3),
        "differences": [
            {"where": one.where, "text": one.text, **({"values": list(one.values)} if values else {})}
            for one in resent.differences
        ],
    }


def broken_as_json(broken: Broken | None) -> dict[str, Json]:
    """Return the first exchange that breaks a rule; nulls where none does."""
    if broken is None:
        return {"number": None, "rule": None, "where": None, "seen": None, "advice": None}
    finding = broken.finding
    return {
        "number": broken.exchange.number,
        "rule": finding.rule,
        "where": finding.where,
        "seen": finding.seen,
        "advice": finding.advice,
    }


def _failure(exchange: Exchange) -> str:
    if exchange.status is None:
        return exchange.failure
    if exchange.error:
        return str(exchange.error)
    return "" if exchange.succeeded else f"{exchange.status} without an error report"

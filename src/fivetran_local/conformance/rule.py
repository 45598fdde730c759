"""What a rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.exchanges import Exchange
from fivetran_protocol import Finding, Severity


class CannotRunError(Exception):
    """A rule cannot be judged here; the text is the reason, for the report."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise that a function has to keep."""

    name: str
    """What reports, waivers and `--rule` call it."""
    says: str
    """What holds where it passes, in a clause."""
    check: Callable[[Evidence], Iterable[Finding]]
    """Looks at the evidence, calls nothing. Raises CannotRunError."""
    needs: tuple[Scenario, ...] = ()
    """Scenarios without which it cannot be judged."""
    severity: Severity = Severity.REFUSED
    """Whether its findings are errors or warnings."""


def finding(exchange: Exchange, seen: str, advice: str, place: str = "") -> Finding:
    """Return a finding about an exchange; the runner puts the rule's name and severity in."""
    origin = "" if exchange.about is None else f", of call {exchange.about}"
    where = f"call {exchange.number} ({exchange.scenario}{origin})"
    return Finding("", seen, advice, f"{where}, {place}" if place else where)


def outcome(exchange: Exchange) -> str:
    """Say in a clause how a call ended, in the function's own words where it has some."""
    if exchange.failure:
        return exchange.failure
    if exchange.error:
        return f"{exchange.status}, {exchange.error}"
    return f"{exchange.status} ({exchange.content_type}, {exchange.size_bytes} bytes)"

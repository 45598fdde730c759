"""Rules about requests: whatever Fivetran, a setup test or a stray visitor sends gets a fitting answer."""

from collections.abc import Callable, Iterator

from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import finding, outcome
from fivetran_local.conformance.scenarios import Scenario
from fivetran_protocol import Finding


def succeeds(scenario: Scenario, advice: str) -> Callable[[Evidence], Iterator[Finding]]:
    """Return a rule's check: the calls of a scenario are answered with pages."""

    def check(evidence: Evidence) -> Iterator[Finding]:
        for exchange in evidence.of(scenario):
            if not exchange.succeeded:
                yield finding(exchange, f"the call failed: {outcome(exchange)}", advice)

    return check


def reports_an_error(scenario: Scenario, wrong: str, advice: str) -> Callable[[Evidence], Iterator[Finding]]:
    """Return a rule's check: the calls of a scenario are answered with error reports; `wrong` says what is wrong."""

    def check(evidence: Evidence) -> Iterator[Finding]:
        for exchange in evidence.of(scenario):
            if exchange.succeeded:
                yield finding(exchange, f"{wrong}, and the call succeeded", advice)
            elif exchange.error is None:
                yield finding(exchange, f"no error report: {outcome(exchange)}", advice)

    return check


def missing_secrets(evidence: Evidence) -> Iterator[Finding]:
    """A request without `secrets` gets a page or an error report."""
    for exchange in evidence.of(Scenario.NO_SECRETS):
        if not exchange.succeeded and exchange.error is None:
            advice = "say as an error report which secret is missing"
            yield finding(exchange, f"no error report: {outcome(exchange)}", advice)


def stray_requests(evidence: Evidence) -> Iterator[Finding]:
    """GET, and a body that is not JSON, get a 4xx in JSON."""
    for exchange in evidence.of(Scenario.GET, Scenario.NOT_JSON):
        if exchange.status is None or not 400 <= exchange.status < 500:
            advice = "answer 400 with errorMessage: whoever tries the address is told what it expects"
            yield finding(exchange, f"it got {outcome(exchange)}", advice)
        elif not isinstance(exchange.document, dict):
            yield finding(exchange, f"it got {outcome(exchange)}", "answer in JSON, with errorMessage")


def setup_test_moves_nothing(evidence: Evidence) -> Iterator[Finding]:
    """A setup test returns no row and the state as it came."""
    for exchange in evidence.of(Scenario.SETUP_TEST):
        if page := exchange.response:
            if not page.is_empty:
                advice = "return none: nobody knows whether Fivetran would load them"
                yield finding(exchange, f"the setup test returned {page.row_count} rows", advice)
            if dict(page.state) != dict(exchange.state_sent):
                advice = "return the state as it came, or the first sync starts in the middle"
                yield finding(exchange, "the setup test moved the state", advice, "state")

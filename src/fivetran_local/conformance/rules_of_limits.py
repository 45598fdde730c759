"""Rules about size, time and memory."""

from collections.abc import Iterator
from typing import Final

from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding
from fivetran_local.conformance.scenarios import Scenario
from fivetran_protocol import Finding

SIZE_WARNING_SHARE: Final = 0.8
MEMORY_WARNING_SHARE: Final = 0.8
COLD_START_SECONDS: Final = 5.0
"""Fivetran states no figure; a person at "Save & Test" waits for this."""

_MIB: Final = 1024 * 1024


def answer_size(evidence: Evidence) -> Iterator[Finding]:
    """No answer is larger than Fivetran takes."""
    limit = evidence.limits.max_response_bytes
    for exchange in evidence.exchanges:
        if exchange.too_large:
            yield finding(exchange, f"the answer is larger than {limit / _MIB:g} MB", "return fewer rows in a page")


def answer_size_near(evidence: Evidence) -> Iterator[Finding]:
    """No answer comes near what Fivetran takes."""
    limit = evidence.limits.max_response_bytes
    for exchange in evidence.exchanges:
        if exchange.size_bytes >= SIZE_WARNING_SHARE * limit:
            seen = f"the answer is {exchange.size_bytes / _MIB:.1f} MB of {limit / _MIB:g} MB"
            yield finding(exchange, seen, "return fewer rows in a page: rows grow")


def call_time(evidence: Evidence) -> Iterator[Finding]:
    """Every call is answered within the function's time."""
    limit = evidence.limits.call_timeout_seconds
    for exchange in evidence.exchanges:
        if exchange.status is None and exchange.seconds >= limit:
            yield finding(exchange, f"no answer within {limit:g} s", "fetch less in a call, and end it with hasMore")


def cold_start(evidence: Evidence) -> Iterator[Finding]:
    """A process answers soon after its start; what the source took for the first answer is not counted."""
    seconds = evidence.measures.cold_start_seconds
    if seconds is None:
        raise CannotRunError("the function's process was not started here")
    first = next(evidence.of(Scenario.SYNC), None)
    if first is None:
        raise CannotRunError("there was no first call")
    again = evidence.about(Scenario.REPEAT).get(first.number, ())
    warm = min((repeat.seconds for repeat in again if repeat.succeeded), default=0.0)
    if seconds - warm > COLD_START_SECONDS:
        seen = f"the first answer came {seconds:.1f} s after the start"
        if warm >= 0.05:
            seen += f", and {warm:.1f} s after the request in a process that is warm"
        yield finding(first, seen, "import what is heavy when it is first used")


def memory(evidence: Evidence) -> Iterator[Finding]:
    """The function fits into the memory that it is deployed with."""
    peak, limit = evidence.measures.peak_memory_mib, evidence.measures.memory_limit_mib
    if peak is None or limit is None:
        raise CannotRunError("the memory of the function's process cannot be read")
    if peak > MEMORY_WARNING_SHARE * limit:
        advice = "hold less at a time, or give it more in deploy.yaml"
        yield Finding("", f"its processes held {peak:.0f} MiB of {limit} MiB", advice, "all calls")

"""The first call of a function that was just deployed: a setup test, as "Save & Test" in Fivetran's form makes it."""

import re
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import orjson

from fivetran_local.errors import FunctionCallError, FunctionUnreachedError, LocalFivetranError
from fivetran_local.function import FunctionClient, Received, answer_in
from fivetran_local.hiding import hidden_values
from fivetran_local.json_text import compact
from fivetran_protocol import ErrorReport, FunctionRequest, Redactor, agent_of

CALL_SECONDS: Final = 120.0
WAITS_SECONDS: Final = (2.0, 4.0, 8.0, 16.0)
"""Between calls that did not reach the function: an address, and who may call it, take a while to spread."""
AGENT: Final = agent_of("smoke_call", "smoke_call")

_NOT_YET: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}
)
_ADVICE: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: ", give the account that deploys the invoker role",
    HTTPStatus.FORBIDDEN: ", give the account that deploys the invoker role",
    HTTPStatus.NOT_FOUND: ", see that its ingress lets this machine in",
}
_NO_SETTINGS_YET: Final = "ConfigurationError"
_NAMED: Final = re.compile(r"^[\w.-]+|(?<=')[\w.-]+(?=')")
"""The settings that a complaint of the runtime is about: in quotes, or its first word."""


class SmokeVerdict(StrEnum):
    """How a smoke call ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNREACHED = "unreached"
    """The function did not get to see it, which says nothing about the function."""


@dataclass(frozen=True, slots=True)
class SmokeCall:
    """A smoke call's verdict, and the one line that explains it."""

    verdict: SmokeVerdict
    text: str


def smoke_call(
    url: str,
    token: str | None,
    *,
    secrets: Mapping[str, str] | None = None,
    public_keys: Collection[str] | None = None,
    has: Collection[str] = (),
    lacks: Collection[str] | None = None,
    wait: Callable[[float], None] = time.sleep,
    announce: Callable[[str], None] = lambda _: None,
) -> SmokeCall:
    """Call a function with `setup_test`; state and rows of the answer are of no interest.

    Args:
        url: The trigger URL.
        token: An identity token; None for a function that anybody may call.
        secrets: The connection's settings, where somebody gave them.
        public_keys: Those of them that may be shown; None where that is not known.
        has: The settings that it has, in lower case: with this call, or from Secret Manager.
        lacks: Those that only Fivetran's form will give it; None where that is not known. Without them it cannot do
            more than say so: the runtime's own ConfigurationError then counts as an answer.
        wait: Waits so many seconds.
        announce: Told of each wait.
    """
    body = compact(FunctionRequest(agent=AGENT, secrets=dict(secrets or {}), setup_test=True).to_wire())
    redact = Redactor([*hidden_values(secrets or {}, public_keys), *([token] if token else [])])
    try:
        client = FunctionClient(url, timeout_seconds=CALL_SECONDS, token=token or "")
    except FunctionCallError as error:
        return SmokeCall(SmokeVerdict.UNREACHED, str(error))
    with closing(client):
        for seconds in (*WAITS_SECONDS, None):
            advice = ""
            try:
                answer = client.send(body)
            except FunctionUnreachedError as error:
                reason = str(error)
            except LocalFivetranError as error:
                return SmokeCall(SmokeVerdict.FAILED, str(error))
            else:
                if not _is_not_yet(answer):
                    return _judge(answer, redact, frozenset(has), None if lacks is None else frozenset(lacks))
                reason = f"Google answered {answer.status} in place of the function"
                if seconds is None and answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
                    return SmokeCall(SmokeVerdict.FAILED, f"{reason}, which does not start, or dies: see its log")
                advice = _ADVICE.get(answer.status, "")
            if seconds is not None:
                announce(f"{reason}: calling again in {seconds:g} s")
                wait(seconds)
    return SmokeCall(SmokeVerdict.UNREACHED, reason + advice)


def _is_not_yet(answer: Received) -> bool:
    return answer.status in _NOT_YET and _report_in(answer) is None


def _judge(answer: Received, redact: Redactor, has: frozenset[str], lacks: frozenset[str] | None) -> SmokeCall:
    report = _report_in(answer)
    if report and answer.status == HTTPStatus.BAD_REQUEST and _asks_for_settings(report, has, lacks):
        text = f"it runs, and asks for its settings as it should: {redact(report.message)}"
        return SmokeCall(SmokeVerdict.PASSED, text)
    try:
        answer_in(answer)
    except LocalFivetranError as error:
        return SmokeCall(SmokeVerdict.FAILED, redact(str(error)))
    return SmokeCall(SmokeVerdict.PASSED, f"the setup test passed in {answer.seconds:.1f} s")


def _asks_for_settings(report: ErrorReport, has: frozenset[str], lacks: frozenset[str] | None) -> bool:
    """Tell whether a function misses what the form will give it, and not what it has been given."""
    if report.type != _NO_SETTINGS_YET:
        return False
    if lacks is None:
        return not has
    named = set(map(str.lower, _NAMED.findall(report.message)))
    return not lacks.isdisjoint(named) or (bool(lacks) and has.isdisjoint(named))


def _report_in(answer: Received) -> ErrorReport | None:
    try:
        return ErrorReport.from_wire(orjson.loads(answer.content))
    except ValueError:
        return None

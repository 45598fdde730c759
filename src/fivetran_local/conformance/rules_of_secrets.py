"""Rules about secrets: they go in, and never come out."""

from collections.abc import Iterator
from typing import Final

from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding
from fivetran_protocol import MASK, Finding, Redactor

_HARMLESS: Final = "a setting that is no secret belongs into @connector(public_keys=...)"


def not_in_answers(evidence: Evidence) -> Iterator[Finding]:
    """No secret is in an answer, a state or an error, in any form."""
    holds = _Search(evidence)
    for exchange in evidence.exchanges:
        text = exchange.content.decode("utf-8", "replace")
        if any(holds.secret(value) for _, value in exchange.headers):
            yield finding(exchange, "a secret is in a header of the answer", f"take it out; {_HARMLESS}")
        if holds.secret(text):
            page = exchange.response
            in_state = page is not None and holds.secret(str(dict(page.state)))
            place = "state" if in_state else "error" if exchange.error else "answer"
            advice = f"take it out: states and errors are stored and shown in clear; {_HARMLESS}"
            yield finding(exchange, "a secret is in the answer", advice, place)


def not_in_logs(evidence: Evidence) -> Iterator[Finding]:
    """No secret is in a line that the function logs, in any form."""
    if not evidence.log_is_readable:
        raise CannotRunError("the function's log cannot be read from here")
    holds = _Search(evidence)
    for exchange in evidence.exchanges:
        if any(map(holds.secret, exchange.log)) or holds.secret("\n".join(exchange.log)):
            advice = f"take it out: mask it where the message is made, or do not log it; {_HARMLESS}"
            yield finding(exchange, "a secret is in the function's log", advice)


class _Search:
    def __init__(self, evidence: Evidence) -> None:
        if not (evidence.hidden or evidence.masked):
            raise CannotRunError("there is no secret in the configuration to look for")
        self._redact = Redactor(evidence.hidden)
        self._masked = evidence.masked

    def secret(self, text: str) -> bool:
        """Tell whether a text holds a secret; a recording has the mask where one was, and then looks for that."""
        return self._redact(text) != text or (self._masked and MASK in text)

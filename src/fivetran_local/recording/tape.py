"""What a source answered while a function was called, so that it can be answered again without the source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlencode

from fivetran_local.recording.bodies import MalformedRecordingError, body_fields, body_of, text_in
from fivetran_local.recording.keys import masked_url
from fivetran_local.recording.masking import Masking
from fivetran_protocol import MASK, Json, Redactor

_ADDRESS: Final = re.compile(r"(https?)://(?:([^/?#@\s]*)@)?([^/?#@\s]+)([^\s]*)\Z", re.IGNORECASE)
TOO_LARGE: Final = "was too large to be kept"
"""Why a body was left out."""
_HEADER: Final = re.compile(r"[!-9;-~]+:[^\r\n\0]*")


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """One request of a function to its source, and what came back."""

    method: str
    url: str
    """With its query; the values of parameters that hold a key by their name are masked."""
    status: int | None = None
    """None: no answer, and `failure` says why."""
    headers: tuple[tuple[str, str], ...] = ()
    """Without those that describe one connection, and without cookies; keys are masked."""
    body: bytes = b""
    """Decompressed."""
    cut: bool = False
    """The connection ended before the body did."""
    failure: str = ""
    left_out: str = ""
    """Why the body is not kept, in a clause; then it cannot be answered again."""

    def to_wire(self, masking: Masking) -> dict[str, Json]:
        """Write it for a recording."""
        entry: dict[str, Json] = {"method": self.method, "url": self.url}
        if self.status is None:
            return {**entry, "failure": self.failure}
        entry |= {"status": self.status, "headers": _headers_by_name(self.headers)}
        if self.left_out:
            return {**entry, "left_out": self.left_out}
        entry |= body_fields(self.body, masking, json_name="json")
        return {**entry, "cut": True} if self.cut else entry

    @classmethod
    def from_wire(cls, entry: Json) -> Self:
        """Read what `to_wire` wrote.

        Raises:
            MalformedRecordingError: it is something else.
        """
        if not isinstance(entry, dict):
            raise MalformedRecordingError("an answer of the source is not an object")
        status = entry.get("status")
        if not (status is None or (type(status) is int and 100 <= status <= 999)):
            raise MalformedRecordingError("the source's 'status' is not one")
        return cls(
            text_in(entry, "method"),
            text_in(entry, "url"),
            status,
            _headers(entry.get("headers", {})),
            body_of(entry, json_name="json"),
            cut=entry.get("cut") is True,
            failure=text_in(entry, "failure"),
            left_out=text_in(entry, "left_out"),
        )


class Tape:
    """Gives each of a source's answers once, to the request that it answered.

    Answers to the same request are given in order. What the order of parameters is, how they are escaped, and which
    secret stood in them makes no difference.
    """

    def __init__(self, answers: Sequence[SourceAnswer]) -> None:
        self._left: dict[tuple[str, str], list[SourceAnswer]] = {}
        for answer in answers:
            self._left.setdefault(_asked(answer.method, answer.url), []).append(answer)
        self.missing: list[str] = []
        """The requests that it had no answer to, each as method and address."""
        self.left_out: list[str] = []
        """The requests whose answer was not kept, each with the reason."""

    def next_answer(self, method: str, url: str) -> SourceAnswer | None:
        """Return the answer to a request; None, and a line in `missing` or `left_out`, where there is none."""
        waiting = self._left.get(_asked(method, url))
        if not waiting:
            self.missing.append(f"{method} {masked_url(url)}")
            return None
        answer = waiting.pop(0)
        if not answer.left_out:
            return answer
        self.left_out.append(f"the answer to {method} {answer.url} {answer.left_out}")
        return None

    @property
    def unused(self) -> list[str]:
        """The requests that were recorded and not made, each as method and address."""
        return [f"{answer.method} {answer.url}" for answers in self._left.values() for answer in answers]


def origin(value: object) -> str | None:
    """Return the scheme, host and port of a setting that is an address; None for any other."""
    found = _ADDRESS.match(value) if isinstance(value, str) else None
    return f"{found[1].lower()}://{found[3]}" if found else None


def is_loopback(address: str) -> bool:
    """Tell whether an address is on this machine."""
    found = _ADDRESS.match(address)
    return bool(found and re.match(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?\Z", found[3], re.IGNORECASE))


def readdressed(value: str, new_origin: str) -> str:
    """Return an address with another scheme, host and port, and all else as it was."""
    found = _ADDRESS.match(value)
    if not found:
        return value
    scheme, _, place = new_origin.partition("://")
    return f"{scheme}://{found[2]}@{place}{found[4]}" if found[2] is not None else f"{new_origin}{found[4]}"


def _asked(method: str, url: str) -> tuple[str, str]:
    """Return what a request is known by, however it is escaped."""
    path, _, query = masked_url(url).partition("?")
    parameters = urlencode(sorted(parse_qsl(query, keep_blank_values=True)))
    return method, Redactor([MASK])(f"{unquote(path)}?{parameters}")


def _headers_by_name(headers: Sequence[tuple[str, str]]) -> Json:
    values: dict[str, list[Json]] = {}
    for name, value in headers:
        if _HEADER.fullmatch(f"{name}:{value}"):  # a client passes on what a source should not have sent
            values.setdefault(name.lower(), []).append(value)
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()}


def _headers(by_name: Json) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, values in by_name.items() if isinstance(by_name, dict) else [("", None)]:
        for value in values if isinstance(values, list) else [values]:
            if not isinstance(value, str) or not _HEADER.fullmatch(f"{name}:{value}"):
                raise MalformedRecordingError("the source's 'headers' are not names with values")
            headers.append((name, value))
    return tuple(headers)

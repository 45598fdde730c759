"""What a recording of a function holds: a header, then every exchange, each one JSON object.

Answers and log lines are rows of somebody's data: of students, where a source has those.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from fivetran_local.errors import LocalFivetranError
from fivetran_local.exchanges import Exchange
from fivetran_local.recording.bodies import MalformedRecordingError, body_fields, body_of, is_shallow, text_in
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.tape import SourceAnswer
from fivetran_protocol import Json

FORMAT: Final = 1
"""The version of the format, in the header's field `recording`."""


class RecordingError(LocalFivetranError):
    """A recording cannot be read or written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was recorded, and when."""

    connector: str
    """Its name; with a function that ran elsewhere, the connection's."""
    build: str = ""
    """The staged function's build line; empty where a function elsewhere was recorded."""
    address: str = ""
    """That function's, without credentials."""
    recorded_at: str
    """ISO 8601, in UTC."""
    public_keys: Collection[str] | None = None
    """The settings that are no secret; None where it was not known which."""
    taped: tuple[str, ...] = ()
    """Scheme, host and port of each source whose answers are in the recording."""

    def to_wire(self) -> dict[str, Json]:
        """Write it."""
        keys: Json = None if self.public_keys is None else [*sorted(self.public_keys)]
        return {
            "recording": FORMAT,
            "connector": self.connector,
            "build": self.build,
            "address": self.address,
            "recorded_at": self.recorded_at,
            "public_keys": keys,
            "taped": list(self.taped),
        }

    @classmethod
    def from_wire(cls, document: object) -> Self:
        """Read it.

        Raises:
            MalformedRecordingError: it is something else, or of another version.
        """
        if not isinstance(document, dict) or "recording" not in document:
            raise MalformedRecordingError("it does not begin with a recording's header")
        if document["recording"] != FORMAT:
            message = f"its format is not version {FORMAT}, the only one that is read here"
            raise MalformedRecordingError(message)
        return cls(
            connector=text_in(document, "connector"),
            build=text_in(document, "build"),
            address=text_in(document, "address"),
            recorded_at=text_in(document, "recorded_at"),
            public_keys=None if document.get("public_keys") is None else _texts(document, "public_keys"),
            taped=_texts(document, "taped"),
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange of a recording."""

    exchange: Exchange
    source: tuple[SourceAnswer, ...] = ()
    """What the source answered meanwhile; empty also where that could not be recorded."""

    def to_wire(self, masking: Masking) -> dict[str, Json]:
        """Write it; `masking` has yet to be applied to its texts."""
        exchange = self.exchange
        entry: dict[str, Json] = {"number": exchange.number, "scenario": str(exchange.scenario)}
        if exchange.about is not None:
            entry["about"] = exchange.about
        entry |= {"method": exchange.method, "request": _request(exchange.request, masking)}
        if exchange.status is None:
            entry["failure"] = exchange.failure
        else:
            entry |= {"status": exchange.status, "content_type": exchange.content_type}
        entry |= {"seconds": round(exchange.seconds, 6), "size_bytes": exchange.size_bytes}
        entry |= body_fields(exchange.content, masking, json_name="response")
        entry["log"] = list(exchange.log)
        entry["source"] = [answer.to_wire(masking) for answer in self.source]
        return entry

    @classmethod
    def from_wire(cls, entry: object) -> Self:
        """Read it.

        Raises:
            MalformedRecordingError: it is something else.
        """
        if not isinstance(entry, dict):
            raise MalformedRecordingError("it is not an object")
        source = entry.get("source", [])
        if not isinstance(source, list):
            raise MalformedRecordingError("'source' is not a list")
        status, about = _whole(entry, "status"), _whole(entry, "about")
        number = _whole(entry, "number")
        if number is None:
            raise MalformedRecordingError("it has no 'number'")
        exchange = Exchange(
            scenario=text_in(entry, "scenario"),
            number=number,
            request=entry.get("request"),
            status=status,
            content_type=text_in(entry, "content_type"),
            content=body_of(entry, json_name="response"),
            seconds=_seconds(entry),
            size_bytes=_whole(entry, "size_bytes") or 0,
            failure=text_in(entry, "failure"),
            log=_texts(entry, "log"),
            method=text_in(entry, "method") or "POST",
            about=about,
        )
        return cls(exchange, tuple(map(SourceAnswer.from_wire, source)))

    def encode(self, masking: Masking, keys: Collection[str] = ()) -> bytes:
        """Write it as it stands in a recording, without the secrets of its own request and without these keys."""
        request = self.exchange.request
        settings = request.get("secrets") if isinstance(request, dict) else None
        mask = masking.including(settings, keys)
        return mask.encode(self.to_wire(mask))


def _request(request: Json, masking: Masking) -> Json:
    if not is_shallow(request):
        return "(nested too deep to be recorded)"
    if not isinstance(request, dict) or "secrets" not in request:
        return request
    return {**request, "secrets": masking.settings(request["secrets"])}


def _texts(entry: Mapping[str, Json], name: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    if isinstance(value, list):
        texts = tuple(text for text in value if isinstance(text, str))
        if len(texts) == len(value):
            return texts
    message = f"'{name}' is not a list of text"
    raise MalformedRecordingError(message)


def _whole(entry: Mapping[str, Json], name: str) -> int | None:
    value = entry.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    message = f"'{name}' is not a whole number"
    raise MalformedRecordingError(message)


def _seconds(entry: Mapping[str, Json]) -> float:
    value = entry.get("seconds", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedRecordingError("'seconds' is not a number")
    return float(value)

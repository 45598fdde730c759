"""What goes over the wire: one call of a function, and whatever came back."""

from dataclasses import dataclass
from functools import cached_property

from fivetran_local.errors import RefusedError
from fivetran_local.function import decode
from fivetran_protocol import ErrorReport, FunctionResponse, Json, Reading, State, read_response

SYNC = "sync"
"""The scenario of the calls that an ordinary sync makes."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One call, whole: as it was made, secrets included. `Recording` masks them before anything is written."""

    scenario: str
    """What the call was part of: "sync", or one of the other occasions on which `check` calls."""
    number: int
    """Counts the exchanges of one recording, from 1."""
    request: Json
    """The decoded body that was sent; text where it was meant not to be JSON."""
    status: int | None = None
    """None: there was no whole answer, and `failure` says why."""
    content_type: str = ""
    content: bytes = b""
    """The answer's body."""
    seconds: float = 0.0
    size_bytes: int = 0
    """Of the body as it came, uncompressed."""
    failure: str = ""
    """Why no answer could be had, in one line."""
    log: tuple[str, ...] = ()
    """The lines that the function logged meanwhile; empty where its log cannot be read."""
    method: str = "POST"
    about: int | None = None
    """The number of the exchange that this one repeats or goes on from, where there is one."""
    too_large: bool = False
    """Whether it failed because the answer is larger than Fivetran takes."""
    headers: tuple[tuple[str, str], ...] = ()
    """The answer's headers; a recording does not keep them."""

    @cached_property
    def document(self) -> object:
        """The decoded body; None where there is none, or where it is not JSON."""
        try:
            return decode(self.content)
        except RefusedError:
            return None

    @cached_property
    def undecodable(self) -> str | None:
        """Why the body is not JSON; None when it is."""
        try:
            decode(self.content, self.content_type)
        except RefusedError as error:
            return str(error)
        return None

    @cached_property
    def error(self) -> ErrorReport | None:
        """The error report in the answer, whatever its status."""
        return ErrorReport.from_wire(self.document)

    @property
    def succeeded(self) -> bool:
        """Whether Fivetran would take this for a page."""
        return self.status is not None and 200 <= self.status < 300 and self.error is None

    @cached_property
    def reading(self) -> Reading:
        """The answer as Fivetran reads it; without a response where it does not succeed."""
        found = read_response(self.document) if self.succeeded else Reading(None)
        self.__dict__.pop("document", None)  # whoever wants it now is rare, and it may be large
        return found

    @property
    def response(self) -> FunctionResponse | None:
        """The page in the answer; None where there is none that Fivetran could read."""
        return self.reading.response

    @property
    def state_sent(self) -> State:
        """The state in the request; empty where it has none."""
        state = self.request.get("state") if isinstance(self.request, dict) else None
        return state if isinstance(state, dict) else {}

    def share(self, earlier: "Exchange") -> None:
        """Hold the answer of an earlier exchange in place of its own, which has to be the same to the byte."""
        for name in ("content", "undecodable", "error", "reading"):
            self.__dict__[name] = getattr(earlier, name)

    def __str__(self) -> str:
        return f"call {self.number} ({self.scenario})"

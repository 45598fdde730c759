"""Faults of the REST API: a client is answered with an error, late, or not at all, so many times."""

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fivetran_local.json_text import compact

_CODES: Final = {429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}
_LONGEST_SECONDS: Final = 3600.0
_DAY_SECONDS: Final = 86400.0


class Rule(BaseModel):
    """Which requests are spoiled, how, and how often."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["status", "hang", "slow", "rescheduled"]
    """`status`: answered with an error; `hang`: cut off after `seconds` without an answer; `slow`: answered after
    `seconds`; `rescheduled`: the next syncs of `connection` are put off until `seconds` from then."""
    times: Annotated[int, Field(ge=1)] | None = None
    """How many requests, or syncs; None: until it is taken back."""
    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"] | None = None
    """None: any."""
    path: str = "/v1/*"
    """A pattern; `*` stands for anything. It meets a path as it is sent, and in its usual spelling."""
    status: Annotated[int, Field(ge=400, le=599)] = 500
    retry_after: Annotated[int, Field(ge=0)] | None = None
    """Seconds, sent with `status`."""
    seconds: Annotated[float, Field(ge=-_DAY_SECONDS, le=_DAY_SECONDS)] = 30.0
    connection: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Rule":
        if self.kind == "rescheduled":
            if not self.connection or self.times is None:
                raise ValueError("rescheduled needs connection, and times")
        elif not 0 <= self.seconds <= _LONGEST_SECONDS:
            raise ValueError(f"seconds has to be from 0 to {_LONGEST_SECONDS:.0f}")
        return self

    @model_validator(mode="before")
    @classmethod
    def _once(cls, sent: object) -> object:
        """A sync is put off once where nothing else is said: for ever would be a connection that never syncs."""
        if isinstance(sent, dict) and sent.get("kind") == "rescheduled":
            return {"times": 1, **sent}
        return sent


@dataclass(slots=True)
class _Fault:
    number: int
    rule: Rule
    left: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.rule.times

    def concerns(self, method: str, *spellings: str) -> bool:
        """Whether it spoils a request to a path that is spelled so."""
        rule = self.rule
        if rule.kind == "rescheduled" or rule.method not in (None, method):
            return False
        return any(fnmatchcase(path, rule.path) for path in spellings)


class Faults:
    """The faults that wait for requests and syncs; the one that was asked for first goes first.

    Args:
        reschedules: by connection, what its next syncs are put off by, in seconds; syncs take theirs from the left.
        canonical: gives the usual spelling of a path.
    """

    def __init__(self, reschedules: dict[str, deque[float]], canonical: Callable[[str], str]) -> None:
        self._reschedules = reschedules
        self._canonical = canonical
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._numbers = itertools.count(1)

    def add(self, rule: Rule) -> dict[str, Any]:
        """Add one; return it as `all` does."""
        with self._lock:
            self._forget_spent()
            fault = _Fault(next(self._numbers), rule)
            self._faults.append(fault)
            if rule.kind == "rescheduled":
                delays = [rule.seconds] * (rule.times or 1)
                self._reschedules.setdefault(rule.connection or "", deque()).extend(delays)
            return _shown(fault)

    def all(self) -> list[dict[str, Any]]:
        """Return those that are left, each with how many requests or syncs it will yet spoil."""
        with self._lock:
            self._forget_spent()
            return [_shown(fault) for fault in self._faults]

    def clear(self) -> None:
        """Take all back."""
        with self._lock:
            self._faults.clear()
            self._reschedules.clear()

    def take(self, method: str, path: str) -> Rule | None:
        """Return what spoils a request, and count it; None where nothing does."""
        canonical = self._canonical(path)
        with self._lock:
            for fault in self._faults:
                if fault.concerns(method, path, canonical):
                    if fault.left is not None:
                        fault.left -= 1
                        if fault.left == 0:
                            self._faults.remove(fault)
                    return fault.rule
        return None

    def _forget_spent(self) -> None:
        """See how many delays the syncs have left: what is gone was of the faults that were asked for first."""
        waiting = {connection: len(delays) for connection, delays in list(self._reschedules.items())}
        for fault in reversed(self._faults):
            if fault.rule.kind == "rescheduled":
                connection = fault.rule.connection or ""
                fault.left = min(fault.rule.times or 1, waiting.get(connection, 0))
                waiting[connection] = waiting.get(connection, 0) - fault.left
        self._faults = [fault for fault in self._faults if fault.left != 0]


async def spoil(rule: Rule, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request as a rule says."""
    match rule.kind:
        case "slow":
            await asyncio.sleep(rule.seconds)
            await app(scope, receive, send)
        case "hang":
            await asyncio.sleep(rule.seconds)
            scope["state"]["transport"].close()
            while (await receive())["type"] != "http.disconnect":
                pass
        case _:
            headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
            code = _CODES.get(rule.status, f"HTTP{rule.status}")
            body = {"code": code, "message": "a fault that the control door was asked for"}
            await Response(compact(body), rule.status, headers, "application/json")(scope, receive, send)


def _shown(fault: _Fault) -> dict[str, Any]:
    return {"id": fault.number, **fault.rule.model_dump(), "left": fault.left}

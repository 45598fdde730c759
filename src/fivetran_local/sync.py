"""What Fivetran does after each answer of a function. Decisions only: nothing here calls, waits or writes."""

import json
from dataclasses import dataclass, field, replace
from enum import Enum

from fivetran_protocol import FunctionResponse, State
from fivetran_protocol.limits import (
    CALL_TIMEOUT_SECONDS,
    MAX_CONSECUTIVE_EMPTY_RESPONSES,
    MAX_RESPONSE_BYTES,
    MAX_SYNC_SECONDS,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Fivetran's limits, and how long this sync may be at most."""

    max_response_bytes: int = MAX_RESPONSE_BYTES
    call_timeout_seconds: float = CALL_TIMEOUT_SECONDS
    max_consecutive_empty_responses: int = MAX_CONSECUTIVE_EMPTY_RESPONSES
    max_sync_seconds: float = MAX_SYNC_SECONDS
    max_calls: int | None = None
    """Ours: stop after so many calls, as if six hours had passed."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What Fivetran would let pass and we stop, because it can only be a mistake. Each can be switched off."""

    unmoved_state: bool = True
    """Fail when a response says `hasMore` with the very state it was given: Fivetran would call for six hours."""
    name_collisions: bool = True
    """Fail when two names become one after Fivetran's renaming: one's rows would hide the other's."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sync is."""

    state: State
    calls: int = 0
    consecutive_empty: int = 0


class Step(Enum):
    """What comes next."""

    CALL_AGAIN = "call again"
    COMPLETE = "complete"
    PAUSE = "pause"
    """Stop, the rest in the next sync: rows and state are kept."""
    FAIL = "fail"
    """Stop, and keep nothing of this response."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The step to take, and where the sync is after it."""

    step: Step
    progress: Progress
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SyncRules:
    """The limits and guards of one sync, applied to its answers one by one."""

    limits: Limits = field(default_factory=Limits)
    guards: Guards = field(default_factory=Guards)

    def decide(self, progress: Progress, response: FunctionResponse, seconds: float) -> Decision:
        """Decide what a readable response leads to.

        Args:
            progress: Where the sync was when the function was called.
            response: What it answered.
            seconds: Time since the sync's first call.
        """
        calls = progress.calls + 1
        failed = replace(progress, calls=calls)
        if response.has_more and self.guards.unmoved_state and _same(response.state, progress.state):
            reason = (
                "the function says hasMore but returns the state it was given: Fivetran would call it again and again "
                "for six hours; move the state with every page"
            )
            return Decision(Step.FAIL, failed, reason)
        empty = progress.consecutive_empty + 1 if response.is_empty else 0
        if response.has_more and empty > self.limits.max_consecutive_empty_responses:
            reason = (
                f"{empty} answers in a row had no row and said hasMore: Fivetran ends the sync after "
                f"{self.limits.max_consecutive_empty_responses}; set hasMore to false when there is nothing more"
            )
            return Decision(Step.FAIL, failed, reason)
        after = Progress(response.state, calls, empty)
        if not response.has_more:
            return Decision(Step.COMPLETE, after)
        if self.limits.max_calls is not None and calls >= self.limits.max_calls:
            return Decision(
                Step.PAUSE, after, f"stopped after {calls} calls, as asked; the next sync goes on from here"
            )
        if seconds >= self.limits.max_sync_seconds:
            hours = self.limits.max_sync_seconds / 3600
            return Decision(
                Step.PAUSE, after, f"stopped after {hours:g} hours, as Fivetran does; the next sync goes on"
            )
        return Decision(Step.CALL_AGAIN, after)


def _same(one: State, other: State) -> bool:
    """Compare two states as JSON: Python holds 1 and true for equal as well."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

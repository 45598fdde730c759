"""Starting a sync, and waiting for its end.

Fivetran's API knows no single sync: a connection has a state, and the times of its last success and its last failure.
A sync has ended when one of them moved; both are compared with what they were before it was asked for, so that neither
side's clock matters.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from fivetran_tools.errors import CommandError
from fivetran_tools.fivetran_api import Connection, FivetranApi, FivetranApiError, SyncState, UnreachableError

POLL_SECONDS: Final = 10.0
LOCAL_POLL_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 300.0
"""How long nobody may answer before waiting ends: a restart is no reason."""

IDLE_SECONDS: Final = 5.0
"""How long a connection that no longer syncs may show no result: one sync may be ending for the next to begin."""
_LOOKS_BEFORE_CANCELED: Final = 3


class Started(StrEnum):
    """What asking for a sync came to."""

    STARTED = "a sync is started"
    RUNS_ALREADY = "a sync runs already: nothing is started"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a sync that is waited for."""

    connection: Connection
    seconds: float
    note: str = ""
    """What a person should know once, such as until when it is put off."""


def start_sync(api: FivetranApi, connection: Connection, *, unpause: bool = False) -> tuple[Connection, Started]:
    """Start a sync, unless one runs; return the connection as it was before.

    Args:
        api: Fivetran.
        connection: Which.
        unpause: Whether a paused connection may be let sync by its schedule from now on.

    Raises:
        CommandError: it is paused, or Fivetran refuses.
    """
    before = api.connection(connection.id)
    if before.is_syncing:
        return before, Started.RUNS_ALREADY
    if before.paused:
        if not unpause:
            again = api.address.command(f"sync {before.id} --unpause")
            message = f"{before.schema_name} is paused, and does not sync: {again}"
            raise CommandError(message)
        api.set_paused(before.id, paused=False)
    api.sync(before.id)
    return before, Started.STARTED


def start_resync(api: FivetranApi, connection: Connection) -> Connection:
    """Have everything read again from an empty state; return the connection as it was before.

    Raises:
        CommandError: Fivetran refuses, as it may while a sync runs.
    """
    before = api.connection(connection.id)
    api.resync(before.id)
    return before


@dataclass
class SyncWatch:
    """Waits for the end of the sync that runs, or begins, after `before`.

    Args:
        api: Fivetran.
        before: The connection before the sync was asked for.
        watch: Told after each look.
        poll_seconds: The time between two looks; by default short for the local Fivetran.
        timeout_seconds: How long to wait; None waits as long as it takes.
    """

    api: FivetranApi
    before: Connection
    watch: Callable[[Watched], object]
    poll_seconds: float | None = None
    timeout_seconds: float | None = None
    _ran: bool = field(default=False, init=False)
    _idle: list[float] = field(default_factory=list, init=False)
    _told: str = field(default="", init=False)
    _triggered_again: datetime | None = field(default=None, init=False)

    def wait(self) -> Connection:
        """Return the connection after a sync that succeeded.

        Raises:
            CommandError: the sync failed, with Fivetran's reason; it was canceled or paused; or time ran out.
        """
        pause = self.poll_seconds or (LOCAL_POLL_SECONDS if self.api.address.is_local else POLL_SECONDS)
        began = answered = time.monotonic()
        self._ran = self.before.is_syncing
        while True:
            try:
                now = self.api.connection(self.before.id)
                if ended(self.before, now):
                    return _succeeded(self.before, now)
                self._tell(now, began, self._look(now))
                answered = time.monotonic()
            except (UnreachableError, FivetranApiError) as error:
                if _is_final(error) or time.monotonic() - answered > PATIENCE_SECONDS:
                    raise
                self._tell(self.before, began, f"{error}; trying on")
            if self.timeout_seconds is not None and time.monotonic() - began + pause > self.timeout_seconds:
                look = self.api.address.command(f"status {self.before.id}")
                message = f"no end after {self.timeout_seconds:g} s; the sync goes on without us: {look}"
                raise CommandError(message)
            time.sleep(pause)

    def _tell(self, now: Connection, began: float, note: str) -> None:
        self.watch(Watched(now, time.monotonic() - began, note if note != self._told else ""))
        self._told = note or self._told

    def _look(self, now: Connection) -> str:
        """Return what to say of a sync that has not ended; raise for one that never will."""
        name, status = now.schema_name, now.status
        if now.is_syncing:
            self._ran = True
            self._idle.clear()
            return ""
        if status.sync_state == SyncState.RESCHEDULED:
            return self._put_off(now)
        if now.paused or self._ran:
            self._idle.append(time.monotonic())
            if len(self._idle) >= _LOOKS_BEFORE_CANCELED and self._idle[-1] - self._idle[0] >= IDLE_SECONDS:
                why = "was paused" if now.paused else "was canceled"
                again = self.api.address.command(f"sync {now.id}")
                message = f"the sync of {name} ended without a result: it {why}; {again} starts one"
                raise CommandError(message)
        return ""

    def _put_off(self, now: Connection) -> str:
        """Trigger a sync that was put off when its time has come: with a manual schedule Fivetran leaves that to us."""
        until = now.status.rescheduled_for
        if until is None:
            return "Fivetran has put the sync off"
        if now.schedule_type == "manual" and until <= datetime.now(UTC) and self._triggered_again != until:
            self.api.sync(now.id)
            self._triggered_again = until
            return "its time has come: the sync is started again"
        return f"Fivetran has put the sync off until {until.astimezone():%Y-%m-%d %H:%M:%S}"


def ended(before: Connection, now: Connection) -> bool:
    """Whether a sync has ended between two looks."""
    return (now.succeeded_at, now.failed_at) != (before.succeeded_at, before.failed_at)


def _succeeded(before: Connection, now: Connection) -> Connection:
    """Return the connection if its last sync went well; the later one counts where two have ended since."""
    never = datetime.min.replace(tzinfo=UTC)
    failed = now.failed_at != before.failed_at
    if not failed or (
        now.succeeded_at != before.succeeded_at and (now.succeeded_at or never) >= (now.failed_at or never)
    ):
        return now
    reasons = "; ".join(map(str, now.status.tasks)) or "Fivetran gave no reason, its log may"
    message = f"the sync of {now.schema_name} failed: {reasons}"
    raise CommandError(message)


def _is_final(error: Exception) -> bool:
    """Whether asking again is of no use."""
    return isinstance(error, FivetranApiError) and 400 <= error.status < 500 and error.status != 429

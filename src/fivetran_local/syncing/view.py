"""A connection as it looks from outside at one moment: its settings, its outcomes, and the sync that is running."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from fivetran_local.account.settings import ConnectionSettings, Wanted
from fivetran_local.records import ConnectionRecord, Counts
from fivetran_local.syncing.job import CallSeen, Progress
from fivetran_local.syncing.schedule import due_at, is_delayed

CALLS_SHOWN: Final = 200


class SyncState(StrEnum):
    """What a connection is doing."""

    SCHEDULED = "scheduled"
    SYNCING = "syncing"
    PAUSED = "paused"
    RESCHEDULED = "rescheduled"


@dataclass(slots=True)
class RunningSync:
    """A sync under way. It changes while it is read; each field by itself is whole."""

    sync_id: str
    started_at: datetime
    wanted: Wanted
    calls: int = 0
    rows_received: int = 0
    counts: Counts = field(default_factory=Counts)
    """Of what has landed."""
    last_calls: deque[CallSeen] = field(default_factory=lambda: deque(maxlen=CALLS_SHOWN))

    def note(self, progress: Progress) -> None:
        """Take in what the sync's process said."""
        self.last_calls.extend(progress.calls)
        self.calls = progress.calls[-1].number if progress.calls else self.calls
        self.rows_received, self.counts = progress.rows_received, progress.counts


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What the warehouse last said of a connection."""

    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    historical: bool = True
    last_started_at: datetime | None = None


def outcomes_in(record: ConnectionRecord | None, last_started_at: datetime | None) -> Outcomes:
    """Return what a warehouse's record says; nothing yet where there is none."""
    if record is None:
        return Outcomes()
    return Outcomes(record.succeeded_at, record.failed_at, record.historical, last_started_at)


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection at one moment."""

    settings: ConnectionSettings
    outcomes: Outcomes
    running: RunningSync | None
    now: datetime
    last_calls: tuple[CallSeen, ...] = ()
    """Of the sync that is running, or of the last one that ran in this process."""

    @property
    def sync_state(self) -> SyncState:
        """What it is doing."""
        if self.running:
            return SyncState.SYNCING
        if self.settings.paused:
            return SyncState.PAUSED
        if self.settings.rescheduled_for:
            return SyncState.RESCHEDULED
        # A sync that was accepted and begins in a moment: nobody may take the last one's end for its end.
        return SyncState.SYNCING if self.settings.wanted else SyncState.SCHEDULED

    @property
    def is_historical_sync(self) -> bool:
        """Whether its next, or running, sync is one from the beginning."""
        return self.outcomes.historical or self.settings.wanted is Wanted.RESYNC

    @property
    def is_delayed(self) -> bool:
        """Whether its rows are older than they should be."""
        return is_delayed(self.settings, self.outcomes.succeeded_at, self.now)

    @property
    def next_sync_at(self) -> datetime | None:
        """When its next sync starts by itself; None when it does not, or one is running."""
        return None if self.running else due_at(self.settings, self.outcomes.last_started_at, self.now)

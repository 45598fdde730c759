"""What the warehouse says of a connection and of its syncs."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import add

from fivetran_protocol import State


class SyncStatus(StrEnum):
    """How far a sync has come."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    """Its process died; found out when the connection's next sync landed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one landing did, or all landings of a sync together."""

    upserts: int = 0
    """Rows received in `insert`."""
    updates: int = 0
    """Of these, how many replaced a row that was there."""
    deletes: int = 0
    """Rows that `delete` removed or marked."""
    truncates: int = 0
    """Tables in which the rows that a complete snapshot did not send were marked."""
    schema_changes: int = 0
    """Tables created, columns added to existing tables, columns widened."""
    checkpoints: int = 0
    """States committed."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class OpenSync:
    """A sync about to run, and where it goes on from."""

    connection: str
    sync_id: str
    started_at: datetime
    """Also the `_fivetran_synced` of every row it lands."""
    batch: int
    """`_fivetran_batch` of the rows it appends; greater than that of every earlier sync of the connection."""
    state: State = field(default_factory=dict)
    known_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Primary key of each table that has rows, by the names that the function gives both."""
    cycle_started_at: datetime | None = None
    """Start of the earliest sync since the last complete one; None when this sync is that one."""
    snapshot_tables: tuple[str, ...] = ()
    """Tables that the syncs of the cycle so far named in a `softDelete` list."""
    untouched: frozenset[str] = frozenset()
    """Tables of the warehouse that this sync does not load: what it does not send of them is not gone."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sync ended."""

    status: SyncStatus
    at: datetime
    has_more: bool = False
    """Whether the function had more to send: a sync that was stopped is not complete, though it succeeded."""
    error: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything was sent, so that what was not sent is known to be gone."""
        return self.status is SyncStatus.SUCCEEDED and not self.has_more


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """What Fivetran's outside view is made of."""

    name: str
    state: State
    succeeded_at: datetime | None
    failed_at: datetime | None
    """Of the last failure; a later success does not clear it."""
    historical: bool = True
    """Whether a first sync, or one from the beginning, has yet to come to its end."""


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A connection as its last sync left it."""

    record: ConnectionRecord
    last_started_at: datetime | None
    """When that sync started; None where it landed nothing."""


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One sync, as far as it landed."""

    sync_id: str
    connection: str
    batch: int
    started_at: datetime
    ended_at: datetime | None
    status: SyncStatus
    calls: int
    counts: Counts
    has_more: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a reset removed."""

    tables: int = 0
    rows: int = 0
    syncs: int = 0

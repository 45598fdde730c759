"""What is said between the local Fivetran and the process that runs one sync."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from fivetran_local.account.settings import SchemaSettings
from fivetran_local.blocking import LeftOut
from fivetran_local.engine import SyncOutcome
from fivetran_local.records import ConnectionRecord, Counts
from fivetran_local.sync import SyncRules
from fivetran_protocol import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncJob:
    """One sync to run: all that its process has to know."""

    connection: str
    """Its name, and that of its schema."""
    sync_id: str
    warehouse: Path
    url: str
    """The function's address."""
    problem: str = ""
    """Why the function cannot be called at all; then that is how the sync fails."""
    secrets: Mapping[str, Json] = field(default_factory=dict, repr=False)
    custom_payload: Mapping[str, Json] = field(default_factory=dict, repr=False)
    external_id: str = ""
    rules: SyncRules = field(default_factory=SyncRules)
    start_over: bool = False
    """Whether to forget the state first."""
    schemas: SchemaSettings | None = None
    salt: bytes = field(default=b"", repr=False)
    """Of the columns that are hashed."""
    clock_offset: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class CallSeen:
    """One call of a running sync that was answered."""

    number: int
    seconds: float
    size_bytes: int
    rows: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class StartedOver:
    """The state was forgotten: a sync that runs after this one goes on from what this one lands."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sync did since it last said so, and altogether."""

    calls: tuple[CallSeen, ...]
    rows_received: int
    counts: Counts
    """Of what has landed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sync ended, and what the warehouse says of its connection after it."""

    outcome: SyncOutcome
    record: ConnectionRecord | None


CANCEL: Final = "cancel"
"""All that is said to a sync's process after its job."""

Message = StartedOver | Progress | LeftOut | Ended

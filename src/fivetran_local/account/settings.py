"""The settings of an account, as immutable values. What a sync moves (rows, state, outcomes) is in the warehouse.

Names and legal values are those of Fivetran's REST API; times are UTC.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from fivetran_local.account.sealing import Sealed, SealedConfig

SYNC_FREQUENCIES: Final = (1, 5, 15, 30, 60, 120, 180, 360, 480, 720, 1440)
"""Minutes between two syncs of a connection."""
DAILY: Final = 1440
"""The one frequency with a time of day."""

_TIME_OF_DAY: Final = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def _legal_frequency(minutes: int) -> int:
    if minutes not in SYNC_FREQUENCIES:
        raise ValueError(f"expected one of {', '.join(map(str, SYNC_FREQUENCIES))}")
    return minutes


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("expected HH:MM")
    return text


def _with_zone(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("expected a time with its zone, such as 2026-01-31T12:00:00Z")
    return instant


# These are checked where an account is read from its file, which somebody may have edited.
Instant = Annotated[datetime, AfterValidator(_with_zone)]
SyncFrequency = Annotated[int, AfterValidator(_legal_frequency)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Port = Annotated[int, Field(ge=1, le=65535)]


class SetupState(StrEnum):
    """How far a connection's set-up is."""

    INCOMPLETE = "incomplete"
    CONNECTED = "connected"
    BROKEN = "broken"


class ScheduleType(StrEnum):
    """Who starts a connection's syncs."""

    AUTO = "auto"
    MANUAL = "manual"


class SetupTestStatus(StrEnum):
    """How a setup test ended."""

    PASSED = "PASSED"
    SKIPPED = "SKIPPED"
    WARNING = "WARNING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class SetupTest:
    """One of the tests behind "Save & Test"."""

    title: str
    status: SetupTestStatus
    message: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A task, which somebody has to do before syncs work again, or a warning."""

    code: str
    message: str
    details: str = ""


class Wanted(StrEnum):
    """What a sync that was asked for is to be."""

    SYNC = "sync"
    RESYNC = "resync"
    """From an empty state; what it does not send is gone when it is complete."""


class SchemaChangeHandling(StrEnum):
    """What happens to a table or a column that the source shows for the first time."""

    ALLOW_ALL = "ALLOW_ALL"
    """It is loaded."""
    ALLOW_COLUMNS = "ALLOW_COLUMNS"
    """A column is loaded, a table is not."""
    BLOCK_ALL = "BLOCK_ALL"
    """Neither is loaded."""


@dataclass(frozen=True, slots=True)
class ColumnSettings:
    """What is done with a column."""

    enabled: bool = True
    hashed: bool = False
    source: str = ""
    """Its name in the function, as far as anybody said it."""


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What is done with a table."""

    enabled: bool = True
    columns: Mapping[str, ColumnSettings] = field(default_factory=dict)
    """By name in the warehouse; only those that somebody changed, or that came later and were not let in."""
    source: str = ""
    """Its name in the function."""
    disabled_at: Instant | None = None
    """Since when it is not loaded: what a later sync left out, only a re-sync brings."""


@dataclass(frozen=True, slots=True)
class SchemaSettings:
    """Which tables and columns a connection loads."""

    schema_change_handling: SchemaChangeHandling = SchemaChangeHandling.ALLOW_ALL
    enabled: bool = True
    tables: Mapping[str, TableSettings] = field(default_factory=dict)
    """By name in the warehouse; only those that somebody changed, or that came later and were not let in."""
    disabled_at: Instant | None = None
    """Since when nothing is loaded."""
    captured: bool = False
    """Whether a whole first sync has shown what the source has; only what comes after it is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """One connection, as somebody set it up."""

    id: str
    group_id: str
    service: str
    schema: str
    """Its name, and the name of its schema in the warehouse."""
    created_at: Instant
    connected_by: str = ""
    config: SealedConfig = field(default_factory=dict, repr=False)
    """As the REST API takes it, secrets included; encrypted as a whole in the file."""
    paused: bool = True
    pause_after_trial: bool = False
    schedule_type: ScheduleType = ScheduleType.AUTO
    sync_frequency: SyncFrequency = 360
    """Minutes, one of `SYNC_FREQUENCIES`."""
    daily_sync_time: TimeOfDay | None = None
    """`HH:MM` in UTC; only with a frequency of a day."""
    data_delay_sensitivity: str = "NORMAL"
    data_delay_threshold: int = 0
    """Minutes."""
    networking_method: str = "Directly"
    destination_schema_names: str = "FIVETRAN_NAMING"
    setup_state: SetupState = SetupState.INCOMPLETE
    setup_tests: tuple[SetupTest, ...] = ()
    """As they ended when they were last run."""
    tasks: tuple[Alert, ...] = ()
    warnings: tuple[Alert, ...] = ()
    schemas: SchemaSettings | None = None
    """None before the first sync, unless somebody made it."""
    wanted: Wanted | None = None
    """A sync that was asked for and has not come to its end; kept so that it outlives this process."""
    rescheduled_for: Instant | None = None
    connect_card_config: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What holds one destination and the connections that load it."""

    id: str
    name: str
    created_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a group's rows go. On this machine that is a DuckDB file, whatever service it says."""

    id: str
    """The same as its group's."""
    service: str
    region: str = "GCP_US_EAST4"
    time_zone_offset: str = "0"
    config: SealedConfig = field(default_factory=dict, repr=False)
    setup_state: SetupState = SetupState.CONNECTED
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further settings of the REST API's, kept and given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with access to the account."""

    id: str
    email: str
    given_name: str = ""
    family_name: str = ""
    role: str = "Account Administrator"
    created_at: Instant | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of events."""

    id: str
    type: str
    """`account` or `group`."""
    group_id: str | None
    url: str
    events: tuple[str, ...]
    created_at: Instant
    created_by: str = ""
    active: bool = True
    secret: Sealed = field(default="", repr=False)
    """Signs what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All settings, each kind by id."""

    id: str
    name: str
    created_at: Instant
    groups: Mapping[str, Group] = field(default_factory=dict)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    connections: Mapping[str, ConnectionSettings] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    function_ports: Mapping[str, Port] = field(default_factory=dict)
    """The loopback port of each function that was started here, so that its address stays the same."""

"""What Fivetran's API answers with, as typed values; fields that are not used here stay in `data` alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field


class SyncState(StrEnum):
    """What a connection does."""

    SCHEDULED = "scheduled"
    SYNCING = "syncing"
    PAUSED = "paused"
    RESCHEDULED = "rescheduled"


def _list(value: object) -> object:
    return () if value is None else value


def _sentence(*parts: object) -> str:
    """Join what is text and not empty."""
    return ": ".join(part for part in parts if isinstance(part, str) and part.strip())


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Notice(_Model):
    """A task, which keeps a connection from syncing, or a warning."""

    code: str = ""
    message: str = ""
    details: object = None
    """More words; Fivetran's definition and its answers do not agree on their form."""

    def __str__(self) -> str:
        return _sentence(self.message or self.code, self.details) or "no reason was given"


class SetupTest(_Model):
    """One of the tests that Fivetran runs on a connection's settings."""

    title: str
    status: str
    """PASSED, SKIPPED, WARNING, FAILED or JOB_FAILED."""
    message: str | None = None
    details: object = None

    def __str__(self) -> str:
        return _sentence(self.title, self.message, self.details)

    @property
    def failed(self) -> bool:
        """Whether it keeps the connection from syncing."""
        return self.status.upper() not in ("PASSED", "SKIPPED", "WARNING")


class Status(_Model):
    """What a connection does, and what is wrong with it."""

    setup_state: str
    """incomplete, connected or broken."""
    sync_state: str
    """Mostly one of `SyncState`; Fivetran may add others."""
    update_state: str = ""
    is_historical_sync: bool = False
    tasks: Annotated[tuple[Notice, ...], BeforeValidator(_list)] = ()
    warnings: Annotated[tuple[Notice, ...], BeforeValidator(_list)] = ()
    rescheduled_for: AwareDatetime | None = None


class Connection(_Model):
    """A connection as the API has it at one moment."""

    id: str
    group_id: str
    service: str
    schema_name: str = Field(alias="schema")
    paused: bool
    status: Status
    succeeded_at: AwareDatetime | None = None
    failed_at: AwareDatetime | None = None
    schedule_type: str = "auto"
    sync_frequency: int | None = None
    """Minutes."""
    daily_sync_time: str | None = None
    setup_tests: Annotated[tuple[SetupTest, ...], BeforeValidator(_list)] = ()
    data: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    """All that the API said; it masks secrets itself."""

    @property
    def is_syncing(self) -> bool:
        """Whether a sync runs."""
        return self.status.sync_state == SyncState.SYNCING

    @property
    def has_ended_a_sync(self) -> bool:
        """Whether a sync has ever ended, well or not."""
        return self.succeeded_at is not None or self.failed_at is not None


class Group(_Model):
    """A group: a destination, and the connections that write into it."""

    id: str
    name: str


class PatchSettings(_Model):
    """Whether a table or a column can be enabled and disabled, and why not."""

    allowed: bool = True
    reason_code: str | None = None
    reason: str | None = None


class Column(_Model):
    """A column of a table."""

    enabled: bool
    name_in_destination: str = ""
    is_primary_key: bool = False
    enabled_patch_settings: PatchSettings = PatchSettings()


class Table(_Model):
    """A table of a schema. `columns` holds those alone whose setting is not the table's."""

    enabled: bool
    name_in_destination: str = ""
    enabled_patch_settings: PatchSettings = PatchSettings()
    columns: Annotated[Mapping[str, Column], BeforeValidator(lambda value: value or {})] = {}


class Schema(_Model):
    """A schema of a connection."""

    enabled: bool
    name_in_destination: str = ""
    tables: Annotated[Mapping[str, Table], BeforeValidator(lambda value: value or {})] = {}


class SchemaConfig(_Model):
    """What of a source is synced."""

    schema_change_handling: str = ""
    schemas: Annotated[Mapping[str, Schema], BeforeValidator(lambda value: value or {})] = {}
    data: Mapping[str, Any] = Field(default_factory=dict, repr=False)


class LocalFunction(_Model):
    """A function that the local Fivetran runs or would run."""

    name: str
    connector: str
    url: str
    configuration: Mapping[str, str] | None = None

"""What is sent to make, change and move a connection."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from fivetran_local.account.settings import DAILY, SYNC_FREQUENCIES, ConnectionSettings, ScheduleType
from fivetran_local.api.bodies import Fields, text_like
from fivetran_local.errors import InvalidInputError

NetworkingMethod = Literal["Directly", "PrivateLink", "SshTunnel", "ProxyAgent"]
TimeOfDay = Annotated[str, text_like(r"([01]\d|2[0-3]):[0-5]\d", "HH:MM, a time of day in UTC")]
Address = Annotated[str, text_like(r"https?://[^\s/][^\s]*", "an address, http:// or https://", most=2000)]


def _frequency(minutes: int) -> int:
    if minutes not in SYNC_FREQUENCIES:
        raise ValueError(f"expected one of {', '.join(map(str, SYNC_FREQUENCIES))} minutes")
    return minutes


SyncFrequency = Annotated[int, AfterValidator(_frequency)]

_MOST_MINUTES: Final = 2**31 - 1
_NOT_HERE: Final = ("hybrid_deployment_agent_id", "private_link_id", "proxy_agent_id", "external_secrets_manager_id")
_OF_A_REQUEST: Final = frozenset({"config", "is_historical_sync", *_NOT_HERE})
"""Persistent fields that are not among a connection's settings under the same name."""


class ConnectCardConfig(Fields):
    """How a connect card looks, and where its user goes from there."""

    redirect_uri: Address
    hide_setup_guide: bool = False
    all_fields: bool = False


class Schedule(Fields):
    """Settings that a connection has from the start and that may change."""

    paused: bool = False
    pause_after_trial: bool = False
    schedule_type: Annotated[ScheduleType, Field(strict=False)] = ScheduleType.AUTO
    sync_frequency: SyncFrequency = 360
    daily_sync_time: TimeOfDay | None = None
    data_delay_sensitivity: Literal["LOW", "NORMAL", "HIGH", "CUSTOM", "SYNC_FREQUENCY"] = "NORMAL"
    data_delay_threshold: Annotated[int, Field(ge=0, le=_MOST_MINUTES)] = 0
    networking_method: NetworkingMethod = "Directly"
    run_setup_tests: bool = True
    trust_certificates: bool = False
    trust_fingerprints: bool = False
    hybrid_deployment_agent_id: str | None = None
    private_link_id: str | None = None
    proxy_agent_id: str | None = None
    external_secrets_manager_id: str | None = None

    def settings(self, before: ConnectionSettings | None) -> dict[str, Any]:
        """Return the fields of `ConnectionSettings` that were sent.

        Args:
            before: the connection's settings so far; None for a new one.

        Raises:
            InvalidInputError: a field does not go with another, or names what this machine does not have.
        """
        for name in _NOT_HERE:
            if getattr(self, name):
                raise InvalidInputError(f"{name}: there are none on this machine")
        names = self.model_fields_set & ConnectionSettings.__dataclass_fields__.keys() - {"config"}
        settings: dict[str, Any] = {name: getattr(self, name) for name in names}
        frequency = settings.get("sync_frequency", before.sync_frequency if before else 360)
        if frequency != DAILY:
            if settings.get("daily_sync_time"):
                raise InvalidInputError(f"daily_sync_time: it goes with a sync_frequency of {DAILY} only")
            settings["daily_sync_time"] = None
        return settings


class NewConnectionBody(Schedule):
    """A connection to make."""

    group_id: str
    service: str
    config: dict[str, Any] = Field(default_factory=dict)
    destination_schema_names: Literal["FIVETRAN_NAMING", "SOURCE_NAMING"] = "FIVETRAN_NAMING"
    connect_card_config: ConnectCardConfig | None = None

    def settings(self, before: ConnectionSettings | None = None) -> dict[str, Any]:
        """Return the fields of `ConnectionSettings`; `paused` always, as Fivetran's default differs from ours."""
        if self.destination_schema_names != "FIVETRAN_NAMING":
            raise InvalidInputError("destination_schema_names: tables are named by FIVETRAN_NAMING only here")
        settings = {"paused": self.paused, **super().settings(before)}
        del settings["group_id"], settings["service"]
        if self.connect_card_config:
            settings["connect_card_config"] = self.connect_card_config.model_dump()
        return settings


class ConnectionPatch(Schedule):
    """Changes of a connection. What is not in it stays as it is."""

    config: dict[str, Any] = Field(default_factory=dict)
    is_historical_sync: bool = False
    schema_status: Literal["blocked_on_capture", "ready"] = "ready"

    def changes(self, before: ConnectionSettings) -> dict[str, Any]:
        """Return the fields of `ConnectionSettings` to change.

        Raises:
            InvalidInputError: as for `settings`, or nothing that lasts is in it.
        """
        if self.schema_status != "ready":
            raise InvalidInputError("schema_status: connections of functions are always ready")
        persistent = ConnectionSettings.__dataclass_fields__.keys() | _OF_A_REQUEST | {"schema_status"}
        if not self.model_fields_set & persistent:
            raise InvalidInputError(
                "body: no field to change is in it; run_setup_tests, trust_certificates and trust_fingerprints are none"
            )
        return {name: value for name, value in self.settings(before).items() if getattr(before, name) != value}


class SyncBody(Fields):
    """How a sync is asked for."""

    force: bool = False


class ResyncBody(Fields):
    """What is to be synced anew."""

    scope: dict[str, list[str]] | None = None


class SetupTestBody(Fields):
    """How setup tests are asked for. Nothing is trusted on this machine that was not before."""

    trust_certificates: bool = False
    trust_fingerprints: bool = False


class StateBody(Fields):
    """The state to go on from."""

    state: Mapping[str, Any]


class ConnectCardBody(Fields):
    """The card that is asked for."""

    connect_card_config: ConnectCardConfig

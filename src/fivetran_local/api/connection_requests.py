"""What is sent to make, change and move a connection."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from fivetran_local.account.schedule_settings import DEFAULT_FREQUENCY, checked_schedule
from fivetran_local.account.settings import ConnectionSettings, ScheduleType
from fivetran_local.api.bodies import Fields, text_like
from fivetran_local.errors import InvalidInputError

NetworkingMethod = Literal["Directly", "PrivateLink", "SshTunnel", "ProxyAgent"]
Address = Annotated[str, text_like(r"https?://[^\s/][^\s]*", "an address, http:// or https://", most=2000)]


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
    schedule_type: str = ScheduleType.AUTO
    sync_frequency: int = DEFAULT_FREQUENCY
    daily_sync_time: str | None = None
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

    def sent(self, before: ConnectionSettings | None) -> dict[str, Any]:
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
        return {**settings, **checked_schedule(settings, before.sync_frequency if before else DEFAULT_FREQUENCY)}


class NewConnectionBody(Schedule):
    """A connection to make."""

    group_id: str
    service: str
    config: dict[str, Any] = Field(default_factory=dict)
    destination_schema_names: Literal["FIVETRAN_NAMING", "SOURCE_NAMING"] = "FIVETRAN_NAMING"
    connect_card_config: ConnectCardConfig | None = None

    def settings(self) -> dict[str, Any]:
        """Return the fields of `ConnectionSettings`; `paused` always, as Fivetran's default differs from ours."""
        if self.destination_schema_names != "FIVETRAN_NAMING":
            raise InvalidInputError("destination_schema_names: tables are named by FIVETRAN_NAMING only here")
        settings = {"paused": self.paused, **self.sent(None)}
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
            InvalidInputError: as for `sent`, or nothing that lasts is in it.
        """
        if self.schema_status != "ready":
            raise InvalidInputError("schema_status: connections of functions are always ready")
        persistent = ConnectionSettings.__dataclass_fields__.keys() | _OF_A_REQUEST | {"schema_status"}
        if not self.model_fields_set & persistent:
            raise InvalidInputError(
                "body: no field to change is in it; run_setup_tests, trust_certificates and trust_fingerprints are none"
            )
        return {name: value for name, value in self.sent(before).items() if getattr(before, name) != value}


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

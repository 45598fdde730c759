"""What the pages of one connection show of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fivetran_local.account.settings import ScheduleType
from fivetran_local.pages.history import History, patient
from fivetran_local.pages.rendering import span
from fivetran_local.pages.site import Site
from fivetran_local.pages.sparkline import rows_of
from fivetran_local.pages.status import Status, announcement, is_failing, reason_of, status_of
from fivetran_local.services import Service
from fivetran_local.syncing.view import ConnectionView


@dataclass(frozen=True, slots=True)
class About:
    """A connection at one moment, in the words of the pages."""

    view: ConnectionView
    history: History
    services: Mapping[str, Service] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id."""
        return self.view.settings.id

    @property
    def name(self) -> str:
        """Its name, which is that of its schema."""
        return self.view.settings.schema

    @property
    def address(self) -> str:
        """Of its first page."""
        return f"/connections/{self.id}"

    @property
    def service_name(self) -> str:
        """What its service is called."""
        key = self.view.settings.service
        return self.services[key].name if key in self.services else key

    @property
    def status(self) -> Status:
        """What it is doing."""
        return status_of(self.view)

    @property
    def is_failing(self) -> bool:
        """Whether its last sync failed."""
        return is_failing(self.view)

    @property
    def reason(self) -> str:
        """Why it failed, or what it waits for."""
        return reason_of(self.view)

    @property
    def announcement(self) -> str:
        """What a screen reader is told of it."""
        return announcement(self.view)

    @property
    def seconds(self) -> float:
        """How long its running sync has taken so far."""
        running = self.view.running
        return max(0.0, (self.view.now - running.started_at).total_seconds()) if running else 0.0

    @property
    def schedule(self) -> str:
        """When its syncs start."""
        settings = self.view.settings
        if settings.schedule_type is ScheduleType.MANUAL:
            return "by hand"
        at = f", at {settings.daily_sync_time} UTC" if settings.daily_sync_time else ""
        return f"every {span(settings.sync_frequency)}{at}"

    @property
    def no_next(self) -> str:
        """Why no sync starts by itself."""
        if self.view.running:
            return "running"
        if self.view.settings.paused:
            return "paused"
        return "by hand" if self.view.settings.schedule_type is ScheduleType.MANUAL else "after set-up"

    @property
    def last_rows(self) -> int | None:
        """How many rows its last sync landed; None where it had none."""
        return rows_of(self.history.ended[0]) if self.history.ended else None

    @property
    def is_set_up(self) -> bool:
        """Whether its historical sync came to its end once: until then its set-up is not over."""
        return self.view.outcomes.succeeded_at is not None


def about(site: Site, connection_id: str, services: Mapping[str, Service] | None = None) -> About:
    """Return what there is to show of a connection.

    Raises:
        NotFoundError: there is none of that id.
    """
    view = site.connections.get(connection_id)
    known = site.known_services() if services is None else services
    return About(view, site.histories.of(connection_id), known)


def row_counts(site: Site, connection_id: str) -> Mapping[str, int]:
    """Return how many rows each table has, by its name.

    Raises:
        NotFoundError: there is no such connection.
        WarehouseError: the warehouse is busy, or cannot be read.
    """
    settings = site.connections.settings(connection_id)
    return patient(site.connections.warehouse(connection_id)).row_counts(settings.schema)

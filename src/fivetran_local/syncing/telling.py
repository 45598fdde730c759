"""Saying what happens to a connection, in the names and shapes of Fivetran's log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fivetran_local.account.settings import ConnectionSettings, SetupTest
from fivetran_local.clock import Clock
from fivetran_local.engine import SyncOutcome
from fivetran_local.events import EventLog, Level, LogEvent
from fivetran_local.records import SyncStatus
from fivetran_local.syncing.job import Progress
from fivetran_local.syncing.view import RunningSync

RECONNECT: Final = "reconnect"
"""The task of a connection whose settings the function refuses."""

_STATUS: Final = {
    SyncStatus.SUCCEEDED: "SUCCESSFUL",
    SyncStatus.CANCELED: "CANCELED",
    SyncStatus.FAILED: "FAILURE",
}


class Telling:
    """Records events.

    Args:
        events: where they are kept.
        clock: the time.
    """

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def happened(
        self,
        settings: ConnectionSettings,
        event: str,
        data: Mapping[str, object] | None = None,
        *,
        level: Level = Level.INFO,
        sync_id: str | None = None,
    ) -> None:
        """Say that something happened to a connection, such as `pause_connector`."""
        self._events.record(self._event(settings, event, data or {}, level, sync_id))

    def tested(self, settings: ConnectionSettings, tests: tuple[SetupTest, ...], *, passed: bool) -> None:
        """Say how setup tests ended."""
        data = {"tests": [{"title": test.title, "status": test.status, "message": test.message} for test in tests]}
        if passed:
            self.happened(settings, "connection_successful", data)
        else:
            self.happened(settings, "connection_failure", data, level=Level.WARNING)

    def started(self, settings: ConnectionSettings, running: RunningSync) -> None:
        """Say that a sync starts."""
        self.happened(settings, "sync_start", {"kind": running.wanted.value}, sync_id=running.sync_id)

    def called(self, settings: ConnectionSettings, running: RunningSync, progress: Progress) -> None:
        """Say which calls were answered."""
        events = []
        for call in progress.calls:
            data = {
                "number": call.number,
                "seconds": round(call.seconds, 4),
                "size_bytes": call.size_bytes,
                "rows": call.rows,
                "has_more": call.has_more,
            }
            events.append(self._event(settings, "api_call", data, Level.INFO, running.sync_id))
        self._events.record(*events)

    def rescheduled(self, settings: ConnectionSettings, until: datetime) -> None:
        """Say that a sync was put off."""
        data = {"status": "RESCHEDULED", "rescheduled_for": until.isoformat()}
        self.happened(settings, "sync_end", data)

    def ended(self, settings: ConnectionSettings, running: RunningSync, outcome: SyncOutcome) -> None:
        """Say how a sync ended, after what was odd about it."""
        for finding in outcome.warnings:
            message = {"message": str(finding)}
            self.happened(settings, "warning", message, level=Level.WARNING, sync_id=running.sync_id)
        data: dict[str, object] = {
            "status": _STATUS.get(outcome.status, "FAILURE"),
            "calls": outcome.calls or running.calls,
            "rows": outcome.rows_received or running.rows_received,
            "seconds": round(outcome.seconds, 3),
        }
        if outcome.reason:
            data["reason"] = outcome.reason
        if outcome.settings_refused:
            data |= {"status": "FAILURE_WITH_TASK", "taskType": RECONNECT}
        failed = outcome.status is SyncStatus.FAILED
        level = Level.SEVERE if failed else Level.INFO
        self.happened(settings, "sync_end", data, level=level, sync_id=running.sync_id)

    def _event(
        self,
        settings: ConnectionSettings,
        event: str,
        data: Mapping[str, object],
        level: Level,
        sync_id: str | None,
    ) -> LogEvent:
        return LogEvent(
            event=event,
            created=self._clock.now(),
            connector_type=settings.service,
            connector_id=settings.id,
            connector_name=settings.schema,
            destination_group_id=settings.group_id,
            sync_id=sync_id,
            level=level,
            data=data,
        )

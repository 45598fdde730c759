"""The syncs of an account: started when asked for or due, one at a time for each connection, followed to their end."""

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import (
    Alert,
    ConnectionSettings,
    ScheduleType,
    SetupState,
    Wanted,
)
from fivetran_local.clock import Clock
from fivetran_local.engine import SyncOutcome
from fivetran_local.errors import LocalFivetranError
from fivetran_local.events import EventLog
from fivetran_local.functions import Functions
from fivetran_local.records import ConnectionRecord, LastSeen, SyncStatus
from fivetran_local.schema_edits import after_success
from fivetran_local.sync import SyncRules
from fivetran_local.syncing.job import CallSeen
from fivetran_local.syncing.one_sync import Surroundings, Sync
from fivetran_local.syncing.telling import RECONNECT, Telling
from fivetran_local.syncing.view import ConnectionView, Outcomes, RunningSync, outcomes_in
from fivetran_local.warehouse import Warehouse

if TYPE_CHECKING:
    from collections import deque

MOST_AT_ONCE: Final = 32
"""Syncs that run beside each other; more wait for one of them to end."""

_TICK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 15.0
_AFTER_TROUBLE_SECONDS: Final = 5.0
SYNC_FAILED: Final = "sync_failed"


@dataclass(slots=True)
class _Live:
    """What is known of a connection beyond its settings."""

    outcomes: Outcomes = field(default_factory=Outcomes)
    running: RunningSync | None = None
    sync: Sync | None = None
    """What runs it."""
    next: Wanted | None = None
    """What is to run as soon as the running sync has ended."""
    last_calls: tuple[CallSeen, ...] = ()
    thread: threading.Thread | None = None
    not_before: datetime | None = None


class Syncs:
    """Starts syncs and follows them.

    Args:
        store: the account.
        warehouse_of: gives the warehouse file of a group.
        functions: starts the functions of this machine.
        events: told what happens.
        clock: the time.
        rules: limits and guards of every sync.
    """

    def __init__(
        self,
        store: AccountStore,
        *,
        warehouse_of: Callable[[str], Warehouse],
        functions: Functions,
        events: EventLog,
        clock: Clock,
        rules: SyncRules,
    ) -> None:
        self._store = store
        self._warehouse_of = warehouse_of
        self._telling = Telling(events, clock)
        self._clock = clock
        self._surroundings = Surroundings(store, warehouse_of, functions, self._telling, clock, rules)
        self._lock = threading.RLock()
        self._live: dict[str, _Live] = {}
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._stopping = threading.Event()
        self._scheduler = threading.Thread(target=self._schedule, name="schedule", daemon=True)
        self.reschedules: dict[str, deque[float]] = {}
        """By connection, a knob: for each of its next syncs, after how many seconds it is to be tried instead."""

    def start(self) -> None:
        """Read what the warehouses say, and begin to keep the schedule; what was running goes on.

        Raises:
            WarehouseError: a warehouse cannot be read. Without it, connections would seem never to have synced.
        """
        known: dict[str, Mapping[str, LastSeen]] = {}
        for settings in self._store.account.connections.values():
            if settings.group_id not in known:
                known[settings.group_id] = self._warehouse_of(settings.group_id).last_seen()
            if seen := known[settings.group_id].get(settings.schema):
                self._live_of(settings.id).outcomes = outcomes_in(seen.record, seen.last_started_at)
        self._scheduler.start()

    def stop(self) -> None:
        """End all syncs: what they have read is landed, and they go on when this starts again."""
        self._stopping.set()
        if self._scheduler.is_alive():
            self._scheduler.join()
        with self._lock:
            lives = list(self._live.values())
            for live in lives:
                self._cancel(live)
        for live in lives:
            if live.thread:
                live.thread.join(_PATIENCE_SECONDS)
                if live.thread.is_alive() and live.sync:
                    live.sync.kill()
                    live.thread.join()

    def view(self, settings: ConnectionSettings) -> ConnectionView:
        """Return a connection as it is now; nothing is waited for."""
        live = self._live_of(settings.id)
        running = live.running
        calls = tuple(running.last_calls.copy()) if running else live.last_calls
        return ConnectionView(settings, live.outcomes, running, self._clock.now(), calls)

    def is_running(self, connection_id: str) -> bool:
        """Whether a sync of the connection is under way."""
        return self._live_of(connection_id).running is not None

    def request(self, settings: ConnectionSettings, wanted: Wanted, *, restart: bool) -> None:
        """Start a sync, at once or when the connection is no longer paused.

        Args:
            settings: the connection's.
            wanted: what kind.
            restart: whether a sync that is running is ended for it; otherwise nothing happens then.
        """
        with self._lock:
            live = self._live_of(settings.id)
            if live.running:
                if restart:
                    live.next = wanted
                    self._change(settings.id, wanted=wanted)
                    self._cancel(live)
            elif settings.paused:
                self._change(settings.id, wanted=Wanted.RESYNC if settings.wanted is Wanted.RESYNC else wanted)
            else:
                self._begin(settings, live, wanted)

    def end(self, connection_id: str) -> bool:
        """End a running sync and wait for it; return whether none is running any more."""
        live = self._live_of(connection_id)
        with self._lock:
            self._cancel(live)
        thread = live.thread
        if thread:
            thread.join(_PATIENCE_SECONDS)
        return live.running is None

    def forget(self, connection_id: str) -> None:
        """Forget a connection that was deleted."""
        with self._lock:
            self._live.pop(connection_id, None)
            self.reschedules.pop(connection_id, None)

    def _live_of(self, connection_id: str) -> _Live:
        return self._live.setdefault(connection_id, _Live())

    def _schedule(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            for settings in self._store.account.connections.values():
                live, view = self._live_of(settings.id), self.view(settings)
                if live.running or (live.not_before and view.now < live.not_before):
                    continue
                if view.next_sync_at and view.next_sync_at <= view.now:
                    self._begin_due(settings.id, live, view.now)

    def _begin_due(self, connection_id: str, live: _Live, now: datetime) -> None:
        with self._lock:
            settings = self._store.account.connections.get(connection_id)
            if settings is None or live.running or settings.paused:
                return
            try:
                self._begin(settings, live, settings.wanted or Wanted.SYNC)
            except LocalFivetranError:  # such as a full disk
                live.not_before = now + timedelta(seconds=_AFTER_TROUBLE_SECONDS)

    def _begin(self, settings: ConnectionSettings, live: _Live, wanted: Wanted) -> None:
        """Start a sync of a connection that has none. The lock is held."""
        if self._stopping.is_set():
            return
        if self._reschedule(settings, wanted):
            return
        if settings.wanted is Wanted.RESYNC:
            wanted = Wanted.RESYNC
        settings = self._change(settings.id, wanted=wanted, rescheduled_for=None) or settings
        started_at = self._clock.now()
        live.running = running = RunningSync(str(uuid.uuid4()), started_at, wanted)
        live.sync = Sync(self._surroundings, settings, running)
        live.next = None
        historical = live.outcomes.historical or wanted is Wanted.RESYNC
        live.outcomes = replace(live.outcomes, historical=historical, last_started_at=started_at)
        live.thread = threading.Thread(
            target=self._run, args=(live, live.sync), name=f"sync-{settings.schema}", daemon=True
        )
        live.thread.start()

    def _reschedule(self, settings: ConnectionSettings, wanted: Wanted) -> bool:
        """Put a sync off where the knob says so. Who syncs by hand has to ask again."""
        delays = self.reschedules.get(settings.id)
        if not delays:
            return False
        at = self._clock.now() + timedelta(seconds=delays.popleft())
        by_hand = settings.schedule_type is ScheduleType.MANUAL
        self._change(settings.id, wanted=None if by_hand else wanted, rescheduled_for=at)
        self._telling.rescheduled(settings, at)
        return True

    def _cancel(self, live: _Live) -> None:
        if live.sync:
            live.sync.cancel()

    def _run(self, live: _Live, sync: Sync) -> None:
        while not (has_slot := self._slots.acquire(timeout=_TICK_SECONDS)) and not sync.is_canceled:
            pass
        try:
            outcome, record = sync.run()
        finally:
            if has_slot:
                self._slots.release()
        self._conclude(live, sync, outcome, record)

    def _conclude(self, live: _Live, sync: Sync, outcome: SyncOutcome, record: ConnectionRecord | None) -> None:
        """Make a sync's end known, in an order in which nobody can see it ended before all of it is kept."""
        settings, running = sync.settings, sync.running
        outcomes = outcomes_in(record, running.started_at) if record else live.outcomes
        if outcome.status is SyncStatus.FAILED and record is None:
            # The warehouse could not even be told that it failed: whoever waits for the end is.
            outcomes = replace(outcomes, failed_at=self._clock.now())
        with self._lock:
            with suppress(LocalFivetranError):  # a full disk: the sync's own end is in the warehouse
                self._change(settings.id, **_after(outcome))
                if outcomes.succeeded_at:
                    self._store.change_schemas(
                        settings.id, lambda old: after_success(old, historical=outcomes.historical)
                    )
            live.outcomes, live.last_calls = outcomes, tuple(running.last_calls)
            self._telling.ended(settings, running, outcome)
            live.running = live.sync = None
            wanted, live.next = live.next, None
            current = self._store.account.connections.get(settings.id)
            if current and wanted and not current.paused:
                with suppress(LocalFivetranError):
                    self._begin(current, live, wanted)

    def _change(self, connection_id: str, **fields: Any) -> ConnectionSettings | None:  # noqa: ANN401  # of the settings
        return self._store.change_connection(connection_id, **fields)


def _after(outcome: SyncOutcome) -> dict[str, Any]:
    """Return what a sync's end changes in the settings of its connection."""
    if outcome.status is SyncStatus.CANCELED:
        return {}  # it is still wanted: whoever canceled it says what comes instead
    changes: dict[str, Any] = {"wanted": None}
    if outcome.status is SyncStatus.FAILED:
        code = RECONNECT if outcome.settings_refused else SYNC_FAILED
        changes["tasks"] = (Alert(code, "The last sync failed", outcome.reason or ""),)
        if outcome.settings_refused:
            changes["setup_state"] = SetupState.BROKEN
    else:
        changes["tasks"] = ()
        changes["warnings"] = tuple(Alert(finding.rule, str(finding)) for finding in outcome.warnings)
        changes["setup_state"] = SetupState.CONNECTED
    return changes

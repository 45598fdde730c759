"""The syncs of an account: started when asked for or due, one at a time for each connection, followed to their end."""

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from fivetran_local.account.settings import (
    ConnectionSettings,
    ScheduleType,
    Wanted,
)
from fivetran_local.engine import SyncOutcome
from fivetran_local.errors import ConflictError, LocalFivetranError, NotFoundError
from fivetran_local.events import Level
from fivetran_local.records import ConnectionRecord, LastSeen, SyncStatus
from fivetran_local.syncing.conclusion import after, changed
from fivetran_local.syncing.job import CallSeen
from fivetran_local.syncing.one_sync import Surroundings, Sync
from fivetran_local.syncing.view import ConnectionView, Outcomes, RunningSync, outcomes_in

if TYPE_CHECKING:
    from collections import deque

MOST_AT_ONCE: Final = 32
"""Syncs that run beside each other; more wait for one of them to end."""

_TICK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 15.0
_AFTER_TROUBLE_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Live:
    """What is known of a connection beyond its settings."""

    outcomes: Outcomes = field(default_factory=Outcomes)
    running: RunningSync | None = None
    sync: Sync | None = None
    """What runs it."""
    again: Wanted | None = None
    """What was asked for instead of the running sync; it begins when that has ended."""
    last_calls: tuple[CallSeen, ...] = ()
    thread: threading.Thread | None = None
    not_before: datetime | None = None
    """After trouble, when it is tried again."""
    unkept: Mapping[str, Any] = field(default_factory=dict)
    """Changes of its settings that could not be written: nothing begins before they are."""
    is_leaving: bool = False
    """Whether it is being deleted."""


class Syncs:
    """Starts syncs and follows them."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._store, self._clock, self._telling = around.store, around.clock, around.telling
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
                known[settings.group_id] = self._around.warehouse_of(settings.group_id).last_seen()
            if seen := known[settings.group_id].get(settings.schema):
                self._live_of(settings.id).outcomes = outcomes_in(seen.record, seen.last_started_at)
        self._scheduler.start()

    def stop(self) -> None:
        """End all syncs: what they have read is landed, and they go on when this starts again."""
        self._stopping.set()
        if self._scheduler.is_alive():
            self._scheduler.join()
        with self._lock:
            lives = [live for live in self._live.values() if live.thread]
        for live in lives:
            _cancel(live)
        _join(lives, _PATIENCE_SECONDS)
        for live in lives:
            if live.sync:
                live.sync.kill()
        _join(lives, _PATIENCE_SECONDS)

    def view(self, settings: ConnectionSettings) -> ConnectionView:
        """Return a connection as it is now; nothing is waited for."""
        live = self._live.get(settings.id) or _Live()
        running = live.running
        calls = tuple(running.last_calls.copy()) if running else live.last_calls
        if live.unkept:
            settings = replace(settings, **live.unkept)
        return ConnectionView(settings, live.outcomes, running, self._clock.now(), calls)

    def is_running(self, connection_id: str) -> bool:
        """Whether a sync of the connection is under way."""
        live = self._live.get(connection_id)
        return live is not None and live.running is not None

    def request(self, connection_id: str, wanted: Wanted, *, restart: bool) -> None:
        """Start a sync, at once or when the connection is no longer paused. It is written down before it is accepted.

        Args:
            connection_id: whose.
            wanted: what kind; a re-sync that was asked for before stays one.
            restart: whether a sync that is running is ended for it; otherwise nothing happens then.

        Raises:
            NotFoundError: there is no such connection.
        """
        with self._lock:
            live = self._live_of(connection_id)
            if live.running and not restart:
                return
            settings = self._store.revise(connection_id, lambda old: replace(old, wanted=_stronger(old.wanted, wanted)))
            if settings is None:
                self._live.pop(connection_id, None)
                raise NotFoundError("Connection", connection_id)
            if live.running:
                live.again = settings.wanted
            elif not settings.paused:
                self._begin(settings, live)
        if live.again:
            _cancel(live)

    def end(self, connection_id: str) -> None:
        """End a running sync and begin no other.

        One that does not end by itself is killed: what it has landed stays.

        Raises:
            ConflictError: not even that ends it.
        """
        with self._lock:
            live = self._live_of(connection_id)
            live.is_leaving = True
        _cancel(live)
        _join([live], _PATIENCE_SECONDS)
        if sync := live.sync:
            sync.kill()
            _join([live], _PATIENCE_SECONDS)
        if live.running:
            raise ConflictError("the running sync does not end: try again")

    def stay(self, connection_id: str) -> None:
        """Let syncs begin again of a connection that was not deleted after all."""
        self._live_of(connection_id).is_leaving = False

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
                live, now = self._live_of(settings.id), self._clock.now()
                if live.running or (live.not_before and now < live.not_before):
                    continue
                try:
                    self._begin_if_due(settings.id, live)
                except Exception as error:  # noqa: BLE001  # one connection's trouble is not the others'
                    live.not_before = now + timedelta(seconds=_AFTER_TROUBLE_SECONDS)
                    reason = str(error) if isinstance(error, LocalFivetranError) else f"{type(error).__name__}: {error}"
                    self._telling.happened(settings, "severe", {"reason": reason}, level=Level.SEVERE)

    def _begin_if_due(self, connection_id: str, live: _Live) -> None:
        with self._lock:
            if live.unkept:
                self._store.change_connection(connection_id, **live.unkept)
                live.unkept = {}
            settings = self._store.account.connections.get(connection_id)
            if settings is None or live.running:
                return
            view = self.view(settings)
            if view.next_sync_at and view.next_sync_at <= view.now:
                self._begin(settings, live)

    def _begin(self, settings: ConnectionSettings, live: _Live) -> None:
        """Start the sync that is wanted, or due, of a connection that has none. The lock is held."""
        if self._stopping.is_set() or live.is_leaving or self._reschedule(settings, live):
            return
        wanted = settings.wanted or Wanted.SYNC
        kept = self._store.change_connection(settings.id, wanted=wanted, rescheduled_for=None)
        if kept is None:
            return
        started_at = self._clock.now()
        running = RunningSync(str(uuid.uuid4()), started_at, wanted)
        sync = Sync(self._around, kept, running, lambda: self._started_over(kept.id, live))
        thread = threading.Thread(target=self._run, args=(live, sync), name=f"sync-{kept.schema}", daemon=True)
        live.running, live.sync, live.thread, live.again = running, sync, thread, None
        historical = live.outcomes.historical or wanted is Wanted.RESYNC
        live.outcomes = replace(live.outcomes, historical=historical, last_started_at=started_at)
        try:
            thread.start()
        except RuntimeError as error:
            live.running = live.sync = live.thread = None
            raise LocalFivetranError(f"a thread for the sync cannot be started: {error}") from error

    def _reschedule(self, settings: ConnectionSettings, live: _Live) -> bool:
        """Put a sync off where the knob says so. Who syncs by hand has to ask again."""
        delays = self.reschedules.get(settings.id)
        if not delays:
            return False
        at = self._clock.now() + timedelta(seconds=delays.popleft())
        by_hand = settings.schedule_type is ScheduleType.MANUAL
        wanted = None if by_hand else settings.wanted or Wanted.SYNC
        self._store.change_connection(settings.id, wanted=wanted, rescheduled_for=at)
        live.not_before = None
        self._telling.rescheduled(settings, at)
        return True

    def _started_over(self, connection_id: str, live: _Live) -> None:
        """From here on a re-sync is a sync like any other: after a crash it goes on, and does not start over again."""
        with self._lock, suppress(LocalFivetranError):  # a full disk: after a crash it would start over once more
            if live.again is None:
                self._store.change_connection(connection_id, wanted=Wanted.SYNC)

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
        if record is None:
            outcomes = _as_told(outcomes, outcome, self._clock.now())
        with self._lock:
            changes = after(outcome, live.again)
            try:
                self._store.revise(settings.id, lambda old: changed(old, changes, sync, outcomes))
            except LocalFivetranError:  # a full disk: the sync's own end is in the warehouse
                live.unkept = changes
                live.not_before = self._clock.now() + timedelta(seconds=_AFTER_TROUBLE_SECONDS)
            live.outcomes, live.last_calls = outcomes, tuple(running.last_calls)
            self._telling.ended(settings, running, outcome)
            live.running = live.sync = None
            again, live.again = live.again, None
            current = self._store.account.connections.get(settings.id)
            if current and again and not current.paused and not live.unkept:
                with suppress(LocalFivetranError):  # the schedule tries it again
                    self._begin(current, live)


def _cancel(live: _Live) -> None:
    if sync := live.sync:
        sync.cancel()


def _join(lives: Iterable[_Live], seconds: float) -> None:
    """Wait for the threads of syncs, for all of them together."""
    deadline = time.monotonic() + seconds
    for live in lives:
        if live.thread:
            live.thread.join(max(0.0, deadline - time.monotonic()))


def _as_told(outcomes: Outcomes, outcome: SyncOutcome, now: datetime) -> Outcomes:
    """Return the outcomes after a sync of which the warehouse cannot be asked: whoever waits for its end has one."""
    match outcome.status:
        case SyncStatus.FAILED:
            return replace(outcomes, failed_at=now)
        case SyncStatus.SUCCEEDED:
            return replace(outcomes, succeeded_at=now, historical=outcomes.historical and outcome.has_more)
    return outcomes


def _stronger(one: Wanted | None, other: Wanted) -> Wanted:
    return Wanted.RESYNC if Wanted.RESYNC in (one, other) else other

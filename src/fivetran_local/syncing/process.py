"""The process of one sync: it calls, lands and reports, and ends at once when nobody is there any more to report to."""

import os
import signal
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fivetran_local.blocking import LeftOut, Selection
from fivetran_local.engine import SyncOutcome, run_sync
from fivetran_local.errors import FunctionStartError, LocalFivetranError, WarehouseError
from fivetran_local.function import Answer, FunctionClient
from fivetran_local.function_config import hidden_texts
from fivetran_local.records import ConnectionRecord, Counts, SyncStatus
from fivetran_local.syncing.job import CANCEL, CallSeen, Ended, Message, Progress, StartedOver, SyncJob
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionRequest

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS_PER_MESSAGE: Final = 0.2
_LOCK_WAIT_SECONDS: Final = 120.0
"""Many syncs share one warehouse, and take turns."""
_PREDECESSOR_SECONDS: Final = 3.0
_ORPHAN_SECONDS: Final = 0.25
_CANCELED: Final = signal.SIGUSR1


def run(job: SyncJob, parent: Connection) -> None:
    """Run a sync, and report to the process at the other end of `parent`, which says when to cancel it.

    However it ends, the last report is an `Ended`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is not for this; what it means is not ours
    reports = _Reports(parent)
    ended = Ended(SyncOutcome(SyncStatus.CANCELED, has_more=True, reason="canceled"), None)
    with suppress(KeyboardInterrupt):
        signal.signal(_CANCELED, _cancel)
        ended = _ended(job, parent, reports)
        signal.signal(_CANCELED, signal.SIG_IGN)  # whoever cancels it now comes too late
    reports.send(ended)


def _cancel(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt


def _ended(job: SyncJob, parent: Connection, reports: "_Reports") -> Ended:
    warehouse = Warehouse(job.warehouse, lock_wait_seconds=_LOCK_WAIT_SECONDS)
    try:
        outcome = _synced(job, parent, reports, warehouse)
    except LocalFivetranError as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001  # a sync has an end, whatever it is
        return _failed(f"{_told(error)}; what has landed stays, and the next sync goes on from there")
    return Ended(outcome, _record(warehouse, job.connection))


def _synced(job: SyncJob, parent: Connection, reports: "_Reports", warehouse: Warehouse) -> SyncOutcome:
    orphaned = threading.Event()
    threading.Thread(target=_obey, args=(parent, orphaned), daemon=True).start()  # it may be canceled from here on
    reports.start()
    _wait_for_predecessor(warehouse, job.connection)
    selection = Selection(job.schemas, lambda: warehouse.tables(job.connection), job.salt)
    reports.left_out = selection.left_out
    if job.start_over:
        warehouse.start_over(job.connection)
        reports.send(StartedOver())
    with closing(_Called(job, orphaned)) as function:
        outcome = run_sync(
            function,
            warehouse,
            job.connection,
            secrets=job.secrets,
            custom_payload=job.custom_payload,
            rules=job.rules,
            watch=lambda so_far: reports.note(so_far, function.last),
            select=selection.apply,
            untouched=selection.untouched,
            hidden=hidden_texts({}, job.url),
            external_id=job.external_id,
            sync_id=job.sync_id,
            now=lambda: datetime.now(UTC) + job.clock_offset,
        )
    signal.signal(_CANCELED, signal.SIG_IGN)  # it has ended
    reports.finish(outcome)
    return outcome


def _failed(reason: str) -> Ended:
    return Ended(SyncOutcome(SyncStatus.FAILED, has_more=True, reason=reason), None)


def _told(error: Exception) -> str:
    """Return what broke and where, without the error's own words, which may quote a row."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f" in {Path(at.tb_frame.f_code.co_filename).name}, line {at.tb_lineno}" if at else ""
    return f"the sync broke off with {type(error).__name__}{place}"


def _record(warehouse: Warehouse, connection: str) -> ConnectionRecord | None:
    try:
        return warehouse.record(connection)
    except LocalFivetranError:  # how the sync ended is known all the same
        return None


def _wait_for_predecessor(warehouse: Warehouse, connection: str) -> None:
    """Let the process of an earlier sync end, whose local Fivetran died a moment ago; any other is an error later."""
    deadline = time.monotonic() + _PREDECESSOR_SECONDS
    while time.monotonic() < deadline:
        with suppress(WarehouseError), warehouse.sync_lock(connection):
            return
        time.sleep(0.02)


def _obey(parent: Connection, orphaned: threading.Event) -> None:
    main = threading.main_thread().ident
    try:
        while parent.recv() == CANCEL:
            if main is not None:
                signal.pthread_kill(main, _CANCELED)
    except (EOFError, OSError):
        orphaned.set()
        # As if killed: what has landed stays, and the rest is read again by the next sync.
        os._exit(1)


class _Called:
    """The function, or the reason why it cannot be called."""

    def __init__(self, job: SyncJob, orphaned: threading.Event) -> None:
        self._problem = job.problem
        self._orphaned = orphaned
        self._client = None if job.problem else _client(job)
        self.last = Answer(None, 0, 0.0)

    def call(self, request: FunctionRequest) -> Answer:
        if self._client is None:
            raise FunctionStartError(self._problem)
        try:
            self.last = self._client.call(request)
        except LocalFivetranError:
            # A function of this machine dies with the local Fivetran: that is no failure of the sync.
            self._orphaned.wait(_ORPHAN_SECONDS)
            raise
        return self.last

    def close(self) -> None:
        if self._client:
            self._client.close()


def _client(job: SyncJob) -> FunctionClient:
    limits = job.rules.limits
    return FunctionClient(
        job.url, timeout_seconds=limits.call_timeout_seconds, max_response_bytes=limits.max_response_bytes
    )


class _Reports:
    """Gathers what is to be said, a few times a second; what a slow call follows is said while it is waited for."""

    def __init__(self, parent: Connection) -> None:
        self._parent = parent
        self._calls: list[CallSeen] = []
        self._counts = Counts()
        self._rows = 0
        self._saying = threading.Lock()
        self._due = threading.Event()
        self._told_at = 0.0
        self.left_out: Callable[[], LeftOut | None] = lambda: None
        """Gives what was new and not let in."""

    def start(self) -> None:
        threading.Thread(target=self._keep_saying, name="reports", daemon=True).start()

    def note(self, outcome: SyncOutcome, answer: Answer) -> None:
        rows = outcome.rows_received - self._rows
        document = answer.document
        has_more = bool(document.get("hasMore")) if isinstance(document, dict) else False
        with self._saying:
            self._rows, self._counts = outcome.rows_received, outcome.counts
            self._calls.append(CallSeen(outcome.calls, answer.seconds, answer.size_bytes, rows, has_more))
        self._due.set()
        if time.monotonic() - self._told_at >= _SECONDS_PER_MESSAGE:
            self._tell_left_out()

    def finish(self, outcome: SyncOutcome) -> None:
        with self._saying:
            self._rows, self._counts = outcome.rows_received, outcome.counts
        self._say()
        self._tell_left_out()

    def send(self, message: Message) -> None:
        with self._saying:
            self._send(message)

    def _keep_saying(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            self._say()
            time.sleep(_SECONDS_PER_MESSAGE)

    def _say(self) -> None:
        with self._saying:
            calls, self._calls = tuple(self._calls), []
            self._send(Progress(calls, self._rows, self._counts))

    def _tell_left_out(self) -> None:
        self._told_at = time.monotonic()
        if left_out := self.left_out():
            self.send(left_out)

    def _send(self, message: Message) -> None:
        try:
            self._parent.send(message)
        except OSError:
            os._exit(1)

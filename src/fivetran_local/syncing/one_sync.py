"""One sync, from the start of its function to what the warehouse says after its end."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import ConnectionSettings, Wanted
from fivetran_local.blocking import LeftOut
from fivetran_local.clock import Clock
from fivetran_local.engine import SyncOutcome
from fivetran_local.errors import LocalFivetranError
from fivetran_local.function_config import custom_payload_of, redactor_of, secrets_of, trigger_of
from fivetran_local.functions import Functions
from fivetran_local.records import ConnectionRecord, Ending, SyncStatus
from fivetran_local.schema_edits import with_left_out
from fivetran_local.sync import SyncRules
from fivetran_local.syncing.job import Ended, Message, Progress, StartedOver, SyncJob
from fivetran_local.syncing.runner import SyncProcess
from fivetran_local.syncing.telling import Telling
from fivetran_local.syncing.view import RunningSync
from fivetran_local.warehouse import Warehouse

_DIED = "the sync's process died: was it killed, or the memory full?"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every sync of an account shares."""

    store: AccountStore
    warehouse_of: Callable[[str], Warehouse]
    functions: Functions
    telling: Telling
    clock: Clock
    rules: SyncRules


class Sync:
    """Runs one sync in a process of its own, and hears what it says."""

    def __init__(
        self,
        around: Surroundings,
        settings: ConnectionSettings,
        running: RunningSync,
        started_over: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.running = running
        self._around = around
        self._started_over = started_over
        self.is_canceled = False
        """Whether somebody asked it to end."""
        self._process: SyncProcess | None = None
        self._starting = threading.Lock()
        self._end: Ended | None = None

    def run(self) -> tuple[SyncOutcome, ConnectionRecord | None]:
        """Run it to its end.

        Returns:
            how it ended, and what the warehouse then says; None where nothing changed there, or it cannot be asked.
        """
        if self.is_canceled:
            return SyncOutcome(SyncStatus.CANCELED), None
        try:
            self._around.telling.started(self.settings, self.running)
            outcome, record = self._follow()
        except Exception as error:  # noqa: BLE001  # whatever it is, clients wait for an end
            reason = str(error) if isinstance(error, LocalFivetranError) else f"{type(error).__name__}: {error}"
            outcome, record = SyncOutcome(SyncStatus.FAILED, reason=reason), None
        if record is None:
            with suppress(Exception):  # a full disk: the caller says how it ended, and the warehouse does not
                return self._recorded(outcome)
        return outcome, record

    def cancel(self) -> None:
        """End it soon: what it has read it lands, and the next sync goes on from there."""
        with self._starting:
            self.is_canceled = True
            if self._process:
                self._process.cancel()

    def kill(self) -> None:
        """End it at once, wherever it is."""
        with self._starting:
            self.is_canceled = True
            if self._process:
                self._process.kill()

    def _follow(self) -> tuple[SyncOutcome, ConnectionRecord | None]:
        job = self._job()
        with self._starting:
            if self.is_canceled:
                return SyncOutcome(SyncStatus.CANCELED), None
            self._process = SyncProcess(job, self._hear)
        self._process.listen()
        with self._starting:
            self._process = None
        return self._ended()

    def _ended(self) -> tuple[SyncOutcome, ConnectionRecord | None]:
        if self._end:
            return self._end.outcome, self._end.record
        if self.is_canceled:
            return SyncOutcome(SyncStatus.CANCELED), None
        return SyncOutcome(SyncStatus.FAILED, reason=_DIED), None

    def _hear(self, message: Message) -> None:
        match message:
            case StartedOver():
                self._started_over()
            case Progress():
                self.running.note(message)
                self._around.telling.called(self.settings, self.running, message)
            case LeftOut():
                self._leave_out(message)
            case Ended():
                self._end = message

    def _leave_out(self, found: LeftOut) -> None:
        at = self.running.started_at
        with suppress(LocalFivetranError):  # a full disk: the next sync that sees it says so again
            self._around.store.change_schemas(self.settings.id, lambda old: with_left_out(old, found, at))
        data = {"tables": sorted(found.tables), "columns": {name: sorted(new) for name, new in found.columns.items()}}
        self._around.telling.happened(
            self.settings, "change_schema_config_via_sync", data, sync_id=self.running.sync_id
        )

    def _job(self) -> SyncJob:
        settings, around = self.settings, self._around
        url, problem = trigger_of(settings.config), ""
        try:
            around.functions.ready(url)
        except LocalFivetranError as error:
            problem = redactor_of(settings.config)(str(error))
        if not url:
            problem = "the connection has no trigger URL: set config.function_trigger"
        return SyncJob(
            connection=settings.schema,
            sync_id=self.running.sync_id,
            warehouse=around.warehouse_of(settings.group_id).path,
            url=url,
            problem=problem,
            secrets=secrets_of(settings.config),
            custom_payload=custom_payload_of(settings.config),
            external_id=settings.id,
            rules=around.rules,
            start_over=self.running.wanted is Wanted.RESYNC,
            schemas=settings.schemas,
            salt=around.store.hash_salt(settings.group_id),
            clock_offset=around.clock.offset,
        )

    def _recorded(self, told: SyncOutcome) -> tuple[SyncOutcome, ConnectionRecord | None]:
        """Return what the warehouse says of a sync that could not say all of its end; write that it failed if nothing.

        Its process may have died, or been canceled, between its last commit and its last word.
        """
        name, running = self.settings.schema, self.running
        warehouse = self._around.warehouse_of(self.settings.group_id)
        with warehouse.sync_lock(name):
            last = warehouse.last_sync(name)
            if last and last.sync_id == running.sync_id and last.ended_at:
                ended = SyncOutcome(last.status, last.calls, last.counts, has_more=last.has_more, reason=last.error)
                return ended, warehouse.record(name)
            if told.status is not SyncStatus.FAILED:
                return told, None
            opened = warehouse.begin(name, running.sync_id, running.started_at)
            ending = Ending(SyncStatus.FAILED, self._around.clock.now(), has_more=True, error=told.reason)
            warehouse.land(opened, [], calls=running.calls, ending=ending)
            return told, warehouse.record(name)

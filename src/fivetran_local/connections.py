"""The connections of an account: set up, tested, synced, re-synced, paused, rewound and deleted.

What a connection is set up with is in the account's file; its rows, state and outcomes are in the warehouse.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.identifiers import two_words
from fivetran_local.account.settings import (
    ConnectionSettings,
    SetupState,
    SetupTest,
    Wanted,
)
from fivetran_local.clock import Clock
from fivetran_local.errors import ConflictError, IllegalStateError, InvalidInputError, NotFoundError
from fivetran_local.events import EventLog
from fivetran_local.function_config import (
    RUNS_HERE,
    SERVICES,
    WHY_NOT,
    checked_config,
)
from fivetran_local.functions import Functions, NoFunctions
from fivetran_local.records import SyncRecord
from fivetran_local.save_and_test import SaveAndTest
from fivetran_local.sync import SyncRules
from fivetran_local.syncing.one_sync import Surroundings
from fivetran_local.syncing.syncs import Syncs
from fivetran_local.syncing.telling import Telling
from fivetran_local.syncing.view import ConnectionView
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import State


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """What a connection is made of; `settings` holds further fields of `ConnectionSettings`, already checked."""

    group_id: str
    service: str
    config: Mapping[str, Any]
    settings: Mapping[str, Any]
    run_setup_tests: bool = True


class Connections(AbstractContextManager["Connections"]):
    """All connections. Reading never waits; what changes something raises an `AccountError` where it cannot be.

    Args:
        store: the account, open.
        warehouse_of: gives the warehouse file of a group.
        events: told what happens.
        functions: starts the functions of this machine.
        clock: the time.
        rules: limits and guards of every sync.
    """

    def __init__(
        self,
        store: AccountStore,
        *,
        warehouse_of: Callable[[str], Warehouse],
        events: EventLog,
        functions: Functions | None = None,
        clock: Clock | None = None,
        rules: SyncRules | None = None,
    ) -> None:
        self.store = store
        self.events = events
        self.clock = clock or Clock()
        self.functions = functions or NoFunctions()
        self._warehouse_of = warehouse_of
        self._busy = threading.Lock()
        self._names_taken: set[tuple[str, str]] = set()
        """Groups and schemas that a connection is just being made on, or deleted from."""
        self._telling = Telling(events, self.clock)
        around = Surroundings(store, warehouse_of, self.functions, self._telling, self.clock, rules or SyncRules())
        self._testing = SaveAndTest(around)
        self.syncs = Syncs(around)

    def __enter__(self) -> Self:
        self.events.keep_only(self.store.account.connections)
        self.syncs.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.syncs.stop()

    def settings(self, connection_id: str) -> ConnectionSettings:
        """Return how a connection is set up.

        Raises:
            NotFoundError: there is none of that id.
        """
        settings = self.store.account.connections.get(connection_id)
        if settings is None:
            raise NotFoundError("Connection", connection_id)
        return settings

    def get(self, connection_id: str) -> ConnectionView:
        """Return a connection as it is now.

        Raises:
            NotFoundError: there is none of that id.
        """
        return self.syncs.view(self.settings(connection_id))

    def all(self, *, group_id: str | None = None, schema: str | None = None) -> list[ConnectionView]:
        """Return connections in the order in which they were made: all, those of a group, those of a name."""
        return [
            self.syncs.view(settings)
            for settings in self.store.account.connections.values()
            if group_id in (None, settings.group_id) and schema in (None, settings.schema)
        ]

    def create(self, new: NewConnection) -> ConnectionView:
        """Make a connection, and run its setup tests where that is wanted. A sync starts by schedule only.

        Raises:
            NotFoundError: there is no such group.
            InvalidInputError: the service is unknown, or a field of the configuration is wrong.
            ConflictError: the group has a connection with this schema.
        """
        if new.group_id not in self.store.account.groups:
            raise NotFoundError("Group", new.group_id)
        if new.service not in SERVICES:
            there_are = ", ".join(SERVICES)
            raise InvalidInputError(f"service: there is no '{new.service}' here, only {there_are}")
        config = checked_config(new.service, new.config)
        schema = config["schema"]
        with self._alone(new.group_id, schema):
            if self.all(group_id=new.group_id, schema=schema):
                raise ConflictError(f"config.schema: the group has a connection '{schema}' already: choose another")
            # What a deleted connection, or a run of `debug`, left under this name is not this connection's.
            self._warehouse_of(new.group_id).forget_progress(schema)
            account = self.store.account
            fields = dict(new.settings)
            if new.service != RUNS_HERE:
                fields["paused"] = True  # it will never sync here, and nobody is to wait for it
            settings = ConnectionSettings(
                id=two_words(account.connections.keys() | account.groups.keys()),
                group_id=new.group_id,
                service=new.service,
                schema=schema,
                created_at=self.clock.now(),
                connected_by=next(iter(account.users), ""),
                config=config,
                **fields,
            )
            self.store.put("connections", settings)
        self._telling.happened(settings, "create_connector")
        if new.run_setup_tests:
            with suppress(ConflictError):  # it stays untested
                self.test(settings.id)
        return self.get(settings.id)

    def update(
        self,
        connection_id: str,
        *,
        config: Mapping[str, Any] | None = None,
        run_setup_tests: bool = False,
        **fields: Any,  # noqa: ANN401  # fields of ConnectionSettings, checked by the caller
    ) -> ConnectionView:
        """Change a connection's settings.

        A connection of a service that cannot run here stays paused.

        Args:
            connection_id: whose.
            config: fields of its configuration; the others stay.
            run_setup_tests: whether to test it then.
            fields: further fields of `ConnectionSettings`, already checked.

        Raises:
            NotFoundError, InvalidInputError: as in `create`.
        """
        old, new = self._updated(connection_id, config, fields)
        if new.paused != old.paused:
            self._telling.happened(new, "pause_connector" if new.paused else "resume_connector")
        if replace(new, paused=old.paused) != old:
            self._telling.happened(new, "edit_connector")
        if run_setup_tests:
            with suppress(ConflictError):  # it stays untested
                self.test(connection_id)
        return self.get(connection_id)

    def delete(self, connection_id: str) -> None:
        """Delete a connection, its running sync included. Its rows stay in the warehouse, its state does not.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: its sync does not end, or it is being deleted already.
            WarehouseError: the warehouse cannot be written.
        """
        settings = self.settings(connection_id)
        with self._alone(settings.group_id, settings.schema):
            settings = self.settings(connection_id)  # somebody else may just have deleted it
            try:
                self.syncs.end(connection_id)
                # Before the name is free: whoever takes it next must not find, nor lose, anything of this one's.
                self._warehouse_of(settings.group_id).forget_progress(settings.schema)
                self.store.remove("connections", connection_id)
            except BaseException:
                self.syncs.stay(connection_id)
                raise
        self._telling.happened(settings, "delete_connector")
        self.syncs.forget(connection_id)
        self.events.forget(connection_id)

    def test(self, connection_id: str) -> tuple[SetupTest, ...]:
        """Run the setup tests: one call of the function. A connection that passes is connected.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: they are running already, or those of many other connections.
        """
        view = self.get(connection_id)
        return self._testing.test(view.settings, has_synced=view.outcomes.succeeded_at is not None)

    def sync(self, connection_id: str, *, force: bool = False) -> None:
        """Start a sync; on a paused connection, when it is no longer paused.

        Args:
            connection_id: whose.
            force: whether a sync that is running is ended and started anew; otherwise it just goes on.

        Raises:
            NotFoundError: there is none of that id.
            IllegalStateError: connections of its service cannot run here.
        """
        settings = self._runnable(connection_id)
        self._telling.happened(settings, "force_update_connector")
        self.syncs.request(connection_id, Wanted.SYNC, restart=force)

    def resync(self, connection_id: str) -> None:
        """Sync once more from an empty state, instead of a sync that is running; what is not sent again goes.

        Raises:
            NotFoundError: there is none of that id.
            IllegalStateError: connections of its service cannot run here.
        """
        settings = self._runnable(connection_id)
        self._telling.happened(settings, "resync_connector")
        self.syncs.request(connection_id, Wanted.RESYNC, restart=True)

    def state(self, connection_id: str) -> State:
        """Return the state that the next sync goes on from; empty before the first.

        Raises:
            NotFoundError: there is none of that id.
            IllegalStateError: connections of its service have no state.
            WarehouseError: the warehouse cannot be read.
        """
        settings = self._runnable(connection_id)
        record = self._warehouse_of(settings.group_id).record(settings.schema)
        return record.state if record else {}

    def set_state(self, connection_id: str, state: State) -> State:
        """Replace that state.

        Raises:
            NotFoundError: there is none of that id.
            IllegalStateError: it has no state yet, or never will.
            ConflictError: a sync is running.
            WarehouseError: the warehouse cannot be written.
        """
        settings = self._runnable(connection_id)
        if self.syncs.is_running(connection_id):
            raise ConflictError(
                "the state cannot be changed while a sync is running: pause the connection, so that no other begins, "
                "and wait for its end"
            )
        if settings.wanted is Wanted.RESYNC:
            raise ConflictError("a re-sync is waiting, and would begin with an empty state: let it run first")
        warehouse = self._warehouse_of(settings.group_id)
        if warehouse.record(settings.schema) is None:
            raise IllegalStateError("the connection has no state yet: it gets one from its first sync")
        warehouse.set_state(settings.schema, state)
        self._telling.happened(settings, "update_state")
        return state

    def recent_syncs(self, connection_id: str, most: int = 50) -> list[SyncRecord]:
        """Return the last syncs of a connection, the latest first; none of one that had its name before it."""
        settings = self.settings(connection_id)
        return self._warehouse_of(settings.group_id).syncs(settings.schema, most, since=settings.created_at)

    def warehouse(self, connection_id: str) -> Warehouse:
        """Return the warehouse that a connection is loaded into; its schema is named after the connection."""
        return self._warehouse_of(self.settings(connection_id).group_id)

    def _runnable(self, connection_id: str) -> ConnectionSettings:
        settings = self.settings(connection_id)
        if settings.service != RUNS_HERE:
            raise IllegalStateError(f"{settings.service} cannot run here: {WHY_NOT[settings.service]}")
        return settings

    @contextmanager
    def _alone(self, group_id: str, schema: str) -> Iterator[None]:
        """Make or delete a connection of a name while nobody else does."""
        name = (group_id, schema)
        with self._busy:
            if name in self._names_taken:
                raise ConflictError(f"config.schema: a connection '{schema}' is just being made or deleted: try again")
            self._names_taken.add(name)
        try:
            yield
        finally:
            self._names_taken.discard(name)

    def _updated(
        self, connection_id: str, config: Mapping[str, Any] | None, fields: Mapping[str, Any]
    ) -> tuple[ConnectionSettings, ConnectionSettings]:
        """Change settings as they are at this moment, so that of two changes at once none is lost; return both."""
        before: list[ConnectionSettings] = []

        def updated(old: ConnectionSettings) -> ConnectionSettings:
            before.append(old)
            new = replace(old, **fields)
            if old.service != RUNS_HERE:
                new = replace(new, paused=True)
            if config is None:
                return new
            merged = checked_config(old.service, config, old.config)
            return new if merged == old.config else replace(new, config=merged, setup_state=SetupState.INCOMPLETE)

        new = self.store.revise(connection_id, updated)
        if new is None:
            raise NotFoundError("Connection", connection_id)
        return before[-1], new

    def _change(self, connection_id: str, **fields: Any) -> ConnectionSettings:  # noqa: ANN401
        settings = self.store.change_connection(connection_id, **fields)
        if settings is None:
            raise NotFoundError("Connection", connection_id)
        return settings

"""The syncs of each connection as the warehouse has them, kept until something happens to the connection."""

import threading
from dataclasses import dataclass
from typing import Final

from fivetran_local.connections import Connections
from fivetran_local.errors import WarehouseError
from fivetran_local.events import LogEvent
from fivetran_local.records import SyncRecord
from fivetran_local.warehouse import Warehouse

MOST_SYNCS: Final = 50
PATIENCE_SECONDS: Final = 0.3
"""How long a page waits for a warehouse that a sync is landing in; then it says so in place of the numbers."""

_ENDS_NOTHING: Final = frozenset({"api_call"})


@dataclass(frozen=True, slots=True)
class History:
    """The last syncs of a connection, the latest first; not known where the warehouse was busy."""

    syncs: tuple[SyncRecord, ...] = ()
    busy: bool = False

    @property
    def ended(self) -> tuple[SyncRecord, ...]:
        """Those that are over."""
        return tuple(sync for sync in self.syncs if sync.ended_at)


class Histories:
    """Reads histories, each once until something happens to its connection."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: dict[str, tuple[int, History]] = {}
        self._happened: dict[str, int] = {}
        self._lock = threading.Lock()
        connections.events.listen(self._hear)

    def of(self, connection_id: str) -> History:
        """Return a connection's history. It may wait for the warehouse, for `PATIENCE_SECONDS` at most.

        Raises:
            NotFoundError: there is no such connection.
        """
        settings = self._connections.settings(connection_id)
        running = self._connections.syncs.is_running(connection_id)
        with self._lock:
            happened = self._happened.get(connection_id, 0)
            at, known = self._known.get(connection_id, (-1, History()))
        if at == happened or (running and at >= 0):  # what ended before a sync that runs does not change
            return known
        try:
            warehouse = patient(self._connections.warehouse(connection_id))
            syncs = warehouse.syncs(settings.schema, MOST_SYNCS, since=settings.created_at)
        except WarehouseError:
            return History(known.syncs, busy=True)
        history = History(tuple(syncs))
        with self._lock:
            self._known[connection_id] = (happened, history)
        return history

    def _hear(self, event: LogEvent) -> None:
        if event.event in _ENDS_NOTHING:
            return
        with self._lock:
            self._happened[event.connector_id] = self._happened.get(event.connector_id, 0) + 1
            if event.event == "delete_connector":
                self._known.pop(event.connector_id, None)


def patient(warehouse: Warehouse) -> Warehouse:
    """Return a warehouse as a page reads it: it does not wait long."""
    return Warehouse(warehouse.path, lock_wait_seconds=PATIENCE_SECONDS)

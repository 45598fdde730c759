# ruff: noqa: S608  # every name in the SQL is quoted, every value is a parameter
"""The warehouse: a DuckDB file, opened for one landing and closed, that holds rows, states and sync records.

This is its only writer. What a landing writes, it writes in one transaction.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fivetran_local.batches import gather
from fivetran_local.catalog import Catalog, Connection, KnownTable, connections_known, quoted
from fivetran_local.errors import RefusedError, WarehouseError
from fivetran_local.landing import Landing, Stamp
from fivetran_local.locking import disk_full, exclusive, first_line, is_full_disk, is_missing, open_database
from fivetran_local.naming import connection_name_problem, table_name
from fivetran_local.records import (
    ConnectionRecord,
    Counts,
    Dropped,
    Ending,
    LastSeen,
    OpenSync,
    SyncRecord,
    SyncStatus,
)
from fivetran_protocol import FunctionResponse, State

if TYPE_CHECKING:
    import duckdb

_SETTINGS: Final[dict[str, str | int]] = {
    "threads": 2,
    "memory_limit": "256MB",
    "preserve_insertion_order": "false",
}
_TICK: Final = timedelta(microseconds=1)
_T = TypeVar("_T")


class Warehouse:
    """A warehouse file.

    Args:
        path: the DuckDB file; the first landing makes it, and the folder it is in.
        lock_wait_seconds: how long to wait for another process that has the file open.
        infer_timestamps: whether ISO 8601 text becomes DATE, TIMESTAMP or TIMESTAMPTZ; otherwise all text stays text.
            Text in primary keys always does, so that equal keys stay equal whatever comes after them.

    Every method raises WarehouseError when the file cannot be used; it is then as it was.
    """

    def __init__(self, path: Path, *, lock_wait_seconds: float = 10.0, infer_timestamps: bool = True) -> None:
        self.path = path
        self._wait = lock_wait_seconds
        self._infer_timestamps = infer_timestamps

    def sync_lock(self, connection: str) -> AbstractContextManager[None]:
        """Keep a second sync of a connection out, on a lock file beside the warehouse.

        Raises:
            WarehouseError: on entering, when one is running; it names the process.
        """
        _check_name(connection)
        return exclusive(self.path.with_name(f"{self.path.name}.{connection}.lock"), f"a sync of '{connection}'")

    def begin(self, connection: str, sync_id: str, now: datetime) -> OpenSync:
        """Read where a sync goes on from; nothing is written. A missing file is an empty warehouse."""

        def read(_: "duckdb.DuckDBPyConnection", catalog: Catalog) -> OpenSync:
            row = catalog.connection() or Connection()
            known = {
                table.source: table.primary_key
                for name, table in catalog.tables().items()
                if not catalog.is_empty(name)
            }
            last = catalog.sync()
            return OpenSync(
                connection,
                sync_id,
                max(now, last.started_at + _TICK) if last else now,
                last.batch + 1 if last else 1,
                json.loads(row.state),
                known,
                row.cycle_started_at,
                row.snapshot_tables,
            )

        return self._read(connection, OpenSync(connection, sync_id, now, 1), read)

    def land(
        self,
        sync: OpenSync,
        responses: Sequence[FunctionResponse],
        *,
        calls: int,
        ending: Ending | None = None,
    ) -> Counts:
        """Write gathered responses, the last one's state and the sync's record, all of it or nothing.

        Args:
            sync: what `begin` gave.
            responses: in the order of their calls; none where only the ending is to be recorded.
            calls: how many calls of the function this sync has made so far, failed ones included.
            ending: how the sync ended, if it has.

        Returns:
            what this landing did; the sync's record holds the sum.

        Raises:
            RefusedError: a key changed, or is missing; nothing of this landing was kept.
        """
        _check_name(sync.connection)
        with self._open(read_only=False) as database:
            catalog = Catalog(database, sync.connection)
            database.execute("BEGIN")
            catalog.create()
            counts = _land(database, catalog, sync, responses, ending, infer_timestamps=self._infer_timestamps)
            _record(catalog, sync, responses, calls=calls, counts=counts, ending=ending)
            database.execute("COMMIT")
            return counts

    def record(self, connection: str) -> ConnectionRecord | None:
        """The connection's state and outcomes; None before its first landing."""
        return self._read(connection, None, lambda _, catalog: catalog.record())

    def set_state(self, connection: str, state: State) -> None:
        """Replace the state that the next sync goes on from; rows and outcomes stay.

        Raises:
            WarehouseError: a sync of the connection is running.
        """
        self._change(connection, lambda row: replace(row, state=_state_text(state)))

    def start_over(self, connection: str) -> None:
        """Let the next sync begin with an empty state; once everything was sent again, what was not sent is gone.

        Raises:
            WarehouseError: a sync of the connection is running.
        """
        self._change(
            connection,
            lambda row: replace(row, state="{}", cycle_started_at=None, snapshot_tables=(), historical=True),
        )

    def forget_progress(self, connection: str) -> None:
        """Forget a connection's state and outcomes, and leave its rows, as when a connection is deleted.

        Raises:
            WarehouseError: a sync of the connection is running.
        """
        with self.sync_lock(connection):
            if self.record(connection) is None:
                return
            with self._open(read_only=False) as database:
                Catalog(database, connection).forget_progress()

    def _change(self, connection: str, make: Callable[[Connection], Connection]) -> None:
        with self.sync_lock(connection), self._open(read_only=False) as database:
            catalog = Catalog(database, connection)
            database.execute("BEGIN")
            catalog.create()
            catalog.write_connection(make(catalog.connection() or Connection()))
            database.execute("COMMIT")

    def syncs(self, connection: str, most: int = 50, *, since: datetime | None = None) -> list[SyncRecord]:
        """The last syncs of the connection that landed anything, the latest first, of those begun since an instant."""
        return self._read(connection, [], lambda _, catalog: catalog.syncs(most, since))

    def tables(self, connection: str) -> dict[str, KnownTable]:
        """What is known of the connection's tables, by their names in the warehouse."""
        return self._read(connection, {}, lambda _, catalog: catalog.tables())

    def last_seen(self) -> dict[str, LastSeen]:
        """Every connection that landed anything and was not forgotten, by name; read in one opening of the file."""
        if is_missing(self.path):
            return {}
        found = {}
        with self._open(read_only=True) as database:
            for name in connections_known(database):
                catalog = Catalog(database, name)
                record, last = catalog.record(), catalog.sync()
                if record:
                    found[name] = LastSeen(record, last.started_at if last else None)
        return found

    def last_sync(self, connection: str) -> SyncRecord | None:
        """The last sync of the connection that landed anything."""
        return self._read(connection, None, lambda _, catalog: catalog.sync())

    def row_counts(self, connection: str) -> dict[str, int]:
        """How many rows each of the connection's tables has, by its name in the warehouse."""
        return self._read(connection, {}, lambda _, catalog: catalog.row_counts())

    def synced_since(self, connection: str, moment: datetime) -> dict[str, int]:
        """How many rows of each table were last synced at an instant or after it, by name in the warehouse."""
        return self._read(connection, {}, lambda _, catalog: catalog.synced_since(moment))

    def drop_columns(self, connection: str, columns: Mapping[str, Iterable[str]]) -> None:
        """Drop columns with their values, all or none.

        Args:
            connection: whose.
            columns: names in the warehouse, by table; none of them in a key. What is not there is passed over.

        Raises:
            WarehouseError: a sync of the connection is running.
        """
        with self.sync_lock(connection):
            known = self.tables(connection)
            with self._open(read_only=False) as database:
                catalog = Catalog(database, connection)
                database.execute("BEGIN")
                for table in columns.keys() & known.keys():
                    for column in columns[table]:
                        catalog.drop_column(table, column)
                database.execute("COMMIT")

    def sample(self, connection: str, table: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and up to `limit` rows, instants as ISO 8601 text in UTC; empty when there is no such table."""
        nothing: tuple[list[str], list[tuple[Any, ...]]] = ([], [])

        def read(database: "duckdb.DuckDBPyConnection", catalog: Catalog) -> tuple[list[str], list[tuple[Any, ...]]]:
            if table not in catalog.tables():
                return nothing
            name = f"{catalog.schema}.{quoted(table)}"
            kinds = {column: kind for column, kind, *_ in database.execute(f"DESCRIBE {name}").fetchall()}
            zoned = [quoted(column) for column, kind in kinds.items() if kind == "TIMESTAMP WITH TIME ZONE"]
            texts = ", ".join(f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ') AS {column}" for column in zoned)
            rows = database.execute(f"SELECT * REPLACE ({texts}) FROM {name} LIMIT ?", [limit]).fetchall()
            return list(kinds), rows

        return self._read(connection, nothing, read)

    def reset(self, connection: str) -> Dropped:
        """Drop the connection's rows, state and records, and leave other connections alone."""
        _check_name(connection)
        if is_missing(self.path):
            return Dropped()
        with self._open(read_only=False) as database:
            catalog = Catalog(database, connection)
            if not catalog.exists():
                return Dropped()
            database.execute("BEGIN")
            rows = catalog.row_counts()
            syncs = catalog.forget()
            database.execute("COMMIT")
            return Dropped(len(rows), sum(rows.values()), syncs)

    def _read(self, connection: str, default: _T, read: "Callable[[duckdb.DuckDBPyConnection, Catalog], _T]") -> _T:
        _check_name(connection)
        if is_missing(self.path):
            return default
        with self._open(read_only=True) as database:
            catalog = Catalog(database, connection)
            return read(database, catalog) if catalog.exists() else default

    @contextmanager
    def _open(self, *, read_only: bool) -> "Iterator[duckdb.DuckDBPyConnection]":
        import duckdb

        with open_database(self.path, read_only=read_only, wait_seconds=self._wait, settings=_SETTINGS) as database:
            try:
                database.execute("SET TimeZone = 'UTC'")
                yield database
            except duckdb.Error as error:
                raise _failure(self.path, error) from error
            except RuntimeError as error:
                if not isinstance(error.__cause__, KeyboardInterrupt):
                    raise
                database.interrupt()  # closing it would wait for what the other threads do of the query
                raise error.__cause__ from None  # a signal's handler raised it within the query


def _land(
    database: "duckdb.DuckDBPyConnection",
    catalog: Catalog,
    sync: OpenSync,
    responses: Sequence[FunctionResponse],
    ending: Ending | None,
    *,
    infer_timestamps: bool,
) -> Counts:
    row = catalog.connection() or Connection()
    listed = (name for response in responses for name in _listed(response))
    snapshots = tuple(dict.fromkeys((*row.snapshot_tables, *listed)))
    tables = catalog.tables()
    batches = gather(responses, tables)
    landing = Landing(database, catalog, Stamp(sync.started_at, sync.batch), infer_timestamps=infer_timestamps)
    counts = Counts(checkpoints=1 if responses else 0)
    kept_whole = set(map(table_name, snapshots))
    for name, batch in batches.items():
        now, done = landing.land(tables.get(name), batch, soft=batch.is_soft or name in kept_whole)
        catalog.write_table(name, tables.get(name), now)
        tables[name] = now
        counts += done
    for name in kept_whole & tables.keys():
        if not tables[name].soft:
            now = landing.make_soft(name, tables[name])
            catalog.write_table(name, tables[name], now)
            counts += Counts(schema_changes=1)
    cycle_started_at = row.cycle_started_at or sync.started_at
    complete = ending is not None and ending.is_complete
    if complete:
        for name in (kept_whole & tables.keys()) - sync.untouched:
            landing.mark_unsent(name, before=cycle_started_at)
            counts += Counts(truncates=1)
        if row.historical:
            for name, table in tables.items():
                if table.primary_key and name not in kept_whole | sync.untouched:
                    counts += Counts(deletes=landing.drop_unsent(name, table, before=cycle_started_at))
    row = replace(
        row,
        state=_state_text(responses[-1].state) if responses else row.state,
        cycle_started_at=None if complete else cycle_started_at,
        snapshot_tables=() if complete else snapshots,
        historical=row.historical and not complete,
    )
    catalog.write_connection(_ended(row, ending))
    return counts


def _listed(response: FunctionResponse) -> tuple[str, ...]:
    return response.soft_delete if isinstance(response.soft_delete, tuple) else ()


def _ended(row: Connection, ending: Ending | None) -> Connection:
    """Both outcomes only ever move forward, past each other too: clients compare them to learn the last one."""
    if ending is None:
        return row
    earlier = [moment + _TICK for moment in (row.succeeded_at, row.failed_at) if moment]
    at = max(ending.at, *earlier) if earlier else ending.at
    match ending.status:
        case SyncStatus.SUCCEEDED:
            return replace(row, succeeded_at=at)
        case SyncStatus.FAILED:
            return replace(row, failed_at=at)
    return row


def _record(
    catalog: Catalog,
    sync: OpenSync,
    responses: Sequence[FunctionResponse],
    *,
    calls: int,
    counts: Counts,
    ending: Ending | None,
) -> None:
    before = catalog.sync(sync.sync_id)
    if before is None:
        catalog.interrupt_others(sync.sync_id)
    has_more = responses[-1].has_more if responses else bool(before and before.has_more)
    catalog.write_sync(
        SyncRecord(
            sync_id=sync.sync_id,
            connection=sync.connection,
            batch=sync.batch,
            started_at=sync.started_at,
            ended_at=ending.at if ending else None,
            status=ending.status if ending else SyncStatus.RUNNING,
            calls=calls,
            counts=counts + (before.counts if before else Counts()),
            has_more=ending.has_more if ending else has_more,
            error=ending.error if ending else None,
        )
    )


def _state_text(state: State) -> str:
    try:
        text = json.dumps(state, allow_nan=False)
        json.dumps(state if "\\ud" in text else None, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        message = "the state holds half of a surrogate pair, which is no text: return whole characters there"
        raise RefusedError(message) from error
    except ValueError as error:
        raise RefusedError("the state holds NaN or an infinity, which JSON cannot: return null there") from error
    return text


def _check_name(connection: str) -> None:
    problem = connection_name_problem(connection)
    if problem:
        raise WarehouseError(f"{problem}: choose another")


def _failure(path: Path, error: Exception) -> WarehouseError:
    """What went wrong, without the values that some of DuckDB's messages quote."""
    import duckdb

    if is_full_disk(error):
        return disk_full(path)
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return WarehouseError(f"{path}: {first_line(error)}")
    return WarehouseError(f"{path}: DuckDB could not do this ({type(error).__name__}); nothing of it was kept")

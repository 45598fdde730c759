# ruff: noqa: S608  # every name in the SQL is quoted, every value is a parameter
"""The bookkeeping schema: what the warehouse knows of its connections, their syncs and their tables.

It lives in the same file as the rows, so that one transaction moves both. Instants are read as microseconds since
1970: a DuckDB result with time zones needs a further library.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from fivetran_local.columns import ColumnType
from fivetran_local.naming import BOOKKEEPING_SCHEMA, SYNCED
from fivetran_local.records import ConnectionRecord, Counts, SyncRecord, SyncStatus

if TYPE_CHECKING:
    import duckdb

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_TABLES: Final = {
    "connections": "name VARCHAR, state JSON, succeeded_at TIMESTAMPTZ, failed_at TIMESTAMPTZ, "
    "cycle_started_at TIMESTAMPTZ, snapshot_tables VARCHAR[], historical BOOLEAN",
    "syncs": "sync_id VARCHAR, connection VARCHAR, batch BIGINT, started_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, "
    "status VARCHAR, calls BIGINT, upserts BIGINT, updates BIGINT, deletes BIGINT, truncates BIGINT, "
    "schema_changes BIGINT, checkpoints BIGINT, has_more BOOLEAN, error VARCHAR",
    "tables": "connection VARCHAR, table_name VARCHAR, source_name VARCHAR, primary_key VARCHAR[], soft BOOLEAN, "
    "batch BIGINT, next_index BIGINT",
    "columns": "connection VARCHAR, table_name VARCHAR, column_name VARCHAR, type VARCHAR",
}


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of a connection, as its last landing left it."""

    source: str
    primary_key: tuple[str, ...]
    columns: Mapping[str, ColumnType] = field(default_factory=dict)
    """Types by the names in the warehouse, in the order of their first value; system columns are not among them."""
    soft: bool = False
    """Whether it has a `_fivetran_deleted` column."""
    batch: int = 0
    """The sync that appended last, and below the index of its next row; both only for tables without a key."""
    next_index: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection's row: what begins and ends its syncs."""

    state: str = "{}"
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    cycle_started_at: datetime | None = None
    snapshot_tables: tuple[str, ...] = ()
    historical: bool = True
    """Whether everything is yet to be sent, for the first time or once more: when it has been, what was not sent is
    gone."""


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def connections_known(database: "duckdb.DuckDBPyConnection") -> list[str]:
    """Return the names of all connections that an open DuckDB connection's file knows."""
    anybody = Catalog(database, BOOKKEEPING_SCHEMA)
    return anybody.names() if anybody.exists() else []


class Catalog:
    """The bookkeeping of one connection, over an open DuckDB connection."""

    def __init__(self, database: "duckdb.DuckDBPyConnection", connection: str) -> None:
        self._database = database
        self._connection = connection
        row = database.execute("SELECT current_database()").fetchone()
        self._file = quoted(str(row[0])) if row else ""
        self.schema = f"{self._file}.{quoted(connection)}"
        """The connection's schema, qualified: a file may have the name of the schema in it."""

    def exists(self) -> bool:
        """Whether anything ever landed in this file."""
        query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = current_database() AND schema_name = ?"
        return bool(self._one(query, BOOKKEEPING_SCHEMA)[0])

    def create(self) -> None:
        """Make the bookkeeping's tables and the connection's schema where they are missing."""
        for schema in (f"{self._file}.{quoted(BOOKKEEPING_SCHEMA)}", self.schema):
            self._database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for name, columns in _TABLES.items():
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {self._own(name)} ({columns})")
        # A file from before re-syncs were known has no such column.
        self._database.execute(f"ALTER TABLE {self._own('connections')} ADD COLUMN IF NOT EXISTS historical BOOLEAN")

    def tables(self) -> dict[str, KnownTable]:
        """The connection's tables that are there, by their names in the warehouse."""
        columns: dict[str, dict[str, ColumnType]] = {}
        query = f"SELECT table_name, column_name, type FROM {self._own('columns')} WHERE connection = ? ORDER BY rowid"
        for table, column, kind in self._all(query, self._connection):
            columns.setdefault(table, {})[column] = ColumnType[kind]
        query = (
            f"SELECT table_name, source_name, primary_key, soft, batch, next_index FROM {self._own('tables')} "
            "WHERE connection = ? AND table_name IN (SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = current_database() AND schema_name = ?) ORDER BY table_name"
        )
        return {
            name: KnownTable(source, tuple(key), columns.get(name, {}), soft, batch, next_index)
            for name, source, key, soft, batch, next_index in self._all(query, self._connection, self._connection)
        }

    def write_table(self, name: str, old: KnownTable | None, new: KnownTable) -> None:
        """Remember what a landing made of a table."""
        self._replace(
            "tables",
            {"connection": self._connection, "table_name": name},
            {
                "source_name": new.source,
                "primary_key": list(new.primary_key),
                "soft": new.soft,
                "batch": new.batch,
                "next_index": new.next_index,
            },
        )
        for column, kind in new.columns.items():
            if old is None or old.columns.get(column) is not kind:
                where = {"connection": self._connection, "table_name": name, "column_name": column}
                self._replace("columns", where, {"type": kind.name})

    def is_empty(self, table: str) -> bool:
        """Whether a table has no row."""
        return not self._one(f"SELECT EXISTS (SELECT 1 FROM {self.schema}.{quoted(table)})")[0]

    def row_counts(self) -> dict[str, int]:
        """How many rows each table has, by name in the warehouse."""
        return {name: int(self._one(f"SELECT count(*) FROM {self.schema}.{quoted(name)}")[0]) for name in self.tables()}

    def synced_since(self, moment: datetime) -> dict[str, int]:
        """How many rows of each table were last synced at an instant or after it, by name in the warehouse."""
        query = f"SELECT count(*) FROM {self.schema}.{{}} WHERE {SYNCED} >= ?"
        return {name: int(self._one(query.format(quoted(name)), moment)[0]) for name in self.tables()}

    def drop_column(self, table: str, column: str) -> None:
        """Drop a column with its values, and forget it."""
        self._database.execute(f"ALTER TABLE {self.schema}.{quoted(table)} DROP COLUMN IF EXISTS {quoted(column)}")
        query = f"DELETE FROM {self._own('columns')} WHERE connection = ? AND table_name = ? AND column_name = ?"
        self._database.execute(query, [self._connection, table, column])

    def names(self) -> list[str]:
        """The names of all connections in the file, this one or not."""
        return [name for (name,) in self._all(f"SELECT name FROM {self._own('connections')}")]

    def connection(self) -> Connection | None:
        """The connection's row; None before its first landing."""
        rows = self._all(
            "SELECT CAST(state AS VARCHAR), epoch_us(succeeded_at), epoch_us(failed_at), epoch_us(cycle_started_at), "
            f"snapshot_tables, {self._historical()} FROM {self._own('connections')} WHERE name = ?",
            self._connection,
        )
        for state, succeeded, failed, cycle, snapshots, historical in rows:
            # An older file does not say: there, a connection that succeeded once has been sent everything.
            whole = succeeded is None if historical is None else bool(historical)
            return Connection(state, _instant(succeeded), _instant(failed), _instant(cycle), tuple(snapshots), whole)
        return None

    def _historical(self) -> str:
        """The column that an older file does not have, or nothing in its place."""
        query = (
            "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ? "
            "AND table_name = 'connections' AND column_name = 'historical'"
        )
        return "historical" if self._one(query, BOOKKEEPING_SCHEMA)[0] else "NULL"

    def write_connection(self, row: Connection) -> None:
        """Replace the connection's row."""
        self._replace(
            "connections",
            {"name": self._connection},
            {
                "state": row.state,
                "succeeded_at": row.succeeded_at,
                "failed_at": row.failed_at,
                "cycle_started_at": row.cycle_started_at,
                "snapshot_tables": list(row.snapshot_tables),
                "historical": row.historical,
            },
        )

    def record(self) -> ConnectionRecord | None:
        """What Fivetran's outside view is made of; None before the first landing."""
        row = self.connection()
        if row is None:
            return None
        state = json.loads(row.state)
        return ConnectionRecord(self._connection, state, row.succeeded_at, row.failed_at, historical=row.historical)

    def sync(self, sync_id: str | None = None) -> SyncRecord | None:
        """One sync of the connection; without an id, the last that landed anything."""
        return next(iter(self._syncs("sync_id = ? OR ? IS NULL", sync_id, sync_id, most=1)), None)

    def syncs(self, most: int, since: datetime | None = None) -> list[SyncRecord]:
        """The last syncs of the connection that began since an instant, the latest first."""
        return self._syncs("started_at >= ? OR ? IS NULL", since, since, most=most)

    def _syncs(self, condition: str, *parameters: object, most: int) -> list[SyncRecord]:
        query = (
            "SELECT sync_id, connection, batch, epoch_us(started_at), epoch_us(ended_at), status, calls, upserts, "
            f"updates, deletes, truncates, schema_changes, checkpoints, has_more, error FROM {self._own('syncs')} "
            f"WHERE connection = ? AND ({condition}) ORDER BY batch DESC LIMIT ?"
        )
        return [_sync_record(row) for row in self._all(query, self._connection, *parameters, most)]

    def write_sync(self, record: SyncRecord) -> None:
        """Write a sync as it now stands."""
        self._replace(
            "syncs",
            {"connection": self._connection, "sync_id": record.sync_id},
            {
                "batch": record.batch,
                "started_at": record.started_at,
                "ended_at": record.ended_at,
                "status": record.status.value,
                "calls": record.calls,
                **asdict(record.counts),
                "has_more": record.has_more,
                "error": record.error,
            },
        )

    def interrupt_others(self, sync_id: str) -> None:
        """Say of the connection's other running syncs that their processes died: only one runs at a time."""
        self._database.execute(
            f"UPDATE {self._own('syncs')} SET status = ? WHERE connection = ? AND status = ? AND sync_id <> ?",
            [SyncStatus.INTERRUPTED.value, self._connection, SyncStatus.RUNNING.value, sync_id],
        )

    def forget_progress(self) -> None:
        """Forget the connection's state and outcomes; its tables and the records of its syncs stay."""
        self._database.execute(f"DELETE FROM {self._own('connections')} WHERE name = ?", [self._connection])

    def forget(self) -> int:
        """Drop the connection's schema and everything remembered of it.

        Returns:
            how many syncs were remembered.
        """
        self._database.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        for name in ("tables", "columns"):
            self._database.execute(f"DELETE FROM {self._own(name)} WHERE connection = ?", [self._connection])
        self._database.execute(f"DELETE FROM {self._own('connections')} WHERE name = ?", [self._connection])
        return int(self._one(f"DELETE FROM {self._own('syncs')} WHERE connection = ?", self._connection)[0])

    def _own(self, table: str) -> str:
        return f"{self._file}.{quoted(BOOKKEEPING_SCHEMA)}.{quoted(table)}"

    def _all(self, query: str, *parameters: object) -> list[Any]:
        return self._database.execute(query, list(parameters)).fetchall()

    def _one(self, query: str, *parameters: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._all(query, *parameters)[0]
        return row

    def _replace(self, table: str, where: Mapping[str, object], values: Mapping[str, object]) -> None:
        condition = " AND ".join(f"{quoted(name)} = ?" for name in where)
        settings = ", ".join(f"{quoted(name)} = ?" for name in values)
        query = f"UPDATE {self._own(table)} SET {settings} WHERE {condition}"
        if not self._one(query, *values.values(), *where.values())[0]:
            row = {**where, **values}
            names, marks = ", ".join(map(quoted, row)), ", ".join("?" * len(row))
            self._all(f"INSERT INTO {self._own(table)} ({names}) VALUES ({marks})", *row.values())


def _sync_record(row: tuple[Any, ...]) -> SyncRecord:
    sync_id, connection, batch, started, ended, status, calls, *counts, has_more, error = row
    return SyncRecord(
        sync_id=sync_id,
        connection=connection,
        batch=batch,
        started_at=_EPOCH + timedelta(microseconds=started),
        ended_at=_instant(ended),
        status=SyncStatus(status),
        calls=calls,
        counts=Counts(*counts),
        has_more=has_more,
        error=error,
    )


def _instant(microseconds: int | None) -> datetime | None:
    """Microseconds since 1970 in UTC as an aware instant, exactly."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)

"""A file of DuckDB's, opened read-only for the queries of one page, so that a sync can write in between."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from warehouse.errors import BusyWarehouseError, NoWarehouseError, WarehouseError
from warehouse.protocol import Column, Kind, Statement, TableName
from warehouse.query import Row

WAIT_SECONDS = 10.0
"""How long a reader waits for a sync that is landing rows, and a sync for a reader."""

TURN_SECONDS = 30.0
"""How long the reader of one page waits for the readers of others."""

MEMORY = "256MB"
"""What DuckDB may hold of one file; beyond that it works through the disk."""

_one_at_a_time = threading.Lock()
"""Readers of one process take turns: together they would never let go of the file, and a sync would starve."""

_KINDS: dict[str, Kind] = {
    "BIGINT": "integer", "INTEGER": "integer", "SMALLINT": "integer", "TINYINT": "integer", "HUGEINT": "integer",
    "DOUBLE": "number", "FLOAT": "number", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "text",
    "TIMESTAMP": "time", "TIMESTAMP WITH TIME ZONE": "time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DuckDBFile:
    """One database file. Its folder may be missing, and the file may come and go."""

    path: Path
    wait_seconds: float = WAIT_SECONDS

    @property
    def dialect(self) -> str:
        """The name that sqlglot has for its SQL."""
        return "duckdb"

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def version(self) -> str:
        """Return what the file system says of the file, which changes with each landing."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise self._missing() from error
        return f"{status.st_ino}:{status.st_mtime_ns}:{status.st_size}"

    @contextmanager
    def connect(self) -> Iterator["_OpenFile"]:
        """Wait for the file to be free, and hold it while the block runs.

        Raises:
            NoWarehouseError: there is no such file.
            BusyWarehouseError: a writer held it for longer than `wait_seconds`.
            WarehouseError: it is not a file that this DuckDB reads.
        """
        if not _one_at_a_time.acquire(timeout=TURN_SECONDS):
            message = f"{self.path} was being read for others for {TURN_SECONDS:.0f} s: try again in a moment"
            raise BusyWarehouseError(message)
        try:
            connection = self._opened()
            try:
                yield _OpenFile(connection)
            except duckdb.Error as error:
                raise WarehouseError(f"{self.path}: {_first_line(error)}") from error
            finally:
                connection.close()
        finally:
            _one_at_a_time.release()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        attempts = Retrying(
            retry=retry_if_exception_type(duckdb.IOException),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random(0.01, 0.05),
            reraise=True,
        )
        try:
            return attempts(self._open)
        except duckdb.IOException as error:
            message = f"{self.path} is being written to for longer than {self.wait_seconds:.0f} s: {_holder(error)}"
            raise BusyWarehouseError(message) from error
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(f"{self.path} cannot be read: {_first_line(error)}") from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        if not self.path.is_file():
            raise self._missing()
        settings: dict[str, Any] = {"memory_limit": MEMORY, "autoinstall_known_extensions": "false"}
        try:
            connection = duckdb.connect(str(self.path), read_only=True, config=settings)
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise
            raise WarehouseError(f"{self.path} cannot be read: {_first_line(error)}") from error
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def _missing(self) -> NoWarehouseError:
        return NoWarehouseError(f"there is no warehouse at {self.path}")


class _OpenFile:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def columns(self, table: TableName) -> tuple[Column, ...]:
        found = self._connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns()"
            " WHERE database_name = coalesce(?, current_database()) AND schema_name = ? AND table_name = ?"
            " ORDER BY column_index",
            [table.catalog, table.schema, table.name],
        ).fetchall()
        return tuple(Column(name, _kind(type_)) for name, type_ in found)

    def rows(self, statement: Statement) -> list[Row]:
        cursor = self._connection.execute(statement.text, statement.parameters)
        names = [column[0].lower() for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        cursor = self._connection.execute(statement.text, statement.parameters)
        names = [column[0].lower() for column in cursor.description or ()]
        while batch := cursor.fetchmany(size):
            yield [dict(zip(names, row, strict=True)) for row in batch]


def _kind(type_: str) -> Kind:
    return "number" if type_.startswith("DECIMAL") else _KINDS.get(type_, "other")


def _holder(error: Exception) -> str:
    return "wait for the sync to end, or see whether one hangs" + (
        f" ({_first_line(error)})" if "PID" in str(error) else ""
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

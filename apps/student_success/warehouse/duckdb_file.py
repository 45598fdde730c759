"""A file of DuckDB's, opened read-only for the queries of one page, so that a sync can write in between."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from warehouse.errors import BusyWarehouseError, NoWarehouseError, WarehouseError, without_values
from warehouse.protocol import Column, Kind, Statement, TableName
from warehouse.query import Row
from warehouse.turn import in_line
from warehouse.values import row_of

WAIT_SECONDS = 10.0
"""How long a reader waits for a sync that is landing rows, and a sync for a reader."""

TURN_SECONDS = 30.0
"""How long the reader of one page waits for the readers of others."""

MEMORY = "256MB"
"""What DuckDB may hold of one file; beyond that it works through the disk."""

_ROWS_BY_PLACE = dict.fromkeys(("late_materialization_max_rows", "dynamic_or_filter_threshold"), "1000")
"""The first rows of an order, up to so many, are found by their keys alone, and then read from their places."""

GAP_SECONDS = 0.03
"""How long the file stays closed between two readers: longer than a sync's look whether it is free takes to come."""

_one_at_a_time = threading.Lock()
"""Readers of one process take turns: together they would never let go of the file, and a sync would starve."""
_closed_at = 0.0

_MAGIC = b"DUCK"
"""Stands at the ninth byte of every file of DuckDB's, which would read a JSON or CSV file of that name as data."""

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
        """Return what the file system says of the file, which changes with each landing.

        A writer that died leaves what it committed last in a file beside it, which is read as well.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise self._missing() from error
        version = f"{status.st_ino}:{status.st_mtime_ns}:{status.st_size}"
        with suppress(OSError):
            log = self.path.with_name(f"{self.path.name}.wal").stat()
            version += f":{log.st_mtime_ns}:{log.st_size}"
        return version

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
            time.sleep(max(0.0, min(GAP_SECONDS, GAP_SECONDS + _closed_at - time.monotonic())))
            with in_line(self.path, self.wait_seconds) as came:
                connection = self._opened(self.wait_seconds if came else 0.0)
                try:
                    yield _OpenFile(connection, self.path)
                finally:
                    connection.close()
                    _note_closed()
        finally:
            _one_at_a_time.release()

    def _opened(self, wait_seconds: float) -> duckdb.DuckDBPyConnection:
        attempts = Retrying(
            retry=retry_if_exception_type(duckdb.IOException),
            stop=stop_after_delay(wait_seconds),
            wait=wait_random(0.01, 0.05),
            reraise=True,
        )
        try:
            return attempts(self._open)
        except duckdb.IOException as error:
            message = (
                f"{self.path} has been {_holder(error)} for {self.wait_seconds:.0f} s: "
                "wait for the sync to end, or close the program that holds it"
            )
            raise BusyWarehouseError(message) from error
        except duckdb.Error as error:
            raise WarehouseError(f"{self.path} {_what_to_do(error)}") from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        self._check()
        settings: dict[str, Any] = {"memory_limit": MEMORY, "autoinstall_known_extensions": "false", **_ROWS_BY_PLACE}
        try:
            connection = duckdb.connect(str(self.path), read_only=True, config=settings)
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                raise  # a sync has it open: this is tried again
            raise WarehouseError(f"{self.path} {_what_to_do(error)}") from error
        connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of the cursors too
        return connection

    def _check(self) -> None:
        """See that there is a file which DuckDB may be shown.

        Raises:
            NoWarehouseError: there is none, or an empty one.
            WarehouseError: it is something else.
        """
        try:
            if self.path.is_dir():
                raise WarehouseError(f"{self.path} is a folder: name the file in it")
            with self.path.open("rb") as file:
                head = file.read(12)
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing() from None
        except OSError as error:
            raise WarehouseError(f"{self.path} cannot be read: {error.strerror}: change its permissions") from error
        if not head:
            raise self._missing()
        if head[8:] != _MAGIC:
            raise WarehouseError(f"{self.path} is not a DuckDB file: move it away, or name another one")

    def _missing(self) -> NoWarehouseError:
        return NoWarehouseError(f"there is no warehouse at {self.path}")


class _OpenFile:
    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def columns(self, table: TableName) -> tuple[Column, ...]:
        statement = Statement(_COLUMNS, {"catalog": table.catalog, "schema": table.schema, "name": table.name})
        return tuple(Column(row["column_name"], _kind(row["data_type"])) for row in self.rows(statement))

    def rows(self, statement: Statement) -> list[Row]:
        with self._sent(statement) as (cursor, names):
            return [row_of(names, row) for row in cursor.fetchall()]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        with self._sent(statement) as (cursor, names):
            while batch := cursor.fetchmany(size):
                yield [row_of(names, row) for row in batch]

    @contextmanager
    def _sent(self, statement: Statement) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
        try:
            # A cursor of its own: a long answer may still be read when the next question is asked.
            cursor = self._connection.cursor()
            cursor.execute(statement.text, statement.parameters)
            yield cursor, [column[0].lower() for column in cursor.description or ()]
        except duckdb.Error as error:
            raise WarehouseError(f"{self._path}: {_first_line(error)}") from error


_COLUMNS = (
    "SELECT column_name, data_type FROM duckdb_columns()"
    " WHERE database_name = coalesce($catalog, current_database()) AND schema_name = $schema AND table_name = $name"
    " ORDER BY column_index"
)


def _note_closed() -> None:
    global _closed_at  # noqa: PLW0603  # of this process, like the lock that is held here
    _closed_at = time.monotonic()


def _kind(type_: str) -> Kind:
    return "number" if type_.startswith("DECIMAL") else _KINDS.get(type_, "other")


def _holder(error: Exception) -> str:
    found = re.search(r"\(PID (\d+)", str(error))
    whose = f" by process {found[1]}" if found else ""
    return f"open for writing{whose}"


def _what_to_do(error: Exception) -> str:
    text = str(error)
    if "version number" in text:
        return "was written by another version of DuckDB: update the app's DuckDB, or name another file"
    if "Corrupt" in text or "checksum" in text:
        return "is damaged: put a copy back in its place, or move it away and sync again"
    return f"cannot be read: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return (without_values(str(error).strip()).splitlines() or [type(error).__name__])[0]

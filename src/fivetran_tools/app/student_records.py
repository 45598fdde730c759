# ruff: noqa: S608  # every name and every text in the SQL is quoted
"""Which tables of student records a warehouse file has, how new they are, and whether the simulator made them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fivetran_local.catalog import quoted
from fivetran_local.locking import is_missing, open_database
from fivetran_local.naming import SYNCED
from fivetran_tools.errors import UsageError

if TYPE_CHECKING:
    import duckdb

SCHEMA: Final = "hed"
TABLE: Final = "hed_records"

INVENTED: Final = "cf9e8a9d-87d8-48d2-8dfe-2b36ebcf62ae"
"""The first record that the simulator of HED makes with the seed it has where none is given."""

_PLAIN: Final = re.compile(r"""[^\s."'`();,]+""")
_PART: Final = re.compile(rf'"(?:[^"]|"")+"|{_PLAIN.pattern}')

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WAIT_SECONDS: Final = 10.0
_SETTINGS: Final[dict[str, str | int]] = {"threads": 2, "memory_limit": "256MB"}


@dataclass(frozen=True, slots=True)
class StudentRecords:
    """One table, as it was found."""

    schema: str
    table: str
    rows: int = 0
    synced: datetime | None = None
    """When its newest row was synced; None where there is none, or the table does not say."""
    simulated: bool = False
    """Whether rows of the simulator are among them. False where another seed than the simulator's own made them."""

    def __str__(self) -> str:
        """The name as SQL has it: in quotes where it needs them."""
        return ".".join(part if _PLAIN.fullmatch(part) else quoted(part) for part in (self.schema, self.table))

    @property
    def freshness(self) -> str:
        """How many records, and of when, for a person to read."""
        if not self.rows:
            return "no records yet"
        count = "1 record" if self.rows == 1 else f"{self.rows:,} records"
        return f"{count}, synced {self.synced:%Y-%m-%d %H:%M} UTC" if self.synced else count


def table_named(words: str) -> StudentRecords:
    """Return a table that somebody named as SCHEMA.TABLE, as the app's settings take it, not yet looked at.

    Raises:
        UsageError: that is no table's name.
    """
    parts = _PART.findall(words)
    if len(parts) == 2 and ".".join(parts) == words:
        return StudentRecords(*(part[1:-1].replace('""', '"') if part[0] == '"' else part for part in parts))
    message = f"--table {words}: write it as SCHEMA.TABLE, such as {SCHEMA}.{TABLE}"
    raise UsageError(message)


def look(path: Path, wanted: StudentRecords | None = None) -> list[StudentRecords]:
    """Look at a warehouse's tables of student records, or at the one that is wanted.

    Returns:
        The newest synced first, those of `hed` before others as new; empty where there is no such table, or no file.

    Raises:
        WarehouseError: the file cannot be read, or is being written to for too long.
    """
    if is_missing(path):
        return []
    with open_database(path, read_only=True, wait_seconds=_WAIT_SECONDS, settings=_SETTINGS) as database:
        found = [_looked_at(database, table) for table in _tables(database, wanted)]
    return sorted(found, key=lambda it: (it.synced or _EPOCH, it.rows, it.schema == SCHEMA), reverse=True)


def _tables(database: "duckdb.DuckDBPyConnection", wanted: StudentRecords | None) -> list[StudentRecords]:
    # No parameters: for them DuckDB imports pandas, and a Ctrl-C meanwhile is lost.
    query = (
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() "
        f"AND table_name = {_text(wanted.table if wanted else TABLE)}"
    )
    if wanted:
        query += f" AND schema_name = {_text(wanted.schema)}"
    return [StudentRecords(*row) for row in database.execute(query).fetchall()]


def _looked_at(database: "duckdb.DuckDBPyConnection", table: StudentRecords) -> StudentRecords:
    name = f"{quoted(table.schema)}.{quoted(table.table)}"
    columns = {row[0] for row in database.execute(f"DESCRIBE {name}").fetchall()}
    # Instants are read as microseconds since 1970: one with a time zone needs a further library.
    synced = f"max(epoch_us({SYNCED}))" if SYNCED in columns else "NULL"
    invented = (
        f"coalesce(bool_or(CAST(record_id AS VARCHAR) = {_text(INVENTED)}), false)"
        if "record_id" in columns
        else "false"
    )
    row = database.execute(f"SELECT count(*), {synced}, {invented} FROM {name}").fetchone()
    rows, microseconds, simulated = row or (0, None, False)
    moment = None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
    return StudentRecords(table.schema, table.table, rows, moment, bool(simulated))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

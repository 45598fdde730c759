"""What the remote warehouses have in common: how long they may take, their version, what is told of a failure."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from warehouse import dialects
from warehouse.errors import NoWarehouseError, WarehouseError, without_values
from warehouse.protocol import Session, Statement, TableName
from warehouse.query import Query, Value

QUERY_SECONDS: Final = 120
"""How long one statement may take before it is canceled."""

OPENING_SECONDS: Final = 60
"""How long logging in may take."""

VERSION_SECONDS: Final = 60.0
"""How long a version is believed before the warehouse is asked again."""

MOST_CHARACTERS: Final = 300
"""Of an error's text; what follows repeats the statement."""


@dataclass(slots=True)
class Versions:
    """What was last heard of each table, and when."""

    _known: dict[tuple[str, TableName], tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, place: str, table: TableName, ask: Callable[[], str]) -> str:
        """Return a table's version, asked for at most once in `VERSION_SECONDS`, by one of those who want it."""
        with self._lock:
            asked, version = self._known.get((place, table), (0.0, ""))
            if not version or time.monotonic() - asked > VERSION_SECONDS:
                version = ask()
                self._known[place, table] = time.monotonic(), version
            return version


def version_of(session: Session, dialect: str, table: TableName, place: str) -> str:
    """Return when the newest row of a table was synced and how many rows there are.

    Raises:
        NoWarehouseError: there is no such table, or it may not be seen.
        WarehouseError: the warehouse could not answer.
    """
    columns = session.columns(table)
    if not columns:
        raise NoWarehouseError(f"{place} has no table {table}, or none that may be read")
    synced = "max(_fivetran_synced)" if any(column.name == "_fivetran_synced" for column in columns) else "null"
    query = Query(f"select count(*) as records, {synced} as synced from records")  # noqa: S608  # one of two constants
    [row] = session.rows(dialects.statement(query, dialect=dialect, table=table, columns=columns))
    return f"{row['synced']}:{row['records']}"


def named(statement: Statement) -> dict[str, Value]:
    """Return the parameters of a statement for a client that binds by name."""
    if not isinstance(statement.parameters, Mapping):
        raise TypeError("this warehouse binds by name, not by position")
    return dict(statement.parameters)


def told(place: str, error: BaseException, secrets: Iterable[str] = ()) -> WarehouseError:
    """Return what a client says of a failure as one line, without what must not be seen."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = without_values(" ".join(lines[:2])) or type(error).__name__
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return WarehouseError(f"{place}: {text if len(text) <= MOST_CHARACTERS else f'{text[: MOST_CHARACTERS - 1]}…'}")

"""What every warehouse can do: say which it is, connect, and answer queries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from warehouse.query import Row, Value

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "date", "time", "other"]
"""What a column holds, whatever the warehouse calls its type. "time" is a date with a time of day."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the warehouse has it: its name exactly as written there, and what it holds."""

    written: str
    kind: Kind

    @property
    def name(self) -> str:
        """Its name in the queries, which is in lower case."""
        return self.written.lower()


@dataclass(frozen=True, slots=True)
class TableName:
    """A table's whole name, each part exactly as the warehouse writes it; `catalog` is None where there is none."""

    schema: str
    name: str
    catalog: str | None = None

    def __str__(self) -> str:
        return ".".join(filter(None, (self.catalog, self.schema, self.name)))


@dataclass(frozen=True, slots=True)
class Statement:
    """A query in the warehouse's own SQL: its text, and its parameters under their names or in order."""

    text: str
    parameters: Mapping[str, Value] | Sequence[Value]


class Session(Protocol):
    """A warehouse while it is open.

    A file's session answers everything from one state of the data. A remote warehouse answers each question from its
    newest, and changes a few times a day. Numbers come as int or float, and a date with a time of day is in UTC.
    """

    def columns(self, table: TableName) -> tuple[Column, ...]:
        """Return the table's columns in the table's order; none where there is no such table.

        Raises:
            WarehouseError: the warehouse could not answer.
        """

    def rows(self, statement: Statement) -> list[Row]:
        """Return the whole answer, which must be small: aggregates, or one page.

        Raises:
            WarehouseError: the warehouse could not answer.
        """

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        """Return a long answer, `size` rows at a time, never holding more than that.

        Raises:
            WarehouseError: the warehouse could not answer.
        """


@runtime_checkable
class WritingSession(Session, Protocol):
    """A session that also writes, of a warehouse that lets the app keep something there."""

    def execute(self, statement: Statement) -> None:
        """Run a statement that has no answer; what it wrote is kept when this returns.

        Raises:
            WarehouseError: the warehouse could not do it.
        """


class Warehouse(Protocol):
    """One place with tables. It is a value that costs nothing to make: connecting is what can fail."""

    @property
    def dialect(self) -> str:
        """The name that sqlglot has for its SQL: duckdb, snowflake, databricks or bigquery."""

    @property
    def place(self) -> str:
        """Where it is, for a person to read, without a credential."""

    def connect(self) -> AbstractContextManager[Session]:
        """Open it for the queries of one page.

        Raises:
            WarehouseError: it cannot be opened.
        """

    def version(self) -> str:
        """Return a text that changes at the latest a minute after the data did; cheap to ask for.

        Raises:
            WarehouseError: the warehouse could not answer.
        """

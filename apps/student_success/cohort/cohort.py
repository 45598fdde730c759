"""The table of student records in one warehouse: asked many questions, read once for each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from warehouse import dialects
from warehouse.errors import MissingColumnsError, NoWarehouseError
from warehouse.protocol import Column, Session, Statement, TableName, Warehouse
from warehouse.query import Query, Row


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse, and the table of student records in it."""

    warehouse: Warehouse
    table: TableName


@dataclass(slots=True)
class Cohort:
    """The student records while a page is made of them: one session, opened by the first question that needs it.

    `columns` is the table's shape as it was read when the page began; a caller that already knows the shape (and
    the answers) of this version of the data gives it, and then nothing is opened at all.
    """

    place: Place
    known_columns: tuple[Column, ...] | None = None
    _session: Session | None = field(default=None, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns, in its order.

        Raises:
            NoWarehouseError: there is no such table.
            WarehouseError: the warehouse could not answer.
        """
        if self.known_columns is None:
            self.known_columns = self._opened().columns(self.place.table)
        if not self.known_columns:
            raise NoWarehouseError(f"{self.place.warehouse.place} has no table {self.place.table}")
        return self.known_columns

    def has(self, *names: str) -> bool:
        """Return whether the table has all of these columns."""
        return not self._missing(names)

    def statement(self, query: Query) -> Statement:
        """Return the query as the warehouse wants it.

        Raises:
            MissingColumnsError: the table has not all of the columns that it reads.
        """
        if missing := self._missing(query.columns):
            raise MissingColumnsError(missing)
        place = self.place
        return dialects.statement(query, dialect=place.warehouse.dialect, table=place.table, columns=self.columns)

    def shown(self, query: Query) -> str:
        """Return the query's SQL for a person to read, or to run elsewhere."""
        place = self.place
        return dialects.shown(query, dialect=place.warehouse.dialect, table=place.table, columns=self.columns)

    def rows(self, query: Query) -> list[Row]:
        """Return the answer, which must be small.

        Raises:
            MissingColumnsError: the table has not all of the columns that it reads.
            WarehouseError: the warehouse could not answer.
        """
        return self.answer(self.statement(query))

    def answer(self, statement: Statement) -> list[Row]:
        """Return the answer to a statement that `statement` made."""
        return self._opened().rows(statement)

    def columns_of(self, table: TableName) -> tuple[Column, ...]:
        """Return the columns of another table of the warehouse; none where there is no such table."""
        return self._opened().columns(table)

    def batches(self, query: Query, size: int = 5_000) -> Iterator[list[Row]]:
        """Return a long answer, `size` rows at a time."""
        return self._opened().batches(self.statement(query), size)

    def open(self) -> None:
        """Open the warehouse now, which waits for whoever has it, instead of with the next question.

        Raises:
            WarehouseError: it cannot be opened.
        """
        self._opened()

    def close(self) -> None:
        """Let go of the warehouse; the next question opens it again."""
        self._session = None
        self._open.close()

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._open.enter_context(self.place.warehouse.connect())
        return self._session

    def _missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        there = {column.name for column in self.columns}
        return tuple(name for name in names if name not in there)


@contextmanager
def reading(place: Place) -> Iterator[Cohort]:
    """Read student records in a block, and let go of the warehouse at its end."""
    cohort = Cohort(place)
    try:
        yield cohort
    finally:
        cohort.close()

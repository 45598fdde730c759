"""Gathered responses, sorted into one batch of operations for each table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from fivetran_local.errors import RefusedError
from fivetran_local.naming import table_name
from fivetran_protocol import FunctionResponse, Row


class Operation(IntEnum):
    """What is done with a row."""

    UPSERT = 0
    HARD_DELETE = 1
    SOFT_DELETE = 2


@dataclass(slots=True)
class Batch:
    """What happens to one table, in the order in which it was sent."""

    source: str
    """The table's name in the function."""
    primary_key: tuple[str, ...]
    """Columns, as the function names them."""
    rows: list[Row] = field(default_factory=list)
    runs: list[tuple[Operation, int]] = field(default_factory=list)
    """Operations and how many rows each of them goes on for."""
    bounds: list[int] = field(default_factory=list)
    """The ends of the pages in `rows`."""

    @property
    def name(self) -> str:
        """The table's name in the warehouse."""
        return table_name(self.source)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is deleted."""
        return all(operation is Operation.UPSERT for operation, _ in self.runs)

    @property
    def is_soft(self) -> bool:
        """Whether rows are marked as deleted."""
        return any(operation is Operation.SOFT_DELETE for operation, _ in self.runs)

    @property
    def upserts(self) -> int:
        """How many rows are upserted."""
        return sum(count for operation, count in self.runs if operation is Operation.UPSERT)

    def operations(self) -> list[int]:
        """The operation of each row."""
        return [int(operation) for operation, count in self.runs for _ in range(count)]

    def cells(self) -> list[Row]:
        """The rows with the columns that matter: a row to delete counts for its key only."""
        if self.is_plain:
            return self.rows
        cells: list[Row] = []
        for operation, count in self.runs:
            cells += self.rows[len(cells) : len(cells) + count] if operation is Operation.UPSERT else [{}] * count
        return cells

    def add(self, operation: Operation, rows: Sequence[Row]) -> None:
        """Append rows under one operation."""
        if rows:
            self.rows += rows
            self.runs.append((operation, len(rows)))


def gather(responses: Iterable[FunctionResponse], existing: Iterable[str]) -> dict[str, Batch]:
    """Sort the rows of consecutive responses by table: within a response the inserts, then the deletes.

    `existing` names the warehouse's tables. A delete that comes before its table's first row has nothing to delete
    and is left out, so that it leaves no trace in the column types either.

    Raises:
        RefusedError: a table's key changes from one response to the next, or rows are deleted without a key.
    """
    known = set(existing)
    batches: dict[str, Batch] = {}
    for response in responses:
        for source, rows in response.insert.items():
            if rows:
                known.add(table_name(source))
                _batch(batches, source, response).add(Operation.UPSERT, rows)
        for source, rows in response.delete.items():
            if rows and not response.primary_key(source):
                raise RefusedError(f"delete.{source}: a table without a primary key has rows to delete: declare it")
            if rows and table_name(source) in known:
                _batch(batches, source, response).add(_deletion(response, source), rows)
        for batch in batches.values():
            if not batch.bounds or batch.bounds[-1] < len(batch.rows):
                batch.bounds.append(len(batch.rows))
    return batches


def _batch(batches: dict[str, Batch], source: str, response: FunctionResponse) -> Batch:
    key = response.primary_key(source)
    batch = batches.setdefault(table_name(source), Batch(source, key))
    if set(batch.primary_key) != set(key):
        raise RefusedError(f"table '{source}': its primary key changes between two pages: declare one and the same")
    return batch


def _deletion(response: FunctionResponse, source: str) -> Operation:
    soft = response.soft_delete
    softened = soft if isinstance(soft, bool) else source in soft
    return Operation.SOFT_DELETE if softened else Operation.HARD_DELETE

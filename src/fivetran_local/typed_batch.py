"""One table's batch as an Arrow table, each column of the type it has to have in the warehouse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from fivetran_local.batches import Batch
from fivetran_local.catalog import KnownTable, quoted
from fivetran_local.cells import texts_after, to_arrow, type_of
from fivetran_local.columns import TEMPORAL, ColumnType, widest
from fivetran_local.errors import RefusedError
from fivetran_local.naming import SYSTEM_COLUMNS, column_name
from fivetran_protocol import Json, Row

if TYPE_CHECKING:
    import pyarrow as pa

# Fivetran's naming knows no "#": no column of a source is called so.
SEQUENCE: Final = "#sequence"
OPERATION: Final = "#operation"


@dataclass(frozen=True, slots=True)
class TypedBatch:
    """A batch, ready to be written."""

    arrow: "pa.Table"
    """One row for each operation, with its number and its kind beside the columns."""
    types: dict[str, ColumnType]
    """What the table's columns have to be, by their names in the warehouse; those without a value are not here."""

    def casts(self) -> list[str]:
        """Select expressions for the columns as the table has them."""
        return [f"CAST({quoted(name)} AS {kind.sql}) AS {quoted(name)}" for name, kind in self.types.items()]

    def has_distinct(self, key: list[str]) -> bool:
        """Whether no two operations are on one key."""
        return bool(self.arrow.group_by(key, use_threads=False).aggregate([]).num_rows == self.arrow.num_rows)


def key_names(batch: Batch) -> list[str]:
    """The primary key, by the names in the warehouse."""
    return [column_name(column) for column in batch.primary_key]


def make_typed(batch: Batch, known: KnownTable | None, *, infer_timestamps: bool) -> TypedBatch:
    """Type a batch.

    Text in key columns is never read as a time: two keys that are one instant but not one text are two keys, and
    stay so should the column ever become text.

    Raises:
        RefusedError: a row has no key, or a column has a name that Fivetran keeps for itself.
    """
    import pyarrow as pa

    key = key_names(batch)
    cells = batch.cells()
    shapes = dict.fromkeys(map(tuple, cells))
    arrays: dict[str, pa.Array] = {}
    types: dict[str, ColumnType] = {}
    for name, spellings in _by_name(batch, shapes).items():
        if not name or name in SYSTEM_COLUMNS:
            raise RefusedError(f"table '{batch.source}': no column of a source can be called '{name}': rename it")
        rows = batch.rows if name in key else cells
        values = _values(rows, spellings, everywhere=batch.is_plain and all(spellings[0] in shape for shape in shapes))
        if name in key and None in values:
            raise RefusedError(f"table '{batch.source}': a row has no value for the key column '{name}': send one")
        infer = infer_timestamps and name not in key
        before = known.columns.get(name) if known else None
        after = widest(before, type_of(values, infer_timestamps=infer))
        if after is None:
            continue
        if after is ColumnType.TEXT and infer and (before is None or before in TEMPORAL):
            values = texts_after(values, batch.bounds, before)
        types[name] = after
        arrays[name] = to_arrow(values, after)
    arrays[SEQUENCE] = pa.array(range(len(batch.rows)), pa.int64())
    arrays[OPERATION] = pa.array(batch.operations(), pa.int8())
    return TypedBatch(pa.table(arrays), types)


def _by_name(batch: Batch, shapes: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    """The spellings of each column, in the order in which they first came."""
    spellings: dict[str, list[str]] = {}
    for column in dict.fromkeys(chain(chain.from_iterable(shapes), batch.primary_key)):
        spellings.setdefault(column_name(column), []).append(column)
    return spellings


def _values(rows: Sequence[Row], spellings: Sequence[str], *, everywhere: bool) -> list[Json]:
    """One column; where a row has it under several spellings, the last counts."""
    first, *others = spellings
    values: list[Json] = [row[first] for row in rows] if everywhere else [row.get(first) for row in rows]
    for spelling in others:
        values = [row.get(spelling, value) for row, value in zip(rows, values, strict=True)]
    return values

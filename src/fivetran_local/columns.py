"""The types of columns: inferred from values, and only ever widened.

Fivetran picks the smallest type that holds what it has seen and widens it when a later value needs more. The types
form a lattice; the type of a column is the least one that holds every value ever received in it, so it does not
depend on how the values were spread over pages:

    BOOLEAN ───────────────────────────────┐
    INT53 ── INT64 ── INT128 ──────────────┤
      └───── DOUBLE ───────────────────────┼── TEXT
    DATE ── TIMESTAMP ── TIMESTAMPTZ ──────┤
    JSON ──────────────────────────────────┘

INT53 holds the integers that a DOUBLE holds exactly: past them, a column that meets fractions becomes TEXT, since
anything else would change a value.
"""

from enum import Enum
from functools import reduce
from typing import Final

LARGEST_EXACT_INTEGER: Final = 2**53
"""Beyond it, neighbouring integers share one double."""


class ColumnType(Enum):
    """A type of the lattice; its value is the type's name in DuckDB, after the rank that tells equal names apart."""

    BOOLEAN = (0, "BOOLEAN")
    INT53 = (1, "BIGINT")
    INT64 = (2, "BIGINT")
    INT128 = (3, "HUGEINT")
    DOUBLE = (4, "DOUBLE")
    DATE = (5, "DATE")
    TIMESTAMP = (6, "TIMESTAMP")
    TIMESTAMPTZ = (7, "TIMESTAMP WITH TIME ZONE")
    JSON = (8, "JSON")
    TEXT = (9, "VARCHAR")

    @property
    def sql(self) -> str:
        """The type as DuckDB declares it."""
        return self.value[1]


INTEGERS: Final = frozenset({ColumnType.INT53, ColumnType.INT64, ColumnType.INT128})
TEMPORAL: Final = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.TIMESTAMPTZ})


def widest(*types: ColumnType | None) -> ColumnType | None:
    """The least type that holds the values of all of these; None stands for a column that was only ever null."""
    return reduce(_join, types, None)


def _join(left: ColumnType | None, right: ColumnType | None) -> ColumnType | None:
    if left is None or right is None or left is right:
        return left or right
    pair = {left, right}
    if pair <= INTEGERS or pair <= TEMPORAL:
        return max(pair, key=lambda column_type: column_type.value[0])
    if pair == {ColumnType.INT53, ColumnType.DOUBLE}:
        return ColumnType.DOUBLE
    return ColumnType.TEXT


def conversion(column: str, old: ColumnType, new: ColumnType) -> str:
    """The SQL expression that turns a stored value of `old` into `new` without losing anything of it.

    Times become the ISO 8601 text with which an equal value would be sent; a naive time is read as UTC. `column` is
    an identifier, quoted by the caller. The session's time zone must be UTC.
    """
    match old, new:
        case ColumnType.DOUBLE, ColumnType.TEXT:
            # 5 and 5.0 are one JSON number: they must stay one text, or equal keys would part.
            exact = f"{column} = trunc({column}) AND abs({column}) <= {LARGEST_EXACT_INTEGER}"
            return (
                f"CASE WHEN {exact} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
            )
        case ColumnType.TIMESTAMP, ColumnType.TEXT:
            return f"replace(CAST({column} AS VARCHAR), ' ', 'T')"
        case ColumnType.TIMESTAMPTZ, ColumnType.TEXT:
            return f"replace(CAST({column} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || '+00:00'"
        case ((ColumnType.DATE | ColumnType.TIMESTAMP), ColumnType.TIMESTAMPTZ):
            return f"CAST({column} AS TIMESTAMP) AT TIME ZONE 'UTC'"
    return f"CAST({column} AS {new.sql})"

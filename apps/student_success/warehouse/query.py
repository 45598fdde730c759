"""A question to the warehouse, written once, in DuckDB's SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool | date | datetime | None
"""What can be bound to a placeholder."""

Row: TypeAlias = dict[str, Any]
"""Column name, in lower case, to text, number, boolean, date, datetime or None."""


@dataclass(frozen=True, slots=True)
class Query:
    """SQL and what is bound to its placeholders.

    `sql` is DuckDB's; the table of student records is called `records` in it, and its columns have the names that
    Fivetran documents, in lower case, whatever the warehouse writes. A value from outside is never in the text: it
    stands there as `:name`, and in `parameters` under that name. `columns` are those of the table that the query
    reads; where one is missing, the query is not sent and the reader is told which.
    """

    sql: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

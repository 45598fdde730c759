"""The records as a file to take along."""

from collections.abc import Iterable, Sequence
from typing import Final

from cohort import spreadsheet
from cohort.filters import Condition, Filters
from explorer.matching import every, quoted
from explorer.paging import Order
from warehouse.protocol import Column
from warehouse.query import Query, Row

MOST_RECORDS: Final = 100_000
MOST_BYTES: Final = 50_000_000
"""A file is in memory for as long as somebody may click on it."""


def query(columns: Sequence[Column], condition: Condition, order: Order) -> Query:
    """Return the question for the whole records, texts in full, at most `MOST_RECORDS` of them, in their order."""
    cells = [
        f"cast({quoted(column.name)} as varchar)" if column.kind == "other" else quoted(column.name)
        for column in columns
    ]
    head = ", ".join(f"{cell} as cell_{place}" for place, cell in enumerate(cells))
    names = [name for name in (order.column, order.key) if name]
    by = ", ".join(f"records.{quoted(name)}{' desc' if order.descending else ''} nulls last" for name in names)
    sorting = f" order by {by}" if by else ""
    sql = f"select {head} from records where {condition.sql}{sorting} limit {MOST_RECORDS}"  # noqa: S608  # names are quoted, values are bound
    read = (*(column.name for column in columns), *names, *condition.columns)
    return Query(sql, condition.parameters, tuple(dict.fromkeys(read)))


def file(columns: Sequence[Column], batches: Iterable[list[Row]], most_bytes: int = MOST_BYTES) -> spreadsheet.File:
    """Return the file of the records that answer `query`; its first line has the columns' names as they are written.

    It ends with the record that reaches `most_bytes`.
    """
    places = [f"cell_{place}" for place in range(len(columns))]
    records = ([row[place] for place in places] for batch in batches for row in batch)
    return spreadsheet.as_csv([column.written for column in columns], records, most_bytes)


def queries(filters: Filters) -> dict[str, Query]:
    """Return the question for a file of two of the documented columns, under a name."""
    columns = (Column("student_id", "text"), Column("current_gpa", "number"))
    return {"the file": query(columns, every(filters), Order("record_id", "current_gpa"))}

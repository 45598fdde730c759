"""Pages by key: each begins where the one before ended, so that page 100,000 costs what the first one does.

An order is by one column and, among equals, by the table's key; the records whose column is empty come last. They
are asked for by a query of their own, and only when the others have not filled the page: the conditions stay simple
enough for a warehouse to skip what it need not read, and no warehouse's own opinion of where nulls belong counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cohort.filters import Condition, Filters
from explorer.matching import between, every, found, quoted
from warehouse.protocol import Column
from warehouse.query import Query, Row, Value

KEYS: Final = ("record_id", "_fivetran_id")
"""What a row is known by: the source's own key or, for a table without one, the key that Fivetran makes."""

MOST_WITHOUT_KEY: Final = 1_000
"""Rows that are shown of a table without a key, in which a page has no place to begin at."""

CELL_CHARACTERS: Final = 2_001
"""What is read of a text for a page: one more than is shown, so that a longer one can say so."""


@dataclass(frozen=True, slots=True)
class Order:
    """By one column, which is not the key, or by the key alone; equals by the key, in the same direction.

    Without a key it is by the column alone, or nobody's, and has a first page but no further ones.
    """

    key: str | None
    column: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a row stands in an order: its key, and its value in the order's column; None is an empty one."""

    key: Value
    value: Value = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins, and which way it goes from there.

    Attributes:
        mark: The row next to the page, which is not on it. None: the page begins at the order's end.
        at: The value that the page begins at, instead of a row: the records that have it are on the page.
        backward: Whether the page ends there rather than begins.
    """

    mark: Mark | None = None
    at: Value = None
    backward: bool = False


FIRST: Final = Start()
LAST: Final = Start(backward=True)


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in their order, each with its columns under their places: "cell_0", "cell_1" and so on."""

    rows: Sequence[Row]
    more: bool
    """Whether the order goes on beyond the page, in the direction that the page was read in."""

    @property
    def first(self) -> Mark:
        """Where the first row stands."""
        return _mark(self.rows[0])

    @property
    def last(self) -> Mark:
        """Where the last row stands."""
        return _mark(self.rows[-1])


def key_of(columns: Iterable[Column]) -> str | None:
    """Return the column that rows are known by; None for a table without one."""
    there = {column.name for column in columns}
    return next((key for key in KEYS if key in there), None)


def read(
    ask: Callable[[Query], list[Row]],
    columns: Sequence[Column],
    condition: Condition,
    order: Order,
    *,
    start: Start = FIRST,
    size: int = 50,
) -> Page:
    """Return the page of at most `size` records that begins, or ends, at `start`.

    Args:
        ask: Answers a query.
        columns: What is read of each record, in this order.
        condition: Which records there are.
        order: How they are ordered.
        start: Where the page begins.
        size: How many records it has.
    """
    rows: list[Row] = []
    for part in _parts(order, start):
        until = None
        if part.beyond:
            # The column alone is quickly read: it says how far the page goes, and what else need not be looked at.
            ends = ask(_ends(condition, order, part, size))
            until = ends[size]["page_value"] if len(ends) > size else None
        rows += ask(_rows(columns, condition, order, part, size=size, until=until))
        if len(rows) > size:
            break
    on_page = rows[:size]
    return Page(on_page[::-1] if start.backward else on_page, more=len(rows) > size)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of an order that one query reads: its conditions, what they bind, and which way it goes."""

    here: tuple[str, ...]
    bound: Mapping[str, Value]
    descending: bool
    beyond: str = ""
    """Which records surely lie in it, by the order's column alone; empty in a part that the key orders."""


def _parts(order: Order, start: Start) -> tuple[_Part, ...]:
    """Return the stretches in which a page is found; the next is read when those before have not filled it."""
    descending = order.descending is not start.backward
    past, mark = ("<" if descending else ">"), start.mark
    past_key = f"{quoted(order.key)} {past} :page_key" if order.key else ""

    def part(*here: str, beyond: str = "", **bound: Value) -> _Part:
        return _Part(here, bound, descending, beyond)

    if order.column is None:
        if mark:
            return (part(past_key, page_key=mark.key),)
        if start.at is not None:
            return (part(f"{quoted(order.key or '')} {past}= :page_at", page_at=start.at),)
        return (part(),)

    column = quoted(order.column)
    whole = part(f"{column} is not null", beyond=f"{column} is not null")
    if mark and mark.value is None:
        rest = part(f"{column} is null", past_key, page_key=mark.key)
        return (rest, whole) if start.backward else (rest,)
    if mark:
        # The first condition says nothing that the second does not: it is what a warehouse skips its blocks by.
        here = (f"{column} {past}= :page_value", f"({column} {past} :page_value or {past_key})")
        filled = part(*here, beyond=f"{column} {past} :page_value", page_value=mark.value, page_key=mark.key)
    elif start.at is not None:
        filled = part(f"{column} {past}= :page_at", beyond=f"{column} {past}= :page_at", page_at=start.at)
    else:
        filled = whole
    if mark and start.backward:
        return (filled,)
    empty = part(f"{column} is null")
    return (empty, filled) if start.backward else (filled, empty)


def _ends(condition: Condition, order: Order, part: _Part, size: int) -> Query:
    column, way = quoted(order.column or ""), " desc" if part.descending else ""
    sql = f"select {column} as page_value from records where ({condition.sql}) and {part.beyond}"  # noqa: S608  # names are quoted, values are bound
    return _query(f"{sql} order by records.{column}{way} limit {size + 1}", condition, part, (order.column,))


def _rows(
    columns: Sequence[Column], condition: Condition, order: Order, part: _Part, *, size: int, until: Value
) -> Query:
    key = order.key or order.column
    head = [f"{_cell(column)} as cell_{place}" for place, column in enumerate(columns)]
    if order.key:
        head += [f"{quoted(order.key)} as page_key", f"{quoted(order.column or order.key)} as page_value"]
    where = [f"({condition.sql})", *part.here]
    if until is not None:
        where.append(f"{quoted(order.column or '')} {'>=' if part.descending else '<='} :page_until")
    by = [name for name in (order.column if part.beyond else None, order.key) if name]
    way = " desc" if part.descending else ""
    sorting = f" order by {', '.join(f'records.{quoted(name)}{way}' for name in by)}" if by else ""
    sql = f"select {', '.join(head)} from records where {' and '.join(where)}{sorting} limit {size + 1}"  # noqa: S608  # as above
    read = (*(column.name for column in columns), order.column, key)
    return _query(sql, condition, part, read, page_until=until)


def _query(sql: str, condition: Condition, part: _Part, columns: Iterable[str | None], **bound: Value) -> Query:
    read = tuple(dict.fromkeys(name for name in (*columns, *condition.columns) if name))
    return Query(sql, {**condition.parameters, **part.bound, **bound}, read)


def count(condition: Condition) -> Query:
    """Return the question how many records there are."""
    sql = f"select count(*) as records from records where {condition.sql}"  # noqa: S608  # as above
    return Query(sql, condition.parameters, condition.columns)


def count_before(condition: Condition, column: str, at: Value, *, descending: bool = False) -> Query:
    """Return the question how many records come before those that have the value `at` in this column."""
    before = f"{quoted(column)} {'>' if descending else '<'} :page_at"
    sql = f"select count(*) as records from records where ({condition.sql}) and {before}"  # noqa: S608  # as above
    return Query(sql, {**condition.parameters, "page_at": at}, tuple(dict.fromkeys((column, *condition.columns))))


def queries(filters: Filters) -> dict[str, Query]:
    """Return one of each kind of question, on documented columns, under names."""
    columns = (Column("student_id", "text"), Column("current_gpa", "number"), Column("enrollment_date", "time"))
    condition = every(filters, (found(columns[:1], "STU_2019"), between(columns[1], 1.0, 3.5, "gpa")))
    begun = Mark("8", 2.5)
    orders = {
        "up": Order("record_id", "current_gpa"), "down": Order("record_id", "current_gpa", descending=True),
        "by key": Order("record_id"), "without a key": Order(None, "current_gpa"),
    }  # fmt: skip
    starts = {
        "first": FIRST, "last": LAST, "next": Start(begun), "previous": Start(begun, backward=True),
        "empty": Start(Mark("8")), "back from empty": Start(Mark("8"), backward=True),
    }  # fmt: skip
    asked = {"count": count(condition), "count before": count_before(condition, "current_gpa", 3.0)}
    for way, order in orders.items():
        for name, start in starts.items() if order.key else (("first", FIRST),):
            for place, part in enumerate(_parts(order, start)):
                asked[f"{way}, {name}, {place}"] = _rows(columns, condition, order, part, size=25, until=None)
                if part.beyond:
                    asked[f"{way}, {name}, {place}, its end"] = _ends(condition, order, part, 25)
                    asked[f"{way}, {name}, {place}, until"] = _rows(columns, condition, order, part, size=25, until=3.0)
    return asked


def _cell(column: Column) -> str:
    here = quoted(column.name)
    if column.kind == "other":
        here = f"cast({here} as varchar)"
    return f"substr({here}, 1, {CELL_CHARACTERS})" if column.kind in ("text", "other") else here


def _mark(row: Row) -> Mark:
    return Mark(row["page_key"], row["page_value"])

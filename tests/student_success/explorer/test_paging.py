"""Pages by key, on a real DuckDB, against the same rows sorted in Python."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohort.cohort import Cohort, Place
from cohort.filters import EVERYBODY, Condition
from explorer import paging
from explorer.matching import every
from explorer.paging import FIRST, LAST, Mark, Order, Page, Start
from warehouse.dialects import statement
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import Column, TableName
from warehouse.query import Query, Row

pytestmark = pytest.mark.slow

KINDS = {"word": ("VARCHAR", "text"), "amount": ("DOUBLE", "number"), "yes": ("BOOLEAN", "boolean")}
COLUMNS = tuple(Column(name, kind) for name, kind in (("record_id", "text"), *((n, k) for n, (_, k) in KINDS.items())))
ALL = every(EVERYBODY)

cells = st.fixed_dictionaries({
    "word": st.none() | st.text("aAé%_'\"\n ", max_size=3),
    "amount": st.none() | st.sampled_from([-1.5, 0.0, 0.1 + 0.2, 0.3, 1e300]),
    "yes": st.none() | st.booleans(),
})  # fmt: skip
tables = st.dictionaries(st.text("09af-'", min_size=1, max_size=4), cells, max_size=25)
orders = st.builds(Order, st.just("record_id"), st.sampled_from([None, *KINDS]), st.booleans())


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("CREATE SCHEMA hed")
        types = ", ".join(f"{name} {type_}" for name, (type_, _) in KINDS.items())
        made.execute(f"CREATE TABLE hed.hed_records (record_id VARCHAR, {types})")
        yield made


class Table:
    """A table with these rows, and a count of the questions it was asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rows: dict[str, Row]) -> None:
        self.connection = connection
        connection.execute("DELETE FROM hed.hed_records")
        if rows:
            marks = ", ".join(["(?, ?, ?, ?)"] * len(rows))
            cells = [cell for key, row in rows.items() for cell in (key, *(row[name] for name in KINDS))]
            connection.execute(f"INSERT INTO hed.hed_records VALUES {marks}", cells)

    def ask(self, query: Query) -> list[Row]:
        sent = statement(query, dialect="duckdb", table=TableName("hed", "hed_records"), columns=COLUMNS)
        cursor = self.connection.execute(sent.text, sent.parameters)
        return [dict(zip([d[0] for d in cursor.description], row, strict=True)) for row in cursor.fetchall()]

    def page(self, order: Order, start: Start, size: int) -> Page:
        return paging.read(self.ask, COLUMNS, ALL, order, start=start, size=size)


def sorted_keys(rows: dict[str, Row], order: Order) -> list[str]:
    if order.column is None:
        return sorted(rows, reverse=order.descending)
    filled = [key for key in rows if rows[key][order.column] is not None]
    empty = [key for key in rows if rows[key][order.column] is None]
    by_value = sorted(filled, key=lambda key: (rows[key][order.column], key), reverse=order.descending)
    return by_value + sorted(empty, reverse=order.descending)


def keys(page: Page) -> list[str]:
    return [row["page_key"] for row in page.rows]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, order=orders, size=st.integers(1, 7))
def test_walking_either_way_visits_every_row_once_in_order(
    connection: duckdb.DuckDBPyConnection, rows: dict[str, Row], order: Order, size: int
) -> None:
    table, wanted = Table(connection, rows), sorted_keys(rows, order)
    page, seen = table.page(order, FIRST, size), []
    while page.rows:
        seen += keys(page)
        assert page.more == (len(seen) < len(wanted))
        page = table.page(order, Start(page.last), size)
    assert seen == wanted

    page, seen = table.page(order, LAST, size), []
    while page.rows:
        seen = keys(page) + seen
        assert page.more == (len(seen) < len(wanted))
        page = table.page(order, Start(page.first, backward=True), size)
    assert seen == wanted


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, at=st.sampled_from([-1.5, 0.0, 0.2, 0.3, 7.0]), descending=st.booleans())
def test_a_page_starts_at_a_value_and_knows_how_many_come_before(
    connection: duckdb.DuckDBPyConnection, rows: dict[str, Row], at: float, *, descending: bool
) -> None:
    order = Order("record_id", "amount", descending)
    table, wanted = Table(connection, rows), sorted_keys(rows, order)

    def comes_before(key: str) -> bool:
        amount = rows[key]["amount"]
        return amount is not None and (amount > at if descending else amount < at)

    before = sum(map(comes_before, wanted))
    assert keys(table.page(order, Start(at=at), 4)) == wanted[before:][:4]
    [row] = table.ask(paging.count_before(ALL, "amount", at, descending=descending))
    assert row["records"] == before


def test_a_key_that_is_gone_still_marks_its_place(connection: duckdb.DuckDBPyConnection) -> None:
    row = {"word": "w", "amount": 1.0, "yes": True}
    table = Table(connection, {"a": row, "c": row, "d": row})
    assert keys(table.page(Order("record_id", "word"), Start(Mark("b", "w")), 5)) == ["c", "d"]


def test_a_long_text_is_read_as_far_as_it_is_shown(connection: duckdb.DuckDBPyConnection) -> None:
    table = Table(connection, {"a": {"word": "x" * 1_000_000, "amount": None, "yes": None}})
    [row] = table.page(Order("record_id"), FIRST, 5).rows
    assert len(row["cell_1"]) == paging.CELL_CHARACTERS


def test_a_table_without_a_key_has_one_page(connection: duckdb.DuckDBPyConnection) -> None:
    table = Table(connection, {str(i): {"word": None, "amount": float(i), "yes": None} for i in range(9)})
    page = table.page(Order(None, "amount", descending=True), FIRST, 4)
    assert [row["cell_2"] for row in page.rows] == [8, 7, 6, 5]
    assert page.more


def test_fivetrans_own_key_stands_in_for_a_missing_one() -> None:
    def column(*names: str) -> list[Column]:
        return [Column(name, "text") for name in names]

    assert paging.key_of(column("A", "_FIVETRAN_ID", "RECORD_ID")) == "record_id"
    assert paging.key_of(column("a", "_fivetran_id")) == "_fivetran_id"
    assert paging.key_of(column("a")) is None


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    hostile = 'A"; drop table x; --<script> {where} :name $1 ?'
    with duckdb.connect(str(tmp_path / "w.db")) as made:
        made.execute("CREATE SCHEMA hed")
        quoted = hostile.replace('"', '""')
        made.execute(
            f'CREATE TABLE hed.hed_records AS SELECT range::VARCHAR AS record_id, range AS "{quoted}" FROM range(9)'
        )
    cohort = Cohort(Place(DuckDBFile(tmp_path / "w.db"), TableName("hed", "hed_records")))
    try:
        order = Order("record_id", hostile.lower(), descending=True)
        page = paging.read(cohort.rows, cohort.columns, Condition("true"), order, size=3)
        after = paging.read(cohort.rows, cohort.columns, Condition("true"), order, start=Start(page.last), size=3)
    finally:
        cohort.close()
    assert [row["cell_1"] for row in (*page.rows, *after.rows)] == [8, 7, 6, 5, 4, 3]


def test_no_value_stands_in_the_text_of_a_query() -> None:
    asked: list[Any] = []

    def ask(query: Query) -> list[Row]:
        asked.append(query)
        return [{"page_value": "secret-until"}] * 3

    paging.read(ask, COLUMNS, ALL, Order("record_id", "word"), start=Start(Mark("secret-key", "secret-value")), size=2)
    assert len(asked) == 2
    assert not any("secret" in query.sql for query in asked)
    assert asked[-1].parameters == {
        "page_key": "secret-key",
        "page_value": "secret-value",
        "page_until": "secret-until",
    }

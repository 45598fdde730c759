"""Filters by a column's kind, on a real DuckDB, against plain Python over the same rows."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort.filters import Condition, Filters
from explorer import matching, paging
from explorer.matching import every
from warehouse.dialects import statement
from warehouse.protocol import Column, TableName

pytestmark = pytest.mark.slow

WORDS = [None, "", "a", "A%b", "a_b", "É", "é'", '"', "\\", "{where}", ":name", "50%", "x" * 5_000]
NUMBERS = [None, -2.0, 0.0, 0.1 + 0.2, 0.3, 3.5]
START = datetime.fromisoformat("2024-02-28T12:00")
TIMES = [None, *(START + timedelta(hours=7 * i) for i in range(8))]
ROWS = [
    {"record_id": str(i), "word": WORDS[i % len(WORDS)], "amount": NUMBERS[i % len(NUMBERS)], "count": i % 4 or None,
     "day": (t := TIMES[i % len(TIMES)]) and t.date(), "moment": t, "yes": [None, True, False][i % 3],
     "major_code": ["CSCI", "HIST"][i % 2]}
    for i in range(120)
]  # fmt: skip
WORD, AMOUNT, COUNT = Column("word", "text"), Column("amount", "number"), Column("count", "integer")
DAY, MOMENT, YES = Column("day", "date"), Column("moment", "time"), Column("yes", "boolean")
COLUMNS = (Column("record_id", "text"), WORD, AMOUNT, COUNT, DAY, MOMENT, YES, Column("major_code", "text"))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("CREATE SCHEMA hed")
        made.execute(
            "CREATE TABLE hed.hed_records (record_id VARCHAR, word VARCHAR, amount DOUBLE, count BIGINT, day DATE,"
            " moment TIMESTAMP, yes BOOLEAN, major_code VARCHAR)"
        )
        made.executemany(
            "INSERT INTO hed.hed_records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [[*row.values()] for row in ROWS]
        )
        yield made


Same = Callable[[Condition, Callable[[dict[str, Any]], bool]], None]


@pytest.fixture(scope="module")
def same(connection: duckdb.DuckDBPyConnection) -> Same:
    def check(condition: Condition, python: Callable[[dict[str, Any]], bool]) -> None:
        query = paging.count(every(Filters(majors=("CSCI",)), [condition]))
        sent = statement(query, dialect="duckdb", table=TableName("hed", "hed_records"), columns=COLUMNS)
        found = connection.execute(sent.text, sent.parameters).fetchall()
        assert found == [(sum(1 for row in ROWS if row["major_code"] == "CSCI" and python(row)),)]

    return check


texts = st.sampled_from([word for word in WORDS if word]) | st.text("aAbé%_'\"\\:{", min_size=1, max_size=2)


@settings(max_examples=40, deadline=None)
@given(text=texts)
def test_what_contains_a_text_does_so_in_any_case_and_literally(same: Same, text: str) -> None:
    same(
        matching.contains(WORD, text, "m"), lambda row: row["word"] is not None and text.lower() in row["word"].lower()
    )


@settings(max_examples=20, deadline=None)
@given(text=texts | st.sampled_from(["csci", "1", "17"]))
def test_a_search_looks_in_every_text_column(same: Same, text: str) -> None:
    columns = [column for column in COLUMNS if column.kind == "text"]
    same(
        matching.found(columns, text),
        lambda row: any(text.lower() in (row[column.name] or "").lower() for column in columns),
    )


@settings(max_examples=20, deadline=None)
@given(values=st.lists(texts, max_size=4))
def test_one_of_is_exact(same: Same, values: list[str]) -> None:
    same(matching.one_of(WORD, values, "m"), lambda row: row["word"] in values)


@settings(max_examples=30, deadline=None)
@given(low=st.none() | st.sampled_from(NUMBERS), high=st.none() | st.sampled_from(NUMBERS))
def test_a_range_of_numbers_has_both_its_ends(same: Same, low: float | None, high: float | None) -> None:
    for column in (AMOUNT, COUNT):
        same(
            matching.between(column, low, high, "m"),
            lambda row, name=column.name: (
                row[name] is not None and (low is None or row[name] >= low) and (high is None or row[name] <= high)
            ),
        )


days = st.none() | st.dates(date(2024, 2, 27), date(2024, 3, 3)) | st.sampled_from([date.min, date.max])


@settings(max_examples=40, deadline=None)
@given(low=days, high=days)
def test_a_range_of_days_has_its_last_day_whole(same: Same, low: date | None, high: date | None) -> None:
    def inside(day: date | None) -> bool:
        return day is not None and (low is None or day >= low) and (high is None or day <= high)

    same(matching.between(DAY, low, high, "m"), lambda row: inside(row["day"]))
    same(matching.between(MOMENT, low, high, "m"), lambda row: inside(row["moment"] and row["moment"].date()))


def test_empty_is_null_and_a_text_without_characters(same: Same) -> None:
    same(matching.empty(WORD), lambda row: not row["word"])
    same(matching.filled(WORD), lambda row: bool(row["word"]))
    same(matching.empty(AMOUNT), lambda row: row["amount"] is None)
    same(matching.filled(AMOUNT), lambda row: row["amount"] is not None)


def test_no_is_not_the_same_as_empty(same: Same) -> None:
    same(matching.true(YES), lambda row: row["yes"] is True)
    same(matching.false(YES), lambda row: row["yes"] is False)


def test_conditions_add_up_and_keep_their_values_apart(same: Same) -> None:
    both = every(Filters(), [matching.between(AMOUNT, 0.0, None, "match_0"), matching.between(COUNT, 2, 3, "match_1")])
    assert dict(both.parameters) == {"match_0_low": 0.0, "match_1_low": 2, "match_1_high": 3}
    same(
        both,
        lambda row: row["amount"] is not None and row["amount"] >= 0 and row["count"] is not None and row["count"] >= 2,
    )

"""From a query to a warehouse's SQL: names, placeholders, deleted rows, and values that a person can copy."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from tests.support.student_success import ROOT
from warehouse import dialects
from warehouse.protocol import Column, TableName
from warehouse.query import Query, Value

TABLE = TableName("hed", "hed_records", "lake")
DIALECTS = ("duckdb", "snowflake", "databricks", "bigquery")
CLIENTS = ("snowflake.connector", "databricks.sql", "google.cloud.bigquery", "google.auth")
FIRST, LAST = datetime(1000, 1, 1), datetime(3000, 1, 1)  # noqa: DTZ001  # in whichever zone
HARMLESS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40)


def sent(sql: str, dialect: str, *columns: Column, table: TableName = TABLE, **bound: Any) -> str:
    return dialects.statement(Query(sql, bound), dialect=dialect, table=table, columns=columns).text


def test_names_are_as_the_warehouse_writes_them() -> None:
    text = sent("select record_id as r from records where records.n > 1", "snowflake", Column("RECORD_ID", "text"))
    assert text == 'SELECT "RECORD_ID" AS "r" FROM "lake"."hed"."hed_records" AS "records" WHERE "records"."n" > 1'


def test_placeholders_are_each_clients_own() -> None:
    sql = "select * from records where a = :two and b in (:one, :two)"
    bound = {"one": 1, "two": 2}
    ends = {
        "duckdb": '"a" = $two AND "b" IN ($one, $two)',
        "databricks": "`a` = :two AND `b` IN (:one, :two)",
        "bigquery": "`a` = @two AND `b` IN (@one, @two)",
    }
    for dialect, end in ends.items():
        statement = dialects.statement(Query(sql, bound), dialect=dialect, table=TABLE, columns=())
        assert statement.text.endswith(end)
        assert statement.parameters == bound
    statement = dialects.statement(Query(sql, bound), dialect="snowflake", table=TABLE, columns=())
    assert statement.text.endswith('"a" = ? AND "b" IN (?, ?)')
    assert statement.parameters == [2, 1, 2]


def test_what_looks_like_a_placeholder_within_quotes_is_none() -> None:
    name = 'a ␟:x␟ "?" $y @z'
    quoted = name.replace('"', '""')
    sql = f"select \"{quoted}\", ':x ? $x @x' from records where b = :x"
    for dialect in DIALECTS:
        statement = dialects.statement(
            Query(sql, {"x": 1}), dialect=dialect, table=TABLE, columns=[Column(name, "text")]
        )
        tree = sqlglot.parse_one(statement.text, read=dialect)
        assert tree.selects[0].name == name
        assert tree.selects[1].name == ":x ? $x @x"
        assert len(statement.parameters) == 1


def test_a_placeholder_without_a_value_is_a_mistake() -> None:
    with pytest.raises(KeyError, match=":x"):
        sent("select 1 from records where a = :x", "duckdb")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_deleted_rows_are_not_seen(dialect: str) -> None:
    text = sent("select count(*) from records r", dialect, Column("_fivetran_deleted", "boolean"))
    tree = sqlglot.parse_one(text, read=dialect)
    assert tree.find(exp.Subquery).alias == "r"
    assert "_fivetran_deleted" in tree.find(exp.Where).sql()


def test_snowflake_counts_in_floating_point() -> None:
    assert sent("select a / b, avg(a), 1.5 * a, a // b from records", "snowflake") == (
        'SELECT CAST("a" AS DOUBLE) / "b", AVG(CAST("a" AS DOUBLE)), CAST(1.5 AS DOUBLE) * "a", '
        'TRUNC(CAST("a" AS DOUBLE) / "b") FROM "lake"."hed"."hed_records" AS "records"'
    )


def test_quantiles_are_exact_where_the_warehouse_has_exact_ones() -> None:
    sql = "select quantile_cont(a, 0.25) as q from records"
    assert 'PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY CAST("a" AS DOUBLE))' in sent(sql, "snowflake")
    assert "PERCENTILE(`a`, 0.25)" in sent(sql, "databricks")
    assert "APPROX_QUANTILES(`a`, 100)[OFFSET(25)]" in sent(sql, "bigquery")
    assert [dialects.approximates(Query(sql), dialect) for dialect in DIALECTS] == [False, False, False, True]
    shown = [dialects.shown(Query(sql), dialect=dialect, table=TABLE, columns=()) for dialect in DIALECTS]
    said = [text.startswith("-- BigQuery's quantiles") for text in shown]
    assert said == [False, False, False, True]


def test_bigquery_compares_one_kind_of_time() -> None:
    text = sent("select count(*) from records where t > cast(:x as timestamp)", "bigquery", Column("t", "time"), x=1)
    assert "(SELECT * REPLACE (CAST(`t` AS DATETIME) AS `t`) FROM `lake`.`hed`.`hed_records`) AS `records`" in text
    assert text.endswith("`t` > CAST(@x AS DATETIME)")


def test_bigquery_has_like_without_escape() -> None:
    assert sent("select 1 from records where a like :x escape '\\'", "bigquery", x="%").endswith("`a` LIKE @x")
    with pytest.raises(ValueError, match="another sign than a backslash"):
        sent("select 1 from records where a like :x escape '!'", "bigquery", x="%")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nulls_come_last_whichever_way_is_sorted(dialect: str) -> None:
    text = sent("select a from records order by a desc, b", dialect)
    order = sqlglot.parse_one(text, read=dialect).args["order"].expressions
    assert [bool(item.args.get("nulls_first")) for item in order] == [False, False]


VALUES = st.one_of(
    HARMLESS,
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.dates(),
    st.datetimes(FIRST, LAST),
    st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; CREATE TABLE t AS SELECT 1 AS a")
        yield connection


@settings(max_examples=25)
@given(value=HARMLESS)
def test_a_text_that_is_shown_is_the_text_that_was_meant(value: str) -> None:
    query = Query("select 1 from records where a = :x", {"x": value})
    for dialect in DIALECTS:
        text = dialects.shown(query, dialect=dialect, table=TABLE, columns=())
        literal = sqlglot.parse_one(text, read=dialect).find(exp.EQ).expression
        assert literal.name == value, dialect


@settings(max_examples=40)
@given(value=VALUES)
def test_what_is_shown_answers_as_what_is_sent(connection: duckdb.DuckDBPyConnection, value: Value) -> None:
    query = Query(
        "select case when 1 = 1 then :x end as x, case when :x is null then 1 else 0 end as n from records",
        {"x": value},
    )
    table = TableName("main", "t")
    statement = dialects.statement(query, dialect="duckdb", table=table, columns=())
    meant = connection.execute(statement.text, statement.parameters).fetchall()
    shown = dialects.shown(query, dialect="duckdb", table=table, columns=())
    assert connection.execute(shown).fetchall() == meant


def test_a_date_is_shown_as_a_date() -> None:
    query = Query("select * from records where t >= cast(:x as timestamp)", {"x": date(2025, 9, 1)})
    shown = dialects.shown(query, dialect="duckdb", table=TableName("hed", "hed_records"), columns=())
    assert shown.endswith("CAST(CAST('2025-09-01' AS DATE) AS TIMESTAMP)")
    assert "\n" in shown


def test_no_client_is_imported_until_a_warehouse_is_reached() -> None:
    code = f"import sys, settings; print([name for name in {CLIENTS} if name in sys.modules])"
    words = [sys.executable, "-c", code]
    folder = ROOT / "apps" / "student_success"
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"

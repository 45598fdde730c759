"""Every query of the app, on every warehouse: the same rows as DuckDB's, from the same records."""

import math
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from cohort.filters import EVERYBODY, NONE, Filters
from tests.student_success.warehouse.stand_ins import StandIn
from tests.support.student_success_queries import all_queries, modules_that_ask
from warehouse import dialects
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import Column, Statement, TableName

TABLE = TableName("hed", "hed_records")
SOME = Filters(
    majors=("ACCT", "BIOL", "CSCI", "O'Hara; --", NONE),
    standings=("Good Standing", "Academic Warning", "Academic Probation"),
    at_risk=False,
    enrolled_from=date(2019, 8, 18),
    enrolled_to=date(2023, 8, 11),
)
WHO = {"everybody": EVERYBODY, "some": SOME}
BIGQUERY_FUNCTIONS = {
    "ABS", "APPROX_QUANTILES", "AVG", "CAST", "CEIL", "COALESCE", "CONCAT", "CORR", "COUNT", "DATE_DIFF", "DATE_TRUNC",
    "DATETIME_DIFF", "DENSE_RANK", "EXP", "EXTRACT", "FLOOR", "IF", "INSTR", "LAG", "LEAD", "LENGTH", "LN", "LOWER",
    "MAX", "MD5", "MIN", "MOD", "NTILE", "NULLIF", "OFFSET", "POWER", "RANK", "REPLACE", "ROUND", "ROW_NUMBER", "SIGN",
    "SQRT", "STARTS_WITH", "STDDEV_SAMP", "SUBSTR", "SUBSTRING", "SUM", "TIMESTAMP_TRUNC", "TO_HEX", "TRIM", "UPPER",
}  # fmt: skip
"""Functions of GoogleSQL's that answer what DuckDB's do; what is not in its reference, no query may use."""
KEYWORDS = {"AND", "OR", "IN", "AS", "BY", "FROM", "ON", "OVER", "WHEN", "THEN", "ELSE", "NOT", "WHERE", "USING", "ALL"}
UNDECIDED = "explorer.paging: without a key"
"""Without a key, which of the rows that sort alike come first is nobody's decision."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def columns_of(file: Path) -> tuple[Column, ...]:
    with DuckDBFile(file).connect() as session:
        return session.columns(TABLE)


def test_every_module_that_asks_says_what() -> None:
    asked = {name.partition(": ")[0] for name in all_queries(EVERYBODY)}
    assert not set(modules_that_ask()) - asked


@pytest.mark.parametrize("who", WHO)
def test_duckdb_answers_every_query(file: Path, who: str) -> None:
    columns, wrong = columns_of(file), {}
    with DuckDBFile(file).connect() as session:
        for name, query in all_queries(WHO[who]).items():
            try:
                session.rows(dialects.statement(query, dialect="duckdb", table=TABLE, columns=columns))
            except (KeyError, WarehouseError) as error:
                wrong[name] = str(error)
    assert not wrong


def test_a_query_names_the_columns_that_it_reads(file: Path) -> None:
    there = {column.name for column in columns_of(file)}
    for name, query in all_queries(SOME).items():
        tree = sqlglot.parse_one(query.sql, read="duckdb")
        aliases = {alias.alias for alias in tree.find_all(exp.Alias)}
        read = {column.name for column in tree.find_all(exp.Column)} & there
        assert read - aliases <= set(query.columns), name


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", WHO)
def test_a_remote_warehouse_answers_what_duckdb_does(file: Path, remote: StandIn, who: str) -> None:
    columns, there, wrong = columns_of(file), remote.ask(remote.table), {}
    assert [(column.name, column.kind) for column in there] == [(column.name, column.kind) for column in columns]
    with DuckDBFile(file).connect() as session:
        for name, query in all_queries(WHO[who]).items():
            here = session.rows(dialects.statement(query, dialect="duckdb", table=TABLE, columns=columns))
            sent = dialects.statement(query, dialect=remote.dialect, table=remote.table, columns=there)
            try:
                rows = remote.ask(sent)
            except WarehouseError as error:
                wrong[name] = f"{error}: {sent.text}"
                continue
            if name.startswith(UNDECIDED):
                here, rows = ([_decided(row) for row in some] for some in (here, rows))
            if difference := _difference(here, rows, ordered=" order by " in f" {query.sql} "):
                wrong[name] = f"{difference}: {sent.text}"
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_shown_answers_the_same_as_what_is_sent(file: Path, remote: StandIn) -> None:
    there, wrong = remote.ask(remote.table), {}
    queries = {name: query for name, query in all_queries(SOME).items() if not name.startswith(UNDECIDED)}
    for name, query in queries.items():
        sent = dialects.statement(query, dialect=remote.dialect, table=remote.table, columns=there)
        shown = dialects.shown(query, dialect=remote.dialect, table=remote.table, columns=there)
        unbound = Statement(shown, [] if remote.dialect == "snowflake" else {})
        if difference := _difference(remote.ask(sent), remote.ask(unbound), ordered=False):
            wrong[name] = f"{difference}: {shown}"
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


@pytest.mark.parametrize("who", WHO)
def test_every_query_can_be_said_in_bigquerys_sql(file: Path, who: str) -> None:
    """BigQuery cannot be run here: what is sent to it is compiled, read back, and has no function that it has not."""
    table, columns = TableName("hed", "hed_records", "project-1"), columns_of(file)
    for name, query in all_queries(WHO[who]).items():
        sent = dialects.statement(query, dialect="bigquery", table=table, columns=columns)
        tree = sqlglot.parse_one(sent.text, read="bigquery")
        assert tree.sql(dialect="bigquery") == sent.text, name
        assert _functions(sent.text) <= BIGQUERY_FUNCTIONS, name
        assert set(re.findall(r"@(\w+)", sent.text)) == set(sent.parameters), name


@pytest.mark.parametrize("dialect", ["duckdb", "snowflake", "databricks", "bigquery"])
def test_a_value_is_never_in_the_text(file: Path, dialect: str) -> None:
    table, columns = TableName("hed", "hed_records", "lake"), columns_of(file)
    for name, query in all_queries(SOME).items():
        sent = dialects.statement(query, dialect=dialect, table=table, columns=columns)
        assert "O'Hara" not in sent.text, name


def _functions(sql: str) -> set[str]:
    """Return the names before a parenthesis, outside quotes."""
    bare = re.sub(r"'(?:[^'\\]|\\.)*'|`[^`]*`", "''", sql)
    return {name.upper() for name in re.findall(r"\b([A-Za-z_][A-Za-z0-9_]*)\s*\(", bare)} - KEYWORDS


def _difference(here: list[dict[str, Any]], there: list[dict[str, Any]], *, ordered: bool) -> str:
    if len(here) != len(there):
        return f"{len(there)} rows, not {len(here)}"
    pairs = zip(here, there, strict=True) if ordered else zip(_sorted(here), _sorted(there), strict=True)
    for place, (mine, theirs) in enumerate(pairs):
        if mine.keys() != theirs.keys():
            return f"columns {list(theirs)}, not {list(mine)}"
        for name, value in mine.items():
            if not _same(value, theirs[name]):
                return f"row {place}: {name} is {theirs[name]!r}, not {value!r}"
    return ""


def _decided(row: dict[str, Any]) -> dict[str, Any]:
    """Return what such a row is sorted by."""
    return {name: value for name, value in row.items() if name in ("cell_1", "page_value")}


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [_rough(value) for value in row.values()])


def _rough(value: Any) -> str:
    return f"{value:.6e}" if isinstance(value, int | float) else str(value)


def _same(here: Any, there: Any) -> bool:
    if isinstance(here, datetime | date) and isinstance(there, datetime | date):
        return _moment(here) == _moment(there)
    if here is None and isinstance(there, datetime):
        return _moment(there) == EPOCH  # fakesnow's server says so of a time that is none
    if isinstance(here, bool) or isinstance(there, bool) or isinstance(here, str):
        return type(here) is type(there) and here == there
    if here is None or there is None:
        return here is there
    return math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-12)


def _moment(value: date) -> datetime:
    """Return a date, or a date with a time of day in whichever zone, as the latter in UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)

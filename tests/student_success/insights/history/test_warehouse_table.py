"""The history in a table of the warehouse: its statements, run by DuckDB in the place of Snowflake and Databricks, and
parsed as theirs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings

from insights.history.protocol import HistoryError
from insights.history.warehouse_table import WarehouseHistory
from insights.report import Report
from tests.support.reports import report, reports
from tests.support.student_success import filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import Column, Statement, TableName
from warehouse.query import Row


@dataclass
class Written:
    """A DuckDB that lets the app write, in the clothes of another warehouse."""

    connection: duckdb.DuckDBPyConnection
    dialect: str = "duckdb"
    place: str = "far away"
    asked: list[Statement] = field(default_factory=list)

    @contextmanager
    def connect(self) -> Iterator["Written"]:
        yield self

    def version(self) -> str:
        return "1"

    def columns(self, table: TableName) -> tuple[Column, ...]:
        return ()

    def rows(self, statement: Statement) -> list[Row]:
        names = ("id", "made_at", "area", "report")
        return [dict(zip(names, row, strict=True)) for row in self._run(statement).fetchall()]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        yield self.rows(statement)

    def execute(self, statement: Statement) -> None:
        self._run(statement)

    def _run(self, statement: Statement) -> duckdb.DuckDBPyConnection:
        self.asked.append(statement)
        text = re.sub(r":(p\d)", r"$\1", statement.text)
        try:
            return self.connection.execute(text, statement.parameters)
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from error


@pytest.fixture(params=["duckdb", "snowflake", "databricks"])
def warehouse(request: pytest.FixtureRequest) -> Iterator[Written]:
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS \"My Data?\"")
        yield Written(connection, request.param)


@pytest.fixture
def history(warehouse: Written) -> WarehouseHistory:
    # DuckDB does not read Databricks' quotes.
    return WarehouseHistory(warehouse, None if warehouse.dialect == "databricks" else "My Data?")


def test_a_history_that_nobody_wrote_to_is_empty(history: WarehouseHistory) -> None:
    assert history.page(9) == []
    assert history.get("x") is None


def test_reports_are_kept_paged_and_deleted(history: WarehouseHistory) -> None:
    made = [report(number // 2, id=f"r{number}", outcome=("failed", "finished")[number % 2]) for number in range(5)]
    for each in made:
        history.add(each)
    newest = sorted(made, key=lambda each: (each.made_at, each.id), reverse=True)
    assert history.page(3) == newest[:3]
    assert history.page(3, newest[2]) == newest[3:]
    assert history.page(9, outcome="failed") == [each for each in newest if each.outcome == "failed"]
    assert history.page(9, area="financial_impact") == []
    history.delete("r2")
    assert history.get("r2") is None
    assert len(history.page(9)) == 4


def test_a_report_that_is_kept_again_is_there_once(history: WarehouseHistory) -> None:
    history.add(report(0, text="first"))
    history.add(report(0, text="second"))
    assert [each.text for each in history.page(9)] == ["second"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=10)
@given(made=reports())
def test_a_report_comes_back_as_it_was(history: WarehouseHistory, made: Report) -> None:
    history.add(made)
    assert history.get(made.id) == made


def test_nothing_is_made_where_somebody_made_it(warehouse: Written, history: WarehouseHistory) -> None:
    history.add(report(0))
    warehouse.asked.clear()
    history.add(report(1))
    assert [statement.text.split()[0] for statement in warehouse.asked] == ["MERGE"]


def test_every_statement_is_one_of_the_warehouses_own_and_holds_no_value(
    warehouse: Written, history: WarehouseHistory
) -> None:
    hostile = report(0, id="'; DROP TABLE x; --", text="'; DROP TABLE y; --")
    history.add(hostile)
    history.page(5, hostile, area="a", outcome="failed")
    history.get(hostile.id)
    history.delete(hostile.id)
    for statement in warehouse.asked:
        assert "DROP TABLE" not in statement.text
        assert len(sqlglot.parse(statement.text, read=warehouse.dialect)) == 1


def test_a_warehouse_that_is_only_read_says_where_else_reports_can_be_kept(tmp_path: Path) -> None:
    file = DuckDBFile(filled(tmp_path / "warehouse.db", simulated(1)))
    with pytest.raises(HistoryError, match="is only read: set STUDENT_SUCCESS_HISTORY to a file"):
        WarehouseHistory(file).add(report())


def test_a_warehouse_that_refuses_says_why_in_one_line(history: WarehouseHistory, warehouse: Written) -> None:
    warehouse.connection.close()
    for use in (lambda: history.add(report()), lambda: history.page(5), lambda: history.delete("x")):
        with pytest.raises(HistoryError, match=r"student_success_app\.insights in far away cannot be") as raised:
            use()
        assert "\n" not in str(raised.value)

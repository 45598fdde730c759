"""Where the reports are kept."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from cohort.cohort import Place
from insights.history.opening import history_of
from insights.history.sqlite import SQLiteHistory
from insights.history.warehouse_table import WarehouseHistory
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName


@dataclass
class Remote:
    dialect: str
    place: str = "far away"


def test_beside_a_file(tmp_path: Path) -> None:
    place = Place(DuckDBFile(tmp_path / "warehouse.db"), TableName("hed", "hed_records"))
    assert history_of({}, place) == SQLiteHistory(tmp_path / "insights.db")


@pytest.mark.parametrize("dialect", ["duckdb", "snowflake", "databricks", "bigquery"])
def test_where_the_setting_says(tmp_path: Path, dialect: str) -> None:
    place = Place(Remote(dialect), TableName("hed", "hed_records"))
    path = tmp_path / "kept.db"
    assert history_of({"STUDENT_SUCCESS_HISTORY": str(path)}, place) == SQLiteHistory(path)


@pytest.mark.parametrize("dialect", ["snowflake", "databricks"])
def test_in_the_records_database_where_no_disk_is_kept(dialect: str) -> None:
    history = history_of({}, Place(Remote(dialect), TableName("hed", "hed_records", "main")))
    assert isinstance(history, WarehouseHistory)
    assert history.place == "main.student_success_app.insights in far away"


def test_in_a_file_where_the_app_only_reads() -> None:
    history = history_of({}, Place(Remote("bigquery"), TableName("hed", "hed_records", "project")))
    assert history == SQLiteHistory(Path("files/insights.db"))

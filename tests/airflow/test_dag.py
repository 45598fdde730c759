"""dags/hed.py as Airflow reads it, and its last task, which looks into the warehouse."""

import threading
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from tests.airflow.airflow_process import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first makes the environment


@pytest.fixture
def warehouse(tmp_path):
    """Write a table with rows of some age."""
    file = tmp_path / "warehouse.db"

    def write(*ages: timedelta):
        with duckdb.connect(str(file)) as database:
            database.execute("CREATE SCHEMA hed")
            database.execute("CREATE TABLE hed.hed_records (student_id VARCHAR, _fivetran_synced TIMESTAMPTZ)")
            for age in ages:
                database.execute("INSERT INTO hed.hed_records VALUES ('S-4711', ?)", [datetime.now(UTC) - age])
        return file

    return write


def test_the_dag_has_what_a_dag_needs(airflow):
    dag = airflow.ask(describe=None)
    assert dag["dags"] == ["hed"]
    assert dag["files"] == ["hed.py"]  # and not the plugin
    assert dag["schedule"] == "@hourly"
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1
    assert dag["tags"] == ["fivetran", "hed"]
    assert "hed_connection_id" in dag["doc"]
    tasks = dag["tasks"]
    assert {name: (task["type"], task["upstream"]) for name, task in tasks.items()} == {
        "sync": ("FivetranOperator", []),
        "wait": ("FivetranSensor", ["sync"]),
        "check_rows": ("_PythonDecoratedOperator", ["wait"]),
    }
    for task in tasks.values():
        assert task["owner"] == "data-engineering"
        assert task["retries"] == 2
        assert task["retry_delay"] == 300
        assert task["execution_timeout"] > 0
        assert task["doc"]
    assert tasks["sync"]["deferrable"]
    assert tasks["wait"]["deferrable"]


def test_the_files_of_the_dag_name_no_credential_and_import_nothing_of_ours():
    for file in (ROOT / "dags").rglob("*.py"):
        text = file.read_text()
        assert "fivetran_local" not in text.replace("local_fivetran", "")
        assert "import fivetran_tools" not in text
        assert "password" not in text


def test_rows_that_are_new_enough_are_counted(airflow, warehouse):
    file = warehouse(timedelta(hours=3), timedelta(days=9))
    assert airflow.ask(check=[str(file), "hed.hed_records", "4"]) == {"returned": 2}


@pytest.mark.parametrize(
    ("ages", "table", "says"),
    [
        ([timedelta(hours=5)], "hed.hed_records", "the newest row of hed.hed_records is 5:00:0"),
        ([timedelta(hours=-2)], "hed.hed_records", "in the future"),
        ([], "hed.hed_records", "hed.hed_records is empty"),
        ([timedelta()], "hed.other", "has no table hed.other"),
        ([timedelta()], "hed.hed_records; DROP TABLE hed.hed_records", "write schema.table in lower case"),
    ],
    ids=["old", "future", "empty", "no table", "no name"],
)
def test_what_is_wrong_is_said_in_one_line_without_a_value(airflow, warehouse, ages, table, says):
    said = airflow.ask(check=[str(warehouse(*ages)), table, "4"])["raised"]
    assert says in said
    assert len(said.splitlines()) == 1
    assert "S-4711" not in said


def test_a_warehouse_that_is_not_there_is_named(airflow, tmp_path):
    said = airflow.ask(check=[str(tmp_path / "none.db"), "hed.hed_records", "4"])["raised"]
    assert f"the warehouse {tmp_path}/none.db cannot be opened" in said
    assert not (tmp_path / "none.db").exists()


def test_a_landing_sync_is_waited_for(airflow, warehouse):
    file = warehouse(timedelta())
    held = duckdb.connect(str(file))
    threading.Timer(1.5, held.close).start()
    assert airflow.ask(check=[str(file), "hed.hed_records", "4"]) == {"returned": 1}


def test_a_run_fails_at_its_last_task_where_nothing_is_new_enough(airflow, hed):
    ended = airflow.run(deferrable=True, variables=hed.variables, params={"max_age_hours": 0})
    assert ended.tasks == {"sync": "success", "wait": "success", "check_rows": "failed"}
    assert ended.tries["check_rows"] == 3
    assert "more than 0" in ended.log

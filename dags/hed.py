"""The HED pipeline in Airflow: Fivetran syncs the student records, then the warehouse is looked into.

Settings are Airflow Variables, read when a task runs: `hed_connection_id`, `hed_warehouse` and, unless the connection's
schema is named `hed`, `hed_table`. The credentials are in the Airflow connection `fivetran_default`. See
docs/airflow.md.
"""

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pendulum
from airflow.sdk import Param, dag, task
from fivetran_provider_async.operators import FivetranOperator
from fivetran_provider_async.sensors import FivetranSensor

if TYPE_CHECKING:
    import duckdb

CONNECTION_ID: Final = "{{ var.value.hed_connection_id }}"

_LOCK_SECONDS: Final = 60.0
"""How long the warehouse's file may be held by a landing sync, or by another reader, before the check gives up."""
_CLOCKS_APART_SECONDS: Final = 60.0
"""How far in the future a row may be from: no two clocks are quite the same."""
_TABLE: Final = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")


@dag(
    dag_id="hed",
    description="Higher Education student records: Fivetran to the warehouse, checked.",
    # A sync that finds nothing new is one call of the function; what advisors look at is an hour old at most.
    schedule="@hourly",
    start_date=pendulum.datetime(2025, 1, 1, tz="UTC"),
    catchup=False,  # a sync reads all that is new, so that hours missed need no runs of their own
    max_active_runs=1,  # a first sync may take hours
    dagrun_timeout=timedelta(hours=24),
    default_args={
        "owner": "data-engineering",
        "retries": 2,  # a second try goes on from the state that the first one kept
        "retry_delay": timedelta(minutes=5),
    },
    params={
        "max_age_hours": Param(24, type="number", minimum=0, description="How old the newest row may be."),
    },
    tags=["fivetran", "hed"],
    doc_md="""
### HED student records

Starts a sync of the Fivetran connection in the Variable `hed_connection_id`, waits for its end, and checks that the
table has rows and that the newest is not older than the parameter `max_age_hours`.

From its first run on this DAG is the connection's only schedule: the operator takes it off Fivetran's own.
Every task can be run again at any time; a sync goes on from where the last one stopped.
""",
)
def hed() -> None:
    """Sync, wait, check."""
    sync = FivetranOperator(
        task_id="sync",
        connector_id=CONNECTION_ID,
        deferrable=True,
        wait_for_completion=True,
        poll_frequency=30,
        execution_timeout=timedelta(hours=7),  # Fivetran stops calling a function after six
        doc_md="""
Starts a sync and waits for its end in the triggerer, without a worker. Unpauses the connection, and runs its setup
tests if they are not passed. A sync that runs already is waited for instead. Fails when the sync fails: the reason is
in the connection's log in Fivetran.
""",
    )
    wait = FivetranSensor(
        task_id="wait",
        connector_id=CONNECTION_ID,
        # Not what the operator returns: that is the end of the sync, and the sensor waits for a later one.
        completed_after_time="{{ dag_run.start_date.isoformat() }}",
        reschedule_wait_time=0,  # otherwise it sleeps until Fivetran's time inside the triggerer, which all share
        deferrable=True,
        poke_interval=30,
        execution_timeout=timedelta(minutes=30),
        doc_md="""
Passes when the connection has succeeded since this run began: also where `sync` was marked as done by hand, while the
sync itself goes on.
""",
    )
    rows = check_rows(
        warehouse="{{ var.value.hed_warehouse }}",
        table="{{ var.value.get('hed_table', 'hed.hed_records') }}",
        max_age_hours="{{ params.max_age_hours }}",
    )
    sync >> wait >> rows


@task(
    execution_timeout=timedelta(minutes=10),
    doc_md="""
Counts the rows and looks at the newest `_fivetran_synced`, in a warehouse that is a DuckDB file. A sync that finds
nothing new writes no row, so that freshness is a limit of age (`max_age_hours`) and not the time of this run.
""",
)
def check_rows(warehouse: str, table: str, max_age_hours: str) -> int:
    """Return how many rows the table has.

    Args:
        warehouse: A DuckDB file.
        table: `schema.table`.
        max_age_hours: How old the newest row may be.

    Raises:
        ValueError: there are no rows, or none is new enough; no message holds a value of a row.
    """
    import duckdb

    if not _TABLE.fullmatch(table):
        message = f"the Variable hed_table is {table!r}: write schema.table in lower case"
        raise ValueError(message)
    with _opened(warehouse) as database:
        try:
            row = database.execute(
                f"SELECT count(*), epoch(now()) - epoch(max(_fivetran_synced)) FROM {table}"  # noqa: S608  # checked
            ).fetchone()
        except duckdb.CatalogException:
            message = f"{warehouse} has no table {table}: did the sync land anything, and is hed_table right?"
            raise ValueError(message) from None
    rows, age_seconds = row or (0, None)
    if not rows or age_seconds is None:
        message = f"{table} is empty: look at the last sync in Fivetran, and at the function's log"
        raise ValueError(message)
    if age_seconds < -_CLOCKS_APART_SECONDS:
        message = (
            f"the newest row of {table} is {timedelta(seconds=round(-age_seconds))} in the future: is the clock right, "
            "here and where the row was written?"
        )
        raise ValueError(message)
    age = timedelta(seconds=max(0, round(age_seconds)))
    if age_seconds > float(max_age_hours) * 3600:
        message = f"the newest row of {table} is {age} old, more than {max_age_hours} h: does the source still change?"
        raise ValueError(message)
    print(f"{table}: {rows} rows, the newest {age} old")
    return int(rows)


def _opened(warehouse: str) -> "duckdb.DuckDBPyConnection":
    """Open a DuckDB file to read, waiting while another process has it open to write."""
    import duckdb

    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return duckdb.connect(warehouse, read_only=True)
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                message = f"the warehouse {warehouse} cannot be opened: {str(error).splitlines()[0]}"
                raise ValueError(message) from None
            if time.monotonic() >= deadline:
                message = f"the warehouse {warehouse} stayed locked for {_LOCK_SECONDS:g} s: run this task again"
                raise ValueError(message) from None
        time.sleep(0.2)


hed()

"""All of Airflow: its scheduler starts dags/hed.py, a worker and the triggerer run it, through its API server."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest

from tests.support.hed_connection import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first makes the environment

RUN_SECONDS = 180
SERVICES = {
    "api-server": [],
    "scheduler": ["--skip-serve-logs"],  # a server of logs would listen on every address
    "dag-processor": [],
    "triggerer": ["--skip-serve-logs"],
}


def test_the_schedule_starts_a_run_that_passes_through_the_triggerer(airflow, hed):
    variables = {
        **airflow.variables,
        **settings(),
        **{f"AIRFLOW_VAR_{name.upper()}": value for name, value in hed.variables.items()},
    }
    with ExitStack() as services:
        for name, options in SERVICES.items():
            words = [str(airflow.python.with_name("airflow")), name, *options]
            services.enter_context(running(words, variables, airflow.home / f"{name}.log"))
        deadline = time.monotonic() + RUN_SECONDS
        while (state := scheduled_run(airflow.home)) not in {"success", "failed"}:
            assert time.monotonic() < deadline, (state, tails(airflow.home))
            time.sleep(0.5)
    assert state == "success", tails(airflow.home)
    assert deferred(airflow.home)
    assert hed.rows() == ROWS


def settings() -> dict[str, str]:
    """What makes a whole Airflow of the one that the other tests use: on loopback, and with the DAG switched on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, which is long enough to sign tokens with it",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    }


@contextmanager
def running(words, variables, log):
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=variables, stdout=file, stderr=file, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a group of its own: what it started ends as well
        process.wait()


def scheduled_run(home) -> str | None:
    [row] = ask(home, "SELECT state FROM dag_run WHERE run_type = 'scheduled' LIMIT 1") or [(None,)]
    return row[0]


def deferred(home) -> bool:
    return b"final_state=deferred" in (home / "scheduler.log").read_bytes()


def ask(home, question: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=30)) as database:
        return database.execute(question).fetchall()


def tails(home) -> str:
    return "\n".join(
        f"== {name}\n" + "\n".join((home / f"{name}.log").read_text(errors="replace").splitlines()[-15:])
        for name in SERVICES
    )

"""The process of one sync: however it ends, it says so, and says nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from fivetran_local.records import SyncStatus
from fivetran_local.syncing.job import Ended, SyncJob
from fivetran_local.syncing.runner import SyncProcess
from fivetran_local.warehouse import Warehouse
from tests.support.function_over_http import function_over_http

ROOT = Path(__file__).parents[3]
TOKEN = "Zx81SuperSecretTokenValue0042"

IN_THIS_PROCESS = """
import sys, time, threading
from multiprocessing import Pipe
from pathlib import Path
from fivetran_local.errors import WarehouseError
from fivetran_local.syncing import process
from fivetran_local.syncing.job import CANCEL, Ended, SyncJob
from fivetran_local.warehouse import Warehouse

ours, theirs = Pipe()
job = SyncJob(connection="numbers", sync_id="s", warehouse=Path(sys.argv[1]), url=sys.argv[2])
{prepare}
process.run(job, theirs)
said = []
while ours.poll():
    said.append(ours.recv())
ended = said[-1]
assert isinstance(ended, Ended), said
print(ended.outcome.status, ended.outcome.reason, ended.record and ended.record.state)
"""


@pytest.fixture
def function():
    with function_over_http() as function:
        yield function


def heard(job):
    """Run a job in a process of its own; return what it said last."""
    said = []
    SyncProcess(job, said.append).listen()
    assert said, "it died without a word"
    assert isinstance(said[-1], Ended), said
    return said[-1]


def run_with(prepare, path, url):
    """Run a sync in a process in which something was prepared; return its last words."""
    words = [sys.executable, "-c", IN_THIS_PROCESS.format(prepare=prepare), path, url]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def job(tmp_path, url, **fields):
    return SyncJob(connection="numbers", sync_id="s", warehouse=tmp_path / "warehouse.db", url=url, **fields)


def test_whatever_breaks_a_sync_is_a_failure_in_one_line_that_quotes_nothing(tmp_path, function):
    ended = heard(job(tmp_path, function.url, secrets={"a": {"b"}}))
    assert ended.outcome.status is SyncStatus.FAILED
    assert ended.outcome.reason.startswith("the sync broke off with TypeError in ")
    assert "\n" not in ended.outcome.reason
    raising = "def broken(*_, **__): raise KeyError('a row')\nprocess.run_sync = broken"
    said = run_with(raising, tmp_path / "warehouse.db", function.url)
    assert said.startswith("failed the sync broke off with KeyError in <string>, line ")
    assert "a row" not in said


def test_a_sync_that_is_canceled_before_it_begins_says_that_it_was(tmp_path, function):
    said = run_with("ours.send(CANCEL)", tmp_path / "warehouse.db", function.url)
    assert said.startswith("canceled")


def test_whoever_cancels_twice_hears_of_it_once(tmp_path, function):
    twice = (
        "ours.send(CANCEL)\n"
        "send = process._Reports.send\n"
        "def send_late(*arguments):\n"
        "    ours.send(CANCEL)\n"
        "    time.sleep(0.3)\n"
        "    send(*arguments)\n"
        "process._Reports.send = send_late"
    )
    assert run_with(twice, tmp_path / "warehouse.db", function.url).startswith("canceled")


def test_a_sync_that_is_canceled_while_it_queries_says_that_it_was(tmp_path, function):
    Warehouse(tmp_path / "warehouse.db").set_state("numbers", {"page": 1})
    slow = (
        "from fivetran_local.catalog import Catalog\n"
        "def connection(catalog):\n"
        "    threading.Timer(0.05, ours.send, (CANCEL,)).start()\n"
        "    return catalog._all('SELECT count(*) FROM range(100_000_000_000) AS r WHERE sqrt(r.range) = 0.5')\n"
        "Catalog.connection = connection"
    )
    assert run_with(slow, tmp_path / "warehouse.db", function.url) == "canceled canceled None"


def test_a_success_is_told_though_the_warehouse_cannot_be_asked_after_it(tmp_path, function):
    unreadable = "def record(*_): raise WarehouseError('locked')\nWarehouse.record = record"
    assert run_with(unreadable, tmp_path / "warehouse.db", function.url) == "succeeded None None"
    assert Warehouse(tmp_path / "warehouse.db").row_counts("numbers") == {"numbers": 30}


def test_a_key_in_the_functions_address_is_not_in_the_reason_of_a_failure(tmp_path, function):
    function.failing = (500, {"errorMessage": f"no such path: /hook/{TOKEN}/run"})
    for url in (f"{function.url}hook/{TOKEN}/run", f"http://127.0.0.1:9/hook/{TOKEN}/run"):
        reason = heard(job(tmp_path, url)).outcome.reason
        assert "/hook/[secret]/run" in reason
        (kept, *_) = Warehouse(tmp_path / "warehouse.db").syncs("numbers")
        assert kept.error == reason

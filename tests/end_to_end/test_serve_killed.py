"""The local Fivetran is killed in the middle of syncs: nothing is lost, nothing stays behind, nothing looks failed."""

import os
import random
import signal
import time

import duckdb
import psutil
import pytest

from fivetran_local.niceness import NICENESS
from fivetran_local.records import SyncStatus
from tests.support.local_fivetran import served
from tests.support.simulated_hed import simulated_hed
from tests.support.waiting import until

pytestmark = pytest.mark.slow

ROWS = 6000


@pytest.fixture
def hed():
    with simulated_hed(ROWS) as source:
        yield source


@pytest.fixture
def fivetran(tmp_path):
    with served(tmp_path / "files") as running:
        yield running


def connected(fivetran, source, schema="hed"):
    config = {
        "schema": schema,
        "function_trigger": fivetran.announced["functions"][0]["url"],
        "secrets_list": [{"key": key, "value": value} for key, value in source.configuration.items()],
    }
    wanted = {"group_id": fivetran.group_id, "service": "google_cloud_function", "config": config}
    made = fivetran.request("POST", "/v1/connections", {**wanted, "paused": False, "schedule_type": "manual"})
    assert made["status"]["setup_state"] == "connected", made["setup_tests"]
    return made["id"]


def children(pid):
    return psutil.Process(pid).children(recursive=True)


def assert_all_gone(processes):
    # A function that was just starting may miss its signal, and ends with gunicorn's grace of 30 s.
    _, alive = psutil.wait_procs(processes, timeout=45)
    assert not alive, [process.cmdline() for process in alive]


def read(fivetran, text):
    """Return rows of the warehouse, none where there is no such table yet; syncs have it open now and then."""

    def attempt():
        try:
            with duckdb.connect(str(fivetran.warehouse), read_only=True) as database:
                return [database.execute(text).fetchall()]
        except duckdb.CatalogException:
            return [[]]
        except duckdb.IOException:
            return None

    return until(attempt)[0]


def landed(fivetran):
    return next(iter(read(fivetran, "SELECT count(*) FROM hed.hed_records")), (0,))[0]


def statuses(fivetran):
    return {status for (status,) in read(fivetran, "SELECT DISTINCT status FROM _fivetran_local.syncs")}


def now(fivetran, identity):
    return fivetran.get(f"/v1/connections/{identity}")


def is_syncing(connection):
    return connection["status"]["sync_state"] == "syncing"


@pytest.mark.parametrize("kind", ["sync", "resync"])
def test_a_sync_whose_server_is_killed_again_and_again_ends_as_if_nothing_had_happened(fivetran, hed, kind):
    chance = random.Random(kind)
    identity = connected(fivetran, hed)
    before = None
    if kind == "resync":
        before = synced(fivetran, identity)
    hed.spoil("slow", seconds=0.1)
    fivetran.request("POST", f"/v1/connections/{identity}/{kind}", {})
    kills = 0
    while kills < 5 and is_syncing(now(fivetran, identity)):
        time.sleep(chance.uniform(0.05, 1.2))
        processes = children(fivetran.pid)
        fivetran.kill()
        kills += 1
        assert_all_gone(processes)
        fivetran.start()
        until(lambda: is_syncing(now(fivetran, identity)))
        assert now(fivetran, identity)["failed_at"] is None
        assert kind == "sync" or landed(fivetran) == ROWS, "rows went before everything was sent again"
    assert kills == 5
    hed.mend()
    ended = until(lambda: (seen := now(fivetran, identity))["succeeded_at"] != before and not is_syncing(seen) and seen)
    assert ended["failed_at"] is None
    assert ended["status"]["sync_state"] == "scheduled"
    ((rows, keys),) = read(fivetran, "SELECT count(*), count(DISTINCT record_id) FROM hed.hed_records")
    assert (rows, keys) == (ROWS, ROWS)
    assert fivetran.get(f"/v1/connections/{identity}/state")["state"]["next_cursor"]
    assert SyncStatus.FAILED.value not in statuses(fivetran)
    calls = hed.asked()
    synced(fivetran, identity)
    assert hed.asked() - calls <= 2, "the next sync read old pages again"


def synced(fivetran, identity):
    """Sync; return when that succeeded."""
    before = now(fivetran, identity)["succeeded_at"]
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    return until(lambda: (ended := now(fivetran, identity)["succeeded_at"]) != before and ended)


def test_a_sync_whose_own_process_is_killed_fails_with_the_reason_and_the_next_one_goes_on(fivetran, hed):
    identity = connected(fivetran, hed)
    hed.spoil("slow", seconds=0.1)
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    before = until(lambda: landed(fivetran))
    (sync,) = [process for process in children(fivetran.pid) if is_a_sync(process)]
    assert sync.nice() == NICENESS, "it does not stand back for whoever answers questions"
    assert os.getsid(sync.pid) != os.getsid(fivetran.pid)
    sync.send_signal(signal.SIGKILL)
    failed = until(lambda: (seen := now(fivetran, identity))["failed_at"] and seen)
    assert "process died" in str(failed["status"]["tasks"])
    hed.mend()
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    until(lambda: now(fivetran, identity)["succeeded_at"])
    assert landed(fivetran) == ROWS > before > 0


def is_a_sync(process):
    """Whether it is forked from the forkserver: that starts nothing else."""
    return "forkserver" in " ".join(process.parent().cmdline())

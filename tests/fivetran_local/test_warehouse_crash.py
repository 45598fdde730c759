"""Killed at any instruction, the warehouse holds the rows of exactly the pages that its state says."""

import random
import select
import subprocess
import sys
from pathlib import Path

import pytest

from fivetran_local.records import Dropped, SyncStatus
from fivetran_local.warehouse import Warehouse
from tests.fivetran_local.land_until_killed import KEYED, KEYLESS
from tests.fivetran_local.warehouse_reading import query

SCRIPT = Path(__file__).with_name("land_until_killed.py")


def land_for_a_while(path, dice):
    """Kill the landing process some landings after its start, somewhere within one."""
    process = subprocess.Popen([sys.executable, SCRIPT, path], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(dice.randint(1, 6)):
            assert process.stdout.readline()
        # A landing takes some 50 ms. Whatever moment is hit, the promise is the same.
        select.select([], [], [], dice.uniform(0, 0.05))
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_state_and_rows_survive_together(tmp_path, seed):
    path, dice = tmp_path / "warehouse.db", random.Random(seed)
    warehouse = Warehouse(path)
    reached = 0
    for _ in range(8):
        land_for_a_while(path, dice)
        record = warehouse.record("crash")
        pages = record.state["page"] if record else 0
        assert pages >= reached
        reached = pages
        if not pages:
            continue
        expected = {f"{n}-{at}" for n in range(1, pages + 1) for at in range(n < pages, KEYED)}
        assert {key for (key,) in query(path, "SELECT id FROM crash.records")} == expected | {"counter"}
        assert warehouse.row_counts("crash") == {"records": len(expected) + 1, "log": pages * KEYLESS}
        assert query(path, "SELECT CAST(pages AS BIGINT) FROM crash.records WHERE id = 'counter'") == [(pages,)]
        log = "SELECT count(*), count(DISTINCT page), max(page) FROM crash.log"
        assert query(path, log) == [(pages * KEYLESS, pages, pages)]
        assert warehouse.last_sync("crash").status is SyncStatus.RUNNING
    assert reached > 8
    statuses = "SELECT status, count(*) FROM _fivetran_local.syncs GROUP BY 1"
    assert dict(query(path, statuses))["running"] == 1
    assert dict(query(path, statuses))["interrupted"] >= 1


FULL_DISK = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from fivetran_local.errors import WarehouseError
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table

path, schema = Path(sys.argv[1]), {"records": Table(("id",))}
warehouse = Warehouse(path)
sync = warehouse.begin("disk", "sync", datetime.now(UTC))
def land(n, rows):
    rows = [{"id": i, "text": f"{i * 7919:x}" * 40} for i in range(rows)]
    warehouse.land(sync, [FunctionResponse({"page": n}, {"records": rows}, schema=schema)], calls=n)
land(1, 100)
limit = path.stat().st_size + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    land(2, 50_000)
except WarehouseError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 100_000, 1_000_000])
def test_a_full_disk_leaves_the_warehouse_as_it_was(tmp_path, room):
    path = tmp_path / "warehouse.db"
    words = [sys.executable, "-c", FULL_DISK, path, str(room)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{path}: the disk is full: free some space and run again; nothing of this was kept\n"
    warehouse = Warehouse(path)
    assert warehouse.record("disk").state == {"page": 1}
    assert warehouse.row_counts("disk") == {"records": 100}


FIRST_LANDING = """
import os, resource, signal, sys
from pathlib import Path
from fivetran_local.errors import WarehouseError
from fivetran_local.warehouse import Warehouse

warehouse = Warehouse(Path(sys.argv[1]))
if sys.argv[2] == "killed":
    Path.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    warehouse.set_state("first", {"text": "long" * 10_000})
except WarehouseError as error:
    print(error)
"""


@pytest.mark.parametrize("end", ["killed", "0", "5000", "12288"])
def test_a_first_landing_that_is_cut_off_anywhere_leaves_a_place_for_the_next(tmp_path, end):
    path = tmp_path / "warehouse.db"
    words = [sys.executable, "-c", FIRST_LANDING, path, end]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if end == "killed":
        assert done.returncode == -9, done
    else:
        assert done.stdout == f"{path}: the disk is full: free some space and run again; nothing of this was kept\n"
    warehouse = Warehouse(path)
    assert (warehouse.record("first"), warehouse.row_counts("first"), warehouse.last_seen()) == (None, {}, {})
    warehouse.set_state("first", {"page": 1})
    assert warehouse.record("first").state == {"page": 1}
    assert not list(tmp_path.glob("*.new"))


def test_half_a_database_of_a_first_landing_is_made_anew(tmp_path):
    path = tmp_path / "warehouse.db"
    path.with_name("warehouse.db.new").write_bytes(b"\0" * 4096)
    Warehouse(path).set_state("first", {"page": 1})
    assert Warehouse(path).record("first").state == {"page": 1}


@pytest.mark.parametrize("is_link", [False, True])
def test_an_empty_file_is_no_warehouse_yet(tmp_path, is_link):
    path, warehouse = tmp_path / "warehouse.db", Warehouse(tmp_path / "warehouse.db")
    target = tmp_path / "elsewhere.db" if is_link else path
    target.touch()
    if is_link:
        path.symlink_to(target)
    assert warehouse.record("first") is None
    assert warehouse.reset("first") == Dropped()
    warehouse.set_state("first", {"page": 1})
    assert path.is_symlink() == is_link
    assert Warehouse(target).record("first").state == {"page": 1}


def test_what_a_removed_warehouse_had_written_last_does_not_come_back(tmp_path):
    path = tmp_path / "warehouse.db"
    words = (
        "import os, sys, duckdb\n"
        "database = duckdb.connect(sys.argv[1])\n"
        "database.execute('CHECKPOINT')\n"
        "database.execute('CREATE TABLE old (id INTEGER)')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", words, path], timeout=60, check=True)
    assert path.with_name("warehouse.db.wal").exists()
    path.unlink()
    Warehouse(path).set_state("new", {"page": 1})
    assert query(path, "SELECT table_name FROM duckdb_tables() WHERE table_name = 'old'") == []

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import psutil
import pytest

from fivetran_local.errors import WarehouseError
from fivetran_local.locking import exclusive
from fivetran_local.turns import turn_at
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = FunctionResponse({"page": 1}, {"users": [{"id": 1}]}, schema={"users": Table(("id",))})

HOLD_FILE = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read(); c.close()"
)
HOLD_LOCK = """
import sys
from pathlib import Path
from fivetran_local.warehouse import Warehouse
with Warehouse(Path(sys.argv[1])).sync_lock("hed"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder():
    """Start a process that holds something of the warehouse until its standard input is closed."""
    started = []

    def hold(program, path):
        words = [sys.executable, "-c", program, path]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        with process:  # waits, and closes its pipes
            process.stdin.close()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "warehouse.db"
    warehouse = Warehouse(path)
    warehouse.land(warehouse.begin("hed", "first", NOW), [PAGE], calls=1)
    return path


def test_who_holds_the_file_is_named(path, holder):
    process = holder(HOLD_FILE, path)
    warehouse = Warehouse(path, lock_wait_seconds=0.1)
    for use in (lambda: warehouse.begin("hed", "s", NOW), lambda: warehouse.reset("hed")):
        with pytest.raises(WarehouseError) as caught:
            use()
        assert f"(process {process.pid})" in str(caught.value)
        assert "python" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_reader_waits_for_its_turn(path, holder, monkeypatch):
    process = holder(HOLD_FILE, path)
    waits, sleep = [], time.sleep

    def let_go_and_sleep(seconds):
        waits.append(seconds)
        process.stdin.close()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", let_go_and_sleep)
    assert Warehouse(path, lock_wait_seconds=30).begin("hed", "s", NOW).state == {"page": 1}
    assert waits


def test_readers_and_writers_in_one_process_take_turns(path):
    warehouse = Warehouse(path)
    failures = []

    def use(number):
        try:
            sync = warehouse.begin(f"c{number}", "s", NOW)
            for _ in range(3):
                warehouse.land(sync, [PAGE], calls=1)
                assert warehouse.row_counts(f"c{number}") == {"users": 1}
        except Exception as error:  # noqa: BLE001  # a thread's failure is told by the test
            failures.append(error)

    threads = [threading.Thread(target=use, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []


def enter(lock):
    with lock:
        pass


def test_one_sync_of_a_connection_at_a_time(path, holder):
    process = holder(HOLD_LOCK, path)
    warehouse = Warehouse(path)
    with pytest.raises(WarehouseError, match=rf"a sync of 'hed' is already running in \S+ \(process {process.pid}\)"):
        enter(warehouse.sync_lock("hed"))
    enter(warehouse.sync_lock("other"))
    process.kill()
    process.wait(timeout=30)
    with warehouse.sync_lock("hed"), pytest.raises(WarehouseError, match=rf"process {os.getpid()}"):
        enter(warehouse.sync_lock("hed"))


def test_a_lock_can_be_taken_again(tmp_path):
    warehouse = Warehouse(tmp_path / "folder" / "warehouse.db")
    enter(warehouse.sync_lock("hed"))
    enter(warehouse.sync_lock("hed"))


def test_a_lock_without_room_for_the_holders_number_holds_all_the_same(tmp_path):
    words = (
        "import resource, sys; from pathlib import Path\n"
        "from fivetran_local.locking import exclusive\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "with exclusive(Path(sys.argv[1]), 'this'):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", words, tmp_path / "lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "held\n"
            with pytest.raises(WarehouseError, match="this is already running in another process"):
                enter(exclusive(tmp_path / "lock", "this"))
        finally:
            process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize("lock", ["exclusive", "turn"])
def test_a_file_system_without_locks_is_said_in_one_line(tmp_path, monkeypatch, lock):
    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    path = tmp_path / "warehouse.db"
    before = psutil.Process().num_fds()
    with pytest.raises(WarehouseError, match=r"the lock file \S+ cannot be locked: No locks available"):
        enter(exclusive(path, "this") if lock == "exclusive" else turn_at(path, 1))
    assert psutil.Process().num_fds() == before

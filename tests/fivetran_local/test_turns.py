import multiprocessing
import threading
import time
from contextlib import ExitStack

import pytest

from fivetran_local.errors import WarehouseError
from fivetran_local.turns import turn_at


def test_a_turn_waits_for_the_one_before_it(tmp_path):
    path, order = tmp_path / "w.db", []

    def second():
        with turn_at(path, 20):
            order.append("second")

    with ExitStack() as first:
        first.enter_context(turn_at(path, 1))
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]


def test_a_turn_that_does_not_come_is_an_error_and_is_not_taken_later(tmp_path):
    path = tmp_path / "w.db"
    late = pytest.raises(WarehouseError, match=r"w\.db was in use by other syncs")
    with turn_at(path, 1), late, turn_at(path, 0.05):
        pass
    with turn_at(path, 20):  # whoever gave up lets the next one pass
        pass


def test_a_folder_that_is_missing_has_no_line_to_stand_in(tmp_path):
    with turn_at(tmp_path / "missing" / "w.db", 1):
        pass


def test_an_interrupted_wait_leaves_the_turn_to_others(tmp_path, monkeypatch):
    path = tmp_path / "w.db"

    wait = threading.Event.wait

    def interrupted(event, timeout=None):
        if timeout == 7.5:
            raise KeyboardInterrupt
        return wait(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with turn_at(path, 1), pytest.raises(KeyboardInterrupt), turn_at(path, 7.5):
        pass
    with turn_at(path, 20):
        pass


def _take_turns(path, most, results, name):
    deadline = time.monotonic() + most
    turns = 0
    while time.monotonic() < deadline:
        with turn_at(path, 30):
            turns += 1
            time.sleep(0.002)
    results.put((name, turns))


@pytest.mark.slow
def test_nobody_starves_in_the_line(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_take_turns, args=(tmp_path / "w.db", 3.0, results, n)) for n in range(6)]
    for process in processes:
        process.start()
    turns = dict(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(30)
    assert min(turns.values()) * 4 > max(turns.values()), turns

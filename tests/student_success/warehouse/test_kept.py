"""Connections that are kept between pages: who gets which, and when one is given up."""

import threading

import pytest

from warehouse import kept
from warehouse.kept import KEPT, Kept


class Connections:
    """Numbered connections; which were closed, and which no longer answer."""

    def __init__(self) -> None:
        self.opened, self.closed, self.dead = 0, [], set()

    def open(self) -> int:
        self.opened += 1
        return self.opened

    def kept(self) -> Kept[int]:
        return Kept(self.open, self.closed.append, lambda connection: connection not in self.dead)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1000.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: clock[0])
    return clock


def test_the_next_page_gets_the_connection_of_the_last(now: list[float]) -> None:
    connections = Connections()
    pool = connections.kept()
    for _ in range(3):
        with pool.lent() as lease:
            assert lease.connection == 1
    assert (connections.opened, connections.closed) == (1, [])


def test_two_at_once_have_two(now: list[float]) -> None:
    connections = Connections()
    pool = connections.kept()
    with pool.lent() as first, pool.lent() as second:
        assert {first.connection, second.connection} == {1, 2}


def test_more_than_are_kept_are_closed_afterwards(now: list[float]) -> None:
    connections = Connections()
    pool = connections.kept()
    together = threading.Barrier(KEPT + 2, timeout=10)

    def page() -> None:
        with pool.lent():
            together.wait()

    pages = [threading.Thread(target=page) for _ in range(KEPT + 2)]
    for thread in pages:
        thread.start()
    for thread in pages:
        thread.join(10)
    assert (connections.opened, len(connections.closed)) == (KEPT + 2, 2)


def test_one_that_somebody_saw_fail_is_not_used_again(now: list[float]) -> None:
    connections = Connections()
    pool = connections.kept()
    with pool.lent() as lease:
        lease.spoiled = True
    with pytest.raises(RuntimeError), pool.lent() as lease:
        raise RuntimeError
    with pool.lent() as lease:
        assert lease.connection == 3
    assert connections.closed == [1, 2]


@pytest.mark.parametrize(("seconds", "dead", "again"), [(59, True, 1), (61, False, 1), (61, True, 2), (1201, False, 2)])
def test_one_that_rested_is_asked_whether_it_lives_and_one_too_old_is_not_used(
    now: list[float], seconds: float, dead: bool, again: int
) -> None:
    connections = Connections()
    pool = connections.kept()
    with pool.lent():
        pass
    now[0] += seconds
    connections.dead = {1} if dead else set()
    with pool.lent() as lease:
        assert lease.connection == again
    assert connections.closed == ([1] if again == 2 else [])

"""The warehouse is read for a page once, until something has happened to the connection."""

import pytest

from fivetran_local.pages.history import Histories
from fivetran_local.warehouse import Warehouse
from tests.fivetran_local.pages.conftest import synced


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the connections whose syncs were read, in order."""
    found = []
    real = Warehouse.syncs
    monkeypatch.setattr(Warehouse, "syncs", lambda *words, **more: found.append(words[1]) or real(*words, **more))
    return found


def test_what_is_known_is_not_read_again_until_a_sync_ended(connections, loaded, reads):
    histories = Histories(connections)
    before = histories.of(loaded)
    assert histories.of(loaded) is before
    assert len(reads) == 1
    synced(connections, loaded)
    assert len(histories.of(loaded).ended) == len(before.ended) + 1


def test_while_a_sync_runs_the_syncs_before_it_are_not_read_with_each_look(connections, loaded, function, reads):
    histories = Histories(connections)
    histories.of(loaded)
    function.release.clear()
    function.held_from = 0
    try:
        connections.update(loaded, paused=False)
        connections.sync(loaded)
        assert function.reached.acquire(timeout=20)
        del reads[:]
        for _ in range(3):
            histories.of(loaded)
        assert reads == []
    finally:
        function.held_from = None
        function.release.set()

"""The order of change, held against a plain list that does the same slowly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.hed_api.history import History

STEPS = st.lists(st.tuples(st.sampled_from(["change", "add", "read"]), st.integers(1, 12)), max_size=25)


def read_all(history: History, most: int, position: int = 0) -> list[dict]:
    rows: list[dict] = []
    while True:
        found = history.read(position, most)
        rows += found.records
        position = found.next_position
        assert len(found.records) == most or not found.has_more
        if not found.has_more:
            return rows


@given(rows=st.integers(0, 30), most=st.integers(1, 9), steps=STEPS)
def test_a_reader_that_keeps_its_place_sees_every_row_and_every_last_change(rows, most, steps):
    history = History(3, rows)
    place, seen = 0, {}
    for step, count in steps:
        if step == "change" and count <= history.rows:
            history.change(count)
        elif step == "add":
            history.add(count)
        elif step == "read":
            found = history.read(place, count)
            seen |= {row["record_id"]: row for row in found.records}
            place = found.next_position
    seen |= {row["record_id"]: row for row in read_all(history, most, place)}
    afresh = read_all(history, most)
    assert len(afresh) == len({row["record_id"] for row in afresh}) == history.rows
    assert seen == {row["record_id"]: row for row in afresh}
    epochs = [row["last_updated_epoch"] for row in afresh]
    assert epochs == sorted(epochs)


@given(st.integers(), st.integers(1, 40))
def test_the_same_calls_give_the_same_rows(seed, count):
    histories = [History(seed, 40), History(seed, 40)]
    for history in histories:
        history.change(count)
        history.add(3)
        history.change(2)
    assert read_all(histories[0], 7) == read_all(histories[1], 7)


def test_a_change_moves_rows_to_the_end_with_something_new():
    history = History(7, 100)
    before = {row["record_id"]: row for row in read_all(history, 10)}
    place = history.end
    history.change(25)
    changed = history.read(place, 200).records
    assert len({row["record_id"] for row in changed}) == 25
    newest = max(row["last_updated_epoch"] for row in before.values())
    for row in changed:
        assert row["student_id"] == before[row["record_id"]]["student_id"]
        assert row != {**before[row["record_id"]], "last_updated": row["last_updated"]}
        assert row["last_updated_epoch"] >= newest
    assert (history.rows, history.changes) == (100, 25)


def test_another_call_changes_other_rows():
    history = History(7, 1000)
    for _ in range(2):
        history.change(10)
    changed = history.read(1000, 100).records
    assert len({row["record_id"] for row in changed}) == len(changed) > 15


def test_a_read_makes_the_rows_it_gives_and_no_others():
    history = History(7, 10_000)
    for _ in range(3):
        history.change(9_000)
    made = history.records.made
    assert len(history.read(0, 100).records) == 100
    assert history.records.made == made + 100


def test_more_changes_than_rows_are_refused():
    history = History(7, 5)
    with pytest.raises(ValueError, match="cannot change 6 rows: there are 5"):
        history.change(6)
    assert read_all(history, 5) == read_all(History(7, 5), 5)

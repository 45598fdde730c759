"""States from the future come after those that they are made of, and nothing else is taken for moved back."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.conformance.states import from_the_future, moved_back, of_a_newer_version, same_but_for_tokens

pytestmark = pytest.mark.slow

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9)
TIMES = st.datetimes(max_value=datetime.fromisoformat("2900-01-01"), timezones=st.none() | st.just(UTC)).map(
    datetime.isoformat
)
DATES = st.dates(max_value=date(2900, 1, 1)).map(str)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | TIMES | DATES
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
STATES = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


@given(STATES)
def test_a_state_is_not_moved_back_by_itself(state):
    assert moved_back(state, state) == []
    assert moved_back(of_a_newer_version(state), state) == []
    assert moved_back(state, of_a_newer_version(state)) == []


@given(STATES)
def test_a_state_from_the_future_is_later(state):
    future = from_the_future(state)
    if future is not None:
        assert moved_back(state, future) == []
        assert moved_back(future, state)
        assert json.loads(json.dumps(future)) == future


@given(st.dictionaries(st.text(max_size=5), NUMBERS | TIMES | DATES, min_size=1))
def test_whatever_can_be_moved_is(state):
    future = from_the_future(state)
    assert future
    assert set(moved_back(future, state)) == set(state)


@given(STATES)
def test_a_state_is_the_same_as_itself(state):
    assert same_but_for_tokens(state, json.loads(json.dumps(state)))


@pytest.mark.parametrize(
    ("now", "later"),
    [
        ("2024-08-11", "2034-08-12"), ("2024-08-11 10:00:00", "2034-08-12 10:00:00"),
        ("2024-08-11T10:00:00Z", "2034-08-12T10:00:00Z"), ("2024-08-11T10:00:00+02:00", "2034-08-12T10:00:00+02:00"),
    ],
)  # fmt: skip
def test_a_time_keeps_its_form(now, later):
    assert from_the_future({"since": now}) == {"since": later}


@pytest.mark.parametrize(
    ("now", "later"),
    [
        (0, 1_000_000), (999_999_999, 1_000_999_999), (1_723_370_400, 2_038_989_600),
        (1_723_370_400_000, 2_038_989_600_000), (1_723_370_400_000_000, 2_038_989_600_000_000),
        (1_723_370_400_000_000_000, 2_038_989_600_000_000_000), (10**19, 10**19 + 1_000_000), (-5, 999_995),
    ],
)  # fmt: skip
def test_a_time_since_1970_is_ten_years_later_in_its_own_unit(now, later):
    assert from_the_future({"since": now}) == {"since": later}


@pytest.mark.parametrize("key", ["version", "schema", "format", "state_version", "schemaVersion", "FORMAT"])
def test_the_form_of_a_state_is_not_moved(key):
    assert from_the_future({key: 1}) is None
    assert from_the_future({"after": {key: {"major": 1}, "id": 1}}) == {"after": {key: {"major": 1}, "id": 1_000_001}}
    assert from_the_future({"conversion": 1, "formatter": 1}) == {"conversion": 1_000_001, "formatter": 1_000_001}


@pytest.mark.parametrize(
    "state",
    [{}, {"cursor": "gAAAAABm"}, {"flag": True}, {"nothing": None}, {"until": "9999-12-31"}, {"id": "2024-99-99"}],
)
def test_what_nobody_can_tell_the_future_of_is_left(state):
    assert from_the_future(state) is None


@pytest.mark.parametrize(
    ("sent", "returned", "places"),
    [
        ({"n": 2}, {"n": 1}, ["n"]),
        ({"n": 2}, {"n": 2.5}, []),
        ({"n": 2}, {}, ["n"]),
        ({"n": 2}, {"n": "2"}, ["n"]),
        ({"a": {"n": 2}}, {"a": {"n": 1}}, ["a.n"]),
        ({"a": {"n": 2}}, {"a": None}, ["a.n"]),
        ({"a": [1, 2]}, {"a": [1, 1]}, ["a.1"]),
        ({"queue": [1, 2]}, {"queue": [2]}, []),
        ({"t": "2024-08-11"}, {"t": "2024-08-10T00:00:00Z"}, ["t"]),
        ({"t": "2024-08-11T10:00:00+02:00"}, {"t": "2024-08-11T09:00:00Z"}, []),
        ({"t": "2024-08-11"}, {"t": "never"}, ["t"]),
        ({"token": "abc"}, {"token": "abd"}, []),
        ({"token": "abc"}, {}, ["token"]),
        ({"nothing": None}, {}, []),
        ({"flag": True}, {"flag": False}, []),
    ],
)
def test_moving_back(sent, returned, places):
    assert moved_back(sent, returned) == places


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"c": "a" * 16}, {"c": "b" * 20}, True),
        ({"c": "a" * 15}, {"c": "b" * 15}, False),
        ({"c": "a" * 16}, {"d": "a" * 16}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": 1}, {"n": 1.0}, False),
        ({"t": "2024-08-11T10:00:00Z"}, {"t": "2024-08-11T10:00:01Z"}, False),
        ({"l": ["a" * 16, 1]}, {"l": ["b" * 16, 1]}, True),
        ({"l": [1]}, {"l": [1, 2]}, False),
        ({"s": "a sentence of words"}, {"s": "another one of words"}, False),
    ],
)
def test_tokens_may_differ_and_nothing_else(one, other, same):
    assert same_but_for_tokens(one, other) is same

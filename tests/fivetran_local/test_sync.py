"""Fivetran's decisions, as a table and as properties of whole syncs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.sync import Guards, Limits, Progress, Step, SyncRules
from fivetran_protocol import FunctionResponse
from fivetran_protocol.limits import MAX_CONSECUTIVE_EMPTY_RESPONSES, MAX_SYNC_SECONDS

HOURS = 3600.0
ROWS = {"insert": {"t": [{"id": 1}]}}
DELETES = {"delete": {"t": [{"id": 1}]}}


def page(state, *, more=True, **rows):
    return FunctionResponse(state=state, has_more=more, **rows)


@pytest.mark.parametrize(
    ("response", "empty_before", "seconds", "step", "empty_after"),
    [
        (page({"n": 2}, **ROWS), 0, 0, Step.CALL_AGAIN, 0),
        (page({"n": 2}, **ROWS), 10, 0, Step.CALL_AGAIN, 0),
        (page({"n": 2}, **DELETES), 10, 0, Step.CALL_AGAIN, 0),
        (page({"n": 2}, insert={"t": []}, delete={"t": []}), 3, 0, Step.CALL_AGAIN, 4),
        (page({"n": 2}), 9, 0, Step.CALL_AGAIN, 10),
        (page({"n": 2}), 10, 0, Step.FAIL, 10),
        (page({"n": 2}, more=False), 10, 0, Step.COMPLETE, 11),
        (page({"n": 2}, more=False, **ROWS), 0, 7 * HOURS, Step.COMPLETE, 0),
        (page({"n": 1}, more=False, **ROWS), 0, 0, Step.COMPLETE, 0),
        (page({"n": 1}, more=False), 0, 0, Step.COMPLETE, 1),
        (page({"n": 1}, **ROWS), 0, 0, Step.FAIL, 0),
        (page({"n": 2}, **ROWS), 0, 6 * HOURS, Step.PAUSE, 0),
        (page({"n": 2}, **ROWS), 0, 6 * HOURS - 0.1, Step.CALL_AGAIN, 0),
        (page({"n": 1}, **ROWS), 0, 7 * HOURS, Step.FAIL, 0),
        (page({"n": 2}), 10, 7 * HOURS, Step.FAIL, 10),
    ],
)
def test_what_an_answer_leads_to(response, empty_before, seconds, step, empty_after):
    before = Progress({"n": 1}, calls=4, consecutive_empty=empty_before)
    decision = SyncRules().decide(before, response, seconds)
    assert decision.step is step
    kept = step is not Step.FAIL
    assert decision.progress == Progress(response.state if kept else before.state, 5, empty_after)
    assert bool(decision.reason) == (step in {Step.FAIL, Step.PAUSE})


def test_the_limits_are_those_of_the_protocol_unless_others_are_given():
    assert (Limits().max_consecutive_empty_responses, Limits().max_sync_seconds) == (10, 6 * HOURS)
    assert (MAX_CONSECUTIVE_EMPTY_RESPONSES, MAX_SYNC_SECONDS) == (10, 6 * HOURS)
    rules = SyncRules(Limits(max_consecutive_empty_responses=0, max_sync_seconds=1800))
    assert rules.decide(Progress({}), page({"n": 1}), 0).step is Step.FAIL
    late = rules.decide(Progress({}), page({"n": 1}, **ROWS), 1800)
    assert (late.step, "0.5 hours" in late.reason) == (Step.PAUSE, True)


@pytest.mark.parametrize(("calls", "step"), [(1, Step.CALL_AGAIN), (2, Step.PAUSE), (3, Step.PAUSE)])
def test_a_limit_of_calls_pauses_at_that_call(calls, step):
    rules = SyncRules(Limits(max_calls=3))
    assert rules.decide(Progress({}, calls), page({"n": 1}, **ROWS), 0).step is step
    assert rules.decide(Progress({}, calls), page({"n": 1}, more=False), 0).step is Step.COMPLETE


def test_the_guard_against_an_unmoved_state_can_be_switched_off():
    rules = SyncRules(guards=Guards(unmoved_state=False))
    assert rules.decide(Progress({"n": 1}), page({"n": 1}, **ROWS), 0).step is Step.CALL_AGAIN
    assert rules.decide(Progress({"n": 1}, 0, 10), page({"n": 1}), 0).step is Step.FAIL


def test_a_state_has_moved_when_its_json_is_another():
    """Python holds 1, 1.0 and true for equal; a function that counts 0, false is not standing still."""
    for before, after in ((1, True), (0, False), ([1], [True]), ({"a": 0}, {"a": False})):
        assert SyncRules().decide(Progress({"n": before}), page({"n": after}, **ROWS), 0).step is Step.CALL_AGAIN
    same = SyncRules().decide(Progress({"a": 1, "b": 2}), page({"b": 2, "a": 1}, **ROWS), 0)
    assert same.step is Step.FAIL, "the order of an object's keys means nothing"


responses = st.builds(
    FunctionResponse,
    state=st.fixed_dictionaries({"n": st.integers(0, 3)}),
    insert=st.sampled_from([{}, {"t": []}, {"t": [{"id": 1}]}]),
    delete=st.sampled_from([{}, {}, {"t": [{"id": 1}]}]),
    has_more=st.sampled_from([True, True, True, False]),
)


@given(
    st.lists(responses, max_size=80),
    st.one_of(st.none(), st.integers(1, 60)),
    st.lists(st.floats(0, 2 * MAX_SYNC_SECONDS), min_size=80, max_size=80).map(sorted),
)
def test_however_a_function_answers_a_sync_is_bounded_and_keeps_what_it_took(pages, max_calls, clock):
    rules = SyncRules(Limits(max_calls=max_calls))
    progress, applied, step = Progress({"n": 0}), [], Step.CALL_AGAIN
    for response, seconds in zip(pages, clock, strict=False):
        decision = rules.decide(progress, response, seconds)
        step = decision.step
        assert decision.progress.calls == progress.calls + 1
        if step is Step.FAIL:
            assert response.has_more
            assert response.state == progress.state or response.is_empty
            assert decision.progress.state == progress.state
            break
        assert not (response.has_more and response.state == progress.state), "an unmoved state would go round for ever"
        assert decision.progress.state == response.state
        applied.append(response)
        assert (step is Step.COMPLETE) == (not response.has_more)
        assert step is not Step.PAUSE or seconds >= MAX_SYNC_SECONDS or decision.progress.calls == max_calls
        progress = decision.progress
        if step is not Step.CALL_AGAIN:
            break
        assert seconds < MAX_SYNC_SECONDS
        assert max_calls is None or progress.calls < max_calls
    asking_again = [response.is_empty and response.has_more for response in applied]
    runs = "".join("e" if empty else " " for empty in asking_again).split()
    assert max(map(len, runs), default=0) <= MAX_CONSECUTIVE_EMPTY_RESPONSES

"""What is called, and when no more: bounded, whatever the function answers, and each gap has its reason."""

import json
import threading
from collections import Counter
from itertools import count

import pytest

from fivetran_local.conformance import Evidence, Verdict, judge
from fivetran_local.conformance.driver import play
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.script import Players, Script
from fivetran_local.sync import Limits
from tests.fivetran_local.conformance.synthetic import document, exchange

SECRETS = {"api_key": "key-of-one-connection", "base_url": "http://127.0.0.1:9", "page_size": "2"}
OTHER = {**SECRETS, "api_key": "key-of-another-one"}


class Scripted:
    """A function in this process: answers a request by `answer(request)`, and keeps every exchange."""

    def __init__(self, answer, seconds=0.0):
        self.answer, self.seconds = answer, seconds
        self.kept = []
        self._lock = threading.Lock()

    def send(self, scenario, request, *, body=None, method="POST", about=None):
        with self._lock:
            answered = self.answer(request) if body is None else (400, {"errorMessage": "no"})
            status, content = answered if isinstance(answered, tuple) else (200, answered)
            sent = exchange(
                content, number=len(self.kept) + 1, scenario=scenario, status=status, method=method, about=about,
                seconds=self.seconds if status is None else 0.0, failure="" if status else "no answer",
            )  # fmt: skip
            object.__setattr__(sent, "request", request)
            self.kept.append(sent)
            return sent

    def of(self, scenario):
        return [one for one in self.kept if one.scenario == scenario]


def counting(pages=3, rows=1):
    def answer(request):
        page = request.get("state", {}).get("page", 0)
        state = {**request.get("state", {}), "page": min(page + 1, pages)}
        return document(*range(page * rows, page * rows + rows), state=state, has_more=page + 1 < pages)

    return answer


def played(answer, *, function=None, seconds=0.0, players=None, **more):
    function = function or Scripted(answer, seconds)
    script = Script(secrets=SECRETS, other_secrets=OTHER, **more)
    return function, play(players or Players(function, function, function, function), script)


def test_every_occasion_is_played():
    function, done = played(counting())
    assert {one.scenario for one in function.kept} == set(Scenario)
    assert done.gaps == {}


def test_a_sync_of_empty_pages_is_left_after_the_eleventh():
    def answer(request):
        calls = request.get("state", {}).get("calls", 0)
        return document(state={"calls": calls + 1}, has_more=True)

    function, done = played(answer)
    assert len(function.of(Scenario.SYNC)) == 11
    assert done.gaps[Scenario.SECOND_SYNC] == "the sync goes round and has no end"
    assert len(function.kept) < 200


@pytest.mark.parametrize("most", [1, 2, 5])
def test_a_sync_is_left_after_so_many_calls(most):
    function, done = played(counting(pages=50), max_calls=most)
    for scenario in (Scenario.SYNC, Scenario.OTHER_SYNC, Scenario.INTERLEAVED):
        assert len(function.of(scenario)) == most
    assert "--max-calls" in done.gaps[Scenario.SECOND_SYNC]
    assert (Scenario.RESUME in done.gaps) is (most == 1)


def test_a_long_sync_is_not_repeated_page_by_page():
    function, _ = played(counting(pages=80))
    assert len(function.of(Scenario.SYNC)) == 80
    assert len({one.about for one in function.of(Scenario.REPEAT)}) == 20
    assert len(function.of(Scenario.RESUME)) == 79, "each state once: from there on the rest is known"


@pytest.mark.parametrize(("pages", "repeated"), [(1, 1), (20, 20), (21, 11), (39, 20), (40, 20), (41, 14)])
def test_never_are_more_than_twenty_pages_repeated(pages, repeated):
    function, _ = played(counting(pages=pages))
    assert len({one.about for one in function.of(Scenario.REPEAT)}) == repeated


def opaque(pages, unstable=False):
    """Answer as a source that writes its cursors anew at every call, and stamps its rows where it is `unstable`."""
    calls = count()

    def answer(request):
        page = int(request.get("state", {}).get("cursor", "0").partition("-")[0])
        number = next(calls)
        state = {"cursor": f"{page + 1}-{number:032}"}
        rows = [{"id": page, "read_at": number if unstable else 0}]
        return {**document(state=state, has_more=page + 1 < pages), "insert": {"people": rows}}

    return answer


@pytest.mark.parametrize("unstable", [False, True])
@pytest.mark.parametrize("pages", [20, 150])
def test_opaque_cursors_are_followed_to_the_same_rows_and_no_further(pages, unstable):
    function, done = played(opaque(pages, unstable=unstable), max_calls=20)
    assert len(function.of(Scenario.RESUME)) == 19, "the first page after each state has the sync's own rows"
    report = judge(Evidence(function.kept, gaps=done.gaps), rules=["resumes"])
    assert [judgement.verdict for judgement in report.judgements] == [Verdict.PASSED]


def test_however_states_and_rows_change_the_source_is_not_flooded():
    calls = count()

    def answer(request):
        page = request.get("state", {}).get("page", 0)
        state = {"page": page + 1, "call": next(calls)}
        return document(next(calls), state=state, has_more=True)

    function, done = played(answer, max_calls=50)
    assert len(function.of(Scenario.RESUME)) <= 4 * 50
    assert len({one.about for one in function.of(Scenario.RESUME)}) == 49
    report = judge(Evidence(function.kept, gaps=done.gaps), rules=["resumes"])
    assert report.judgements[0].verdict is Verdict.FAILED


def test_a_walk_never_goes_past_the_last_page_of_the_sync():
    calls = count()

    def answer(request):
        page = request.get("state", {}).get("page", 0)
        return document(next(calls), state={"page": page + 1, "call": next(calls)}, has_more=True)

    function, _ = played(answer, max_calls=4)
    walks = Counter(one.about for one in function.of(Scenario.RESUME))
    assert sorted(walks.values()) == [1, 2, 3], "from the state after each page to the last one"
    assert max(one.request["state"]["page"] for one in function.of(Scenario.RESUME)) == 3


def test_a_walk_that_was_left_early_is_compared_as_far_as_it_went():
    calls = count()

    def answer(request):
        page = request.get("state", {}).get("page", 0)
        return document(page, state={"page": page + 1, "call": next(calls)}, has_more=True)

    function, done = played(answer, max_calls=50)
    report = judge(Evidence(function.kept, gaps=done.gaps), rules=["resumes"])
    assert report.judgements[0].verdict is Verdict.PASSED


def test_a_state_that_returns_ends_the_sync():
    def answer(request):
        return document(1, state={"n": 1 - request.get("state", {}).get("n", 0)}, has_more=True)

    function, _ = played(answer)
    assert len(function.of(Scenario.SYNC)) == 3


def test_after_a_first_call_that_fails_nothing_is_tried():
    function, done = played(lambda _: (500, {"errorMessage": "no"}))
    assert len(function.kept) == 1
    assert set(done.gaps) == set(Scenario)


def test_a_call_that_is_not_answered_in_time_is_the_last():
    def answer(request):
        return (None, b"") if request.get("customPayload") else counting()(request)

    function, done = played(answer, seconds=600)
    assert function.kept[-1].scenario == Scenario.CUSTOM_PAYLOAD
    assert len([one for one in function.kept if one.status is None]) == 1
    tried = {one.scenario for one in function.kept}
    assert set(done.gaps) == set(Scenario) - tried
    assert set(done.gaps.values()) == {
        "a call (custom payload) was not answered in time, and nothing was tried after it"
    }


def test_a_call_that_breaks_off_soon_is_not_the_last():
    def answer(request):
        return (None, b"") if request.get("customPayload") else counting()(request)

    function, done = played(answer, seconds=0.1)
    assert {one.scenario for one in function.kept} == set(Scenario)
    assert done.gaps == {}


def test_each_player_has_its_part():
    function, fresh, impatient, other = (Scripted(counting()) for _ in range(4))
    played(None, function=function, players=Players(function, fresh, impatient, other))
    assert {one.scenario for one in fresh.kept} == {Scenario.RESUME}
    assert {one.scenario for one in other.kept} == {Scenario.OTHER_SYNC}
    assert {one.scenario for one in impatient.kept} == {Scenario.SETUP_TEST_SOURCE_DOWN, Scenario.SOURCE_DOWN}
    assert fresh.kept[0].request["state"]["page"] == 2, "the later states first: no page before them was seen"


def test_where_one_call_at_a_time_is_asked_for_none_runs_beside_another():
    running = threading.Semaphore(1)

    def answer(request):
        assert running.acquire(blocking=False), "two calls at once"
        try:
            return counting()(request)
        finally:
            running.release()

    function, impatient = Scripted(answer), Scripted(answer)
    played(None, function=function, players=Players(function, function, impatient, function), one_at_a_time=True)
    assert impatient.kept[0].scenario == Scenario.SETUP_TEST_SOURCE_DOWN
    assert function.kept[-1].scenario == Scenario.BAD_CREDENTIALS


def test_every_secret_is_wrong_where_it_has_to_be_and_the_canaries_are_told():
    function, done = played(counting())
    wrong = {one.request["secrets"]["api_key"] for one in function.of(Scenario.BAD_CREDENTIALS)}
    assert wrong == set(done.hidden)
    assert all("canary-" in key for key in wrong)
    assert all(one.request["secrets"]["page_size"] == "2" for one in function.of(Scenario.BAD_CREDENTIALS))
    dead = {one.request["secrets"]["base_url"] for one in function.of(Scenario.SOURCE_DOWN)}
    assert dead != {SECRETS["base_url"]}
    assert {one.request["secrets"]["api_key"] for one in function.of(Scenario.SOURCE_DOWN)} == {SECRETS["api_key"]}


def test_what_cannot_be_played_has_its_reason():
    function = Scripted(counting(pages=1))
    script = Script(secrets={"mode": "fast"}, no_other_secrets="there is no second key")
    gaps = play(Players(function, function, function, function), script).gaps
    assert gaps == {
        Scenario.RESUME: "the sync has a single page, and no state in between",
        **dict.fromkeys(
            (Scenario.OTHER_SYNC, Scenario.INTERLEAVED, Scenario.INTERLEAVED_OTHER), "there is no second key"
        ),
        **dict.fromkeys(
            (Scenario.BAD_CREDENTIALS, Scenario.SETUP_TEST_BAD_CREDENTIALS),
            "the configuration has no secret that could be wrong",
        ),
        **dict.fromkeys(
            (Scenario.SOURCE_DOWN, Scenario.SETUP_TEST_SOURCE_DOWN),
            "no setting is the source's address, so it cannot be made to look down",
        ),
    }


def test_a_second_connection_that_does_not_work_proves_nothing():
    def answer(request):
        key = request.get("secrets", {}).get("api_key")
        return (401, {"errorMessage": "no"}) if key == OTHER["api_key"] else counting()(request)

    _, done = played(answer)
    assert done.gaps[Scenario.INTERLEAVED] == "the second connection's own sync failed"


def test_requests_are_as_fivetran_sends_them():
    function, _ = played(counting())
    (test,) = function.of(Scenario.SETUP_TEST)
    assert (test.request["setup_test"], test.request["state"], "sync_id" in test.request) == (True, {}, False)
    first, *rest = function.of(Scenario.SYNC)
    assert {one.request["sync_id"] for one in rest} == {first.request["sync_id"]}
    assert json.dumps(first.request)
    (typed,) = function.of(Scenario.TYPED_SECRETS)
    assert typed.request["secrets"]["page_size"] == 2
    assert typed.request["secrets"]["api_key"] == SECRETS["api_key"]
    assert isinstance(typed.request["secrets"]["_nested"], dict)


def test_limits_are_the_scripts():
    def answer(request):
        return document(state={"n": request.get("state", {}).get("n", 0) + 1}, has_more=True)

    function, _ = played(answer, limits=Limits(max_consecutive_empty_responses=2))
    assert len(function.of(Scenario.SYNC)) == 3

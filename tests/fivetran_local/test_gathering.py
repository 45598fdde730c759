"""Gathering: pages land in order, one landing at a time, and nothing follows a landing that failed."""

import itertools
import sys
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local import gathering
from fivetran_local.errors import WarehouseError
from fivetran_local.gathering import BYTES_PER_LANDING, MOST_ROWS_GATHERED, ROWS_PER_LANDING, Gathering
from fivetran_protocol import FunctionResponse


def page(number, rows=1):
    return FunctionResponse(state={"page": number}, insert={"t": [{"id": number}] * rows}, has_more=True)


class Landings:
    """Takes landings, and fails the one it is told to."""

    def __init__(self, fails_at=None):
        self.landed = []
        self.attempts = 0
        self.threads = set()
        self._fails_at = fails_at

    def __call__(self, responses, calls):
        self.attempts += 1
        self.threads.add(threading.current_thread())
        if self.attempts - 1 == self._fails_at:
            raise WarehouseError("no room")
        self.landed.append(([response.state["page"] for response in responses], calls))


@pytest.fixture
def patient(monkeypatch):
    """Make time no reason to land."""
    monkeypatch.setattr(gathering, "SECONDS_PER_LANDING", 3600.0)


@pytest.mark.usefixtures("patient")
def test_pages_are_put_together_until_there_are_rows_enough():
    land = Landings()
    with Gathering(land) as pages:
        for number in range(4):
            pages.add(page(number, ROWS_PER_LANDING // 2), 100, number + 1)
            pages.settle()
        assert [response.state["page"] for response in pages.take()] == []
        pages.add(page(4), 100, 5)
        assert [response.state["page"] for response in pages.take()] == [4]
        assert pages.take() == []
    assert land.landed == [([0, 1], 2), ([2, 3], 4)]
    assert threading.current_thread() not in land.threads


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("kind", ["bytes", "deletes"])
def test_bytes_and_rows_to_delete_count_too(kind):
    land = Landings()
    rows = {"t": [{"id": 1}] * ROWS_PER_LANDING}
    response = FunctionResponse({"page": 0}, delete=rows) if kind == "deletes" else page(0)
    with Gathering(land) as pages:
        pages.add(response, BYTES_PER_LANDING if kind == "bytes" else 1, 1)
        assert pages.take() == []
    assert land.landed == [([0], 1)]


def test_time_is_a_reason_to_land_however_few_rows_there_are(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(gathering.time, "monotonic", lambda: now[0])
    land = Landings()
    with Gathering(land) as pages:
        pages.add(page(0), 1, 1)
        now[0] += gathering.SECONDS_PER_LANDING
        pages.add(page(1), 1, 2)
        pages.add(page(2), 1, 3)
        assert len(pages.take()) == 1
    assert land.landed == [([0, 1], 2)]


@pytest.mark.usefixtures("patient")
def test_the_next_landing_grows_while_one_is_under_way_and_fetching_waits_when_it_is_too_large():
    under_way, may_end, order = threading.Event(), threading.Event(), []

    def land(responses, _calls):
        under_way.set()
        assert may_end.wait(30)
        order.append(responses[0].state["page"])

    with Gathering(land) as pages:
        pages.add(page(0, ROWS_PER_LANDING), 1, 1)
        assert under_way.wait(30)
        pages.add(page(1, ROWS_PER_LANDING), 1, 2)
        assert order == [], "one landing at a time, and nobody waits for it yet"
        threading.Timer(0.05, may_end.set).start()
        pages.add(page(2, MOST_ROWS_GATHERED - ROWS_PER_LANDING), 1, 3)
        assert order == [0], "no more rows than that are held"
        assert pages.take() == []
        assert order == [0, 1]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "find_out",
    [Gathering.take, Gathering.settle, lambda pages: pages.add(page(3, MOST_ROWS_GATHERED), 1, 4)],
    ids=["taking the rest", "waiting", "the next landing"],
)
def test_nothing_that_follows_a_landing_that_failed_ever_lands(find_out):
    """Were it to land, its state would step over the rows that are missing."""
    land = Landings(fails_at=1)
    with Gathering(land) as pages:
        pages.add(page(0, ROWS_PER_LANDING), 1, 1)
        pages.add(page(1, MOST_ROWS_GATHERED), 1, 2)
        pages.add(page(2), 1, 3)
        for attempt in (find_out, Gathering.take, find_out):
            with pytest.raises(WarehouseError, match="no room"):
                attempt(pages)
    assert land.landed == [([0], 1)]
    assert land.attempts == 2


@pytest.mark.usefixtures("patient")
def test_leaving_waits_for_the_landing_that_is_under_way():
    may_end, landed = threading.Event(), threading.Event()

    def land(_responses, _calls):
        may_end.wait(30)
        landed.set()

    with suppress(KeyboardInterrupt), Gathering(land) as pages:
        pages.add(page(0, ROWS_PER_LANDING), 1, 1)
        threading.Timer(0.05, may_end.set).start()
        raise KeyboardInterrupt
    assert landed.is_set()


@given(
    st.lists(st.integers(0, ROWS_PER_LANDING), max_size=30),
    st.one_of(st.none(), st.integers(0, 12)),
)
def test_whatever_the_pages_they_land_in_order_and_up_to_the_first_failure(sizes, fails_at):
    land = Landings(fails_at)
    rest = []
    with Gathering(land) as pages, suppress(WarehouseError):
        for number, size in enumerate(sizes):
            pages.add(page(number, size), 1, number + 1)
        rest = [response.state["page"] for response in pages.take()]
    seen = [number for numbers, _ in land.landed for number in numbers] + rest
    assert seen == list(range(len(seen)))
    assert all(calls == numbers[-1] + 1 for numbers, calls in land.landed)
    failed = fails_at is not None and land.attempts > fails_at
    assert failed or len(seen) == len(sizes)
    assert not failed or (len(land.landed) == fails_at and not rest)


class InterruptAt:
    """Raises KeyboardInterrupt before the n-th bytecode that runs in gathering.py on this thread."""

    def __init__(self, moment):
        self.left = moment

    def __enter__(self):
        sys.settrace(self._call)

    def __exit__(self, *_):
        sys.settrace(None)

    def _call(self, frame, _event, _argument):
        if frame.f_code.co_filename != gathering.__file__:
            return None
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, _frame, event, _argument):
        if event == "opcode":
            self.left -= 1
            if self.left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._step


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("fails_at", [None, 0])
def test_ctrl_c_at_any_moment_lands_no_page_twice_and_steps_over_none(fails_at):
    for moment in itertools.count():
        land, rest, interrupted = Landings(fails_at), [], False
        with Gathering(land) as pages:
            try:
                with InterruptAt(moment):
                    for number in range(3):
                        pages.add(page(number, ROWS_PER_LANDING), 1, number + 1)
            except KeyboardInterrupt:
                interrupted = True
            except WarehouseError:
                pass
            with suppress(WarehouseError):
                rest = [response.state["page"] for response in pages.take()]
        seen = [number for numbers, _ in land.landed for number in numbers] + rest
        assert seen == list(range(len(seen))), f"interrupted at bytecode {moment}"
        assert fails_at is None or not seen or land.attempts == 0
        if not interrupted:
            assert moment > 100
            return


@pytest.mark.usefixtures("patient")
def test_the_rest_lands_on_the_thread_of_the_landings_and_in_its_turn():
    land, rest = Landings(), []

    def finish(responses):
        land.threads.add(threading.current_thread())
        rest.extend(response.state["page"] for response in responses)
        assert land.landed == [([0], 1)]

    with Gathering(land) as pages:
        pages.add(page(0, ROWS_PER_LANDING), 1, 1)
        pages.add(page(1), 1, 2)
        pages.finish(finish)
        assert rest == [1]
        assert pages.take() == []
    assert len(land.threads) == 1
    assert threading.current_thread() not in land.threads


@pytest.mark.usefixtures("patient")
def test_a_rest_that_does_not_land_is_an_error():
    land = Landings(fails_at=0)
    with Gathering(land) as pages:
        pages.add(page(0), 1, 1)
        with pytest.raises(WarehouseError, match="no room"):
            pages.finish(lambda responses: land(responses, 1))

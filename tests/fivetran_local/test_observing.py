"""Watching a function: every exchange is kept, whatever came of it, with what was logged meanwhile."""

import itertools
import json
from contextlib import closing

import pytest

from fivetran_local.errors import FunctionCallError, RefusedError
from fivetran_local.function import FunctionClient
from fivetran_local.observing import ObservedFunction
from fivetran_protocol import FunctionRequest
from tests.support.scripted_source import disconnect, document, raw, scripted_source, status

PAGE = {"state": {"n": 2**70}, "insert": {}, "hasMore": False}
REQUEST = FunctionRequest("a test", {"n": 2**69}, {"api_key": "k"}, "5f7d")


@pytest.fixture
def watch(tmp_path):
    """Watch a scripted function; what it answers may write to its log."""
    opened, watched = [], []

    def start(*script, log=True, **more):
        function = opened_with(scripted_source(*script))
        client = opened_with(closing(FunctionClient(function.url)))
        if log:
            (tmp_path / "log").write_text("it started\n")
        kept = []
        observed = ObservedFunction(client, tmp_path / "log" if log else None, kept.append, **more)
        watched.append(observed)
        return observed, kept, function

    def opened_with(manager):
        opened.append(manager)
        return manager.__enter__()

    yield start
    for observed in watched:
        observed.close()
    for manager in reversed(opened):
        manager.__exit__(None, None, None)


def test_a_call_is_answered_and_kept(watch):
    function, kept, served = watch(document(PAGE))
    answer = function.call(REQUEST)
    assert answer.document == PAGE
    (exchange,) = kept
    assert (exchange.scenario, exchange.number, exchange.request) == ("sync", 1, REQUEST.to_wire())
    assert json.loads(served.asked[0].body) == REQUEST.to_wire()
    assert (exchange.status, exchange.document, exchange.method) == (200, PAGE, "POST")
    assert exchange.size_bytes == answer.size_bytes == len(exchange.content)
    assert exchange.content_type == "application/json"
    assert exchange.seconds == answer.seconds > 0


@pytest.mark.parametrize(
    ("script", "error", "status_code"),
    [(status(500), FunctionCallError, 500), (raw(b"<p>"), RefusedError, 200), (disconnect, FunctionCallError, None)],
)
def test_a_call_that_fails_is_kept_before_it_is_raised(watch, script, error, status_code):
    function, kept, _ = watch(script)
    with pytest.raises(error) as caught:
        function.call(REQUEST)
    (exchange,) = kept
    assert exchange.status == status_code
    assert exchange.failure == ("" if status_code else str(caught.value))
    assert exchange.seconds > 0


def test_each_exchange_has_the_lines_that_were_logged_meanwhile(watch, tmp_path):
    numbers = itertools.count()

    def logs(exchange):
        with (tmp_path / "log").open("ab") as log:
            log.write(b"page %d\nm\xff\n" % next(numbers))
        document(PAGE)(exchange)

    function, kept, _ = watch(logs)
    for _ in range(2):
        function.call(REQUEST)
        with (tmp_path / "log").open("a") as log:
            log.write("between two calls\n")
    assert [exchange.log for exchange in kept] == [("page 0", "m�"), ("page 1", "m�")]


def test_without_a_log_there_are_no_lines(watch):
    function, kept, _ = watch(document(PAGE), log=False)
    function.call(REQUEST)
    assert kept[0].log == ()


def test_anything_can_be_sent_and_comes_back_whatever_it_is(watch):
    function, kept, served = watch(status(405), disconnect)
    exchange = function.send("not JSON", "{", body=b"{", method="PUT", about=7)
    assert (served.asked[0].method, served.asked[0].body) == ("PUT", b"{")
    assert (exchange.scenario, exchange.request, exchange.method, exchange.about) == ("not JSON", "{", "PUT", 7)
    assert exchange.status == 405
    failed = function.send("a list", [1])
    assert served.asked[1].body == b"[1]"
    assert (failed.status, failed.number) == (None, 2)
    assert "cut the connection" in failed.failure
    assert kept == [exchange, failed]


def test_every_call_sends_the_same_bytes_for_the_same_request(watch):
    function, _, served = watch(document(PAGE))
    for state in ({"n": 2**69}, {"n": 1, "é": "ü"}):
        request = FunctionRequest("a test", state, {"api_key": "k"}, "5f7d")
        function.call(request)
        function.send("repeat", request.to_wire())
    bodies = [asked.body for asked in served.asked]
    assert bodies[::2] == bodies[1::2]
    assert '{"n":1,"é":"ü"}'.encode() in bodies[2]


def test_several_can_count_together(watch):
    numbers = itertools.count(5)
    one, kept, _ = watch(document(PAGE), numbers=numbers)
    other, more, _ = watch(document(PAGE), numbers=numbers)
    one.call(REQUEST)
    other.call(REQUEST)
    one.call(REQUEST)
    assert [exchange.number for exchange in kept + more] == [5, 7, 6]

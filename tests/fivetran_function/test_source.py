"""Asking a source that misbehaves: what is tried again, how long it may take, and what is said in the end."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fivetran_function import (
    ConfigurationError,
    CredentialsError,
    OutOfTimeError,
    PageError,
    SourceError,
    SourceStatusError,
    decode_page,
    outline,
)
from fivetran_function.budget import TimeBudget
from fivetran_function.source import Source
from tests.support.scripted_source import (
    cut_off,
    disconnect,
    document,
    gzipped,
    raw,
    scripted_source,
    silence,
    status,
    trickle,
)

PAGE = {"users": [{"id": 1}]}


# The first request of a connection and those that follow it are not sent by the same code.
on_either_connection = pytest.mark.parametrize("earlier", [(), (document({}),)], ids=["a new one", "an open one"])


def last_answer(asking, source, earlier):
    """Ask once for each earlier answer, and once more."""
    for _ in earlier:
        asking.get(source.url)
    return asking.get(source.url)


@pytest.mark.parametrize("code", [408, 429, 500, 501, 502, 503, 504, 520, 529, 599])
def test_a_status_that_may_pass_is_tried_again(ask, sleeps, code):
    with scripted_source(status(code), document(PAGE)) as source:
        assert decode_page(ask().get(source.url)) == PAGE
    assert len(source.asked) == 2
    assert len(sleeps) == 1


@pytest.mark.parametrize("failure", [disconnect, cut_off(), cut_off(b"")], ids=["disconnect", "cut off", "no body"])
def test_a_connection_that_fails_is_tried_again(ask, sleeps, failure):
    with scripted_source(failure, document(PAGE)) as source:
        assert decode_page(ask().get(source.url)) == PAGE
    assert len(source.asked) == 2
    assert len(sleeps) == 1


def test_a_chunked_body_that_ends_too_early_is_tried_again(ask):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"

    def cut_off_between_chunks(exchange):
        exchange.leave()
        exchange.send(head + b'5\r\n{"a":\r\n')

    with scripted_source(cut_off_between_chunks, document(PAGE)) as source:
        assert decode_page(ask().get(source.url)) == PAGE


def test_a_chunked_body_is_read_whole(ask):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with scripted_source(lambda exchange: exchange.send(head + b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n')) as source:
        assert decode_page(ask().get(source.url)) == {"a": 1}


def test_a_source_that_goes_on_failing_is_given_up_after_six_requests(ask, sleeps):
    with scripted_source(status(503)) as source, pytest.raises(SourceStatusError) as failure:
        ask().get(source.url)
    assert str(failure.value) == (
        "the source answered 503 Service Unavailable, 6 times in a row: the next sync tries again from the same place"
    )
    assert failure.value.source_status == 503
    assert len(source.asked) == 6
    # The first retry comes at once, as urllib3 has it; then from a second the waits double, plus up to half a second.
    assert sleeps[0] == 0
    assert all(least <= slept <= least + 0.5 for least, slept in zip([1, 2, 4, 8], sleeps[1:], strict=True))


def test_nobody_there_is_said_without_an_address(ask, sleeps):
    with scripted_source(disconnect) as source:
        pass
    with pytest.raises(SourceError) as failure:
        ask().get(f"{source.url}/users", {"key": "in the query"})
    assert str(failure.value) == (
        "the connection to the source failed (ConnectionError), 6 times in a row: "
        "the next sync tries again from the same place"
    )
    assert len(sleeps) == 5


@pytest.mark.parametrize("code", [400, 404, 409, 410, 422, 418])
def test_another_refusal_is_not_tried_again(ask, sleeps, code):
    with scripted_source(status(code)) as source, pytest.raises(SourceStatusError) as failure:
        ask().get(source.url)
    assert failure.value.source_status == code
    assert str(failure.value).startswith(f"the source answered {code} ")
    assert (len(source.asked), sleeps) == (1, [])


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_is_the_key_s_fault(ask, sleeps, code):
    with scripted_source(status(code)) as source, pytest.raises(CredentialsError, match="does not accept the key"):
        ask().get(source.url)
    assert (len(source.asked), sleeps) == (1, [])


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(ask, code):
    with scripted_source(document(PAGE)) as elsewhere:
        with (
            scripted_source(status(code, Location=f"{elsewhere.url}/users")) as source,
            pytest.raises(SourceStatusError, match=f"the source redirects \\({code} .*final address"),
        ):
            ask().get(source.url, headers={"x-api-key": "key"})
        assert elsewhere.connections == 0
    assert len(source.asked) == 1


def test_retry_after_in_seconds_is_obeyed(ask, sleeps):
    with scripted_source(status(429, Retry_After="7"), document(PAGE)) as source:
        ask().get(source.url)
    assert sleeps == [7]


def test_retry_after_as_a_date_is_obeyed(ask, sleeps):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with scripted_source(status(503, Retry_After=soon), document(PAGE)) as source:
        ask().get(source.url)
    assert sleeps == [pytest.approx(90, abs=5)]


def test_retry_after_a_date_that_has_passed_waits_no_time(ask, sleeps):
    with scripted_source(status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), document(PAGE)) as source:
        ask().get(source.url)
    assert sleeps == [0]


@pytest.mark.parametrize("header", ["soon", "-5", "1.5", "", "Wed, 99 Foo 99999 99:99:99 GMT", "9" * 5000, "²"])
def test_a_retry_after_that_makes_no_sense_counts_as_none(ask, sleeps, header):
    with scripted_source(status(503, Retry_After=header), document(PAGE)) as source:
        ask().get(source.url)
    assert sleeps == [0]


@pytest.mark.parametrize("header", ["600", "99999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_beyond_the_budget_is_not_begun_and_the_error_says_when_to_come_back(ask, sleeps, header):
    with scripted_source(status(429, Retry_After=header)) as source, pytest.raises(OutOfTimeError) as failure:
        ask(540).get(source.url)
    text = str(failure.value)
    assert text.startswith("the source answered 429 Too Many Requests, and waiting ")
    assert text.endswith("; nothing is lost, the state has not moved")
    back_at = datetime.fromisoformat(text.partition("sync again after ")[2].partition(";")[0])
    assert back_at - datetime.now(UTC) > timedelta(seconds=500)
    assert (len(source.asked), sleeps) == (1, [])


def test_retries_stop_before_the_budget_does():
    """A clock of its own, moved by nothing but the waits: three of them fit into five seconds, the fourth does not."""
    now = 0.0

    def sleep(seconds):
        nonlocal now
        now += seconds

    budget = TimeBudget(5, clock=lambda: now)
    with scripted_source(status(503)) as source, pytest.raises(OutOfTimeError):
        Source(budget, sleep).get(source.url)
    assert now <= 5 - 1
    assert len(source.asked) in (3, 4)


def test_with_no_time_left_nothing_is_asked(ask):
    with scripted_source(document(PAGE)) as source, pytest.raises(OutOfTimeError, match="time was up"):
        ask(0).get(source.url)
    assert source.connections == 0


@pytest.mark.parametrize(
    "answer",
    [silence, trickle(0.02), trickle(0.7), trickle(3600)],
    ids=["silence", "a trickle", "a slow trickle", "a body that stops"],
)
@on_either_connection
def test_a_source_that_takes_too_long_is_cut_off_within_the_budget(ask, earlier, answer):
    started = time.monotonic()
    with scripted_source(*earlier, answer) as source, pytest.raises(OutOfTimeError, match="did not answer in time"):
        last_answer(ask(1.0), source, earlier)
    assert time.monotonic() - started < 1.7


@on_either_connection
def test_the_deadline_holds_for_a_connection_that_is_closed_after_the_answer(ask, earlier):
    """Then the connection has already let go of the socket, and the answer alone holds it."""

    def stall(exchange):
        exchange.leave()
        exchange.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{")
        exchange.server_is_ending.wait(0.85)
        exchange.send(b"}")
        exchange.server_is_ending.wait(30)

    started = time.monotonic()
    with scripted_source(*earlier, stall) as source, pytest.raises(OutOfTimeError):
        last_answer(ask(1.0), source, earlier)
    assert time.monotonic() - started < 1.7


def test_the_platform_s_timeout_is_the_budget(monkeypatch, sleeps):
    monkeypatch.setenv("FUNCTION_TIMEOUT_SECONDS", "0.5")
    started = time.monotonic()
    with scripted_source(silence) as source, pytest.raises(OutOfTimeError):
        Source(TimeBudget.from_environment(), sleeps).get(source.url)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan", "1e999"])
def test_a_timeout_that_is_no_time_is_a_configuration_error(monkeypatch, text):
    monkeypatch.setenv("FUNCTION_TIMEOUT_SECONDS", text)
    with pytest.raises(ConfigurationError, match="FUNCTION_TIMEOUT_SECONDS is not a positive number"):
        TimeBudget.from_environment()


def test_the_budget_keeps_time_for_the_answer():
    assert TimeBudget(540, clock=lambda: 0).seconds_left == 530
    assert TimeBudget(60, clock=lambda: 0).seconds_left == 57


@pytest.mark.parametrize("rows", [1, 100_000], ids=["small", "much larger than it is compressed"])
@on_either_connection
def test_a_compressed_answer_is_read_whole(ask, earlier, rows):
    page = {"users": [{"id": 1}] * rows}
    with scripted_source(*earlier, gzipped(page)) as source:
        assert decode_page(last_answer(ask(), source, earlier)) == page
    assert source.asked[-1].headers["Accept-Encoding"] == "gzip"


@on_either_connection
def test_a_compressed_answer_that_is_damaged_is_no_page(ask, earlier):
    damaged = raw(b"not gzip", Content_Encoding="gzip")
    with scripted_source(*earlier, damaged) as source, pytest.raises(SourceError) as failure:
        last_answer(ask(), source, earlier)
    assert str(failure.value).startswith("the source's answer could not be decompressed")


@pytest.mark.parametrize(
    "url", ["no address", "https://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "https://[::1", "https://a..b/"]
)
def test_an_address_that_cannot_be_asked_is_an_error_of_ours(ask, url):
    with pytest.raises(SourceError, match="cannot be asked"):
        ask().get(url)


@pytest.mark.parametrize("key", ["with\nan end of line", "ключ", "“quoted”", "\ud800"])
def test_a_key_that_no_header_can_carry_is_a_configuration_error(ask, key):
    with scripted_source(document(PAGE)) as source, pytest.raises(ConfigurationError) as failure:
        ask().get(source.url, headers={"x-api-key": key})
    assert key not in str(failure.value)
    assert source.asked == []


def test_parameters_are_encoded_as_any_value_is(ask):
    with scripted_source(document(PAGE)) as source:
        ask().get(f"{source.url}/users", {"cursor": "gAAA%3D%3D", "page_size": 2}, {"x-api-key": "k"})
    assert source.asked[0].target == "/users?cursor=gAAA%253D%253D&page_size=2"
    assert source.asked[0].query == {"cursor": "gAAA%3D%3D", "page_size": "2"}
    assert source.asked[0].headers["x-api-key"] == "k"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<html>", "the source's answer is not JSON: 6 bytes of application/json"),
        (b"", "the source's answer is not JSON: 0 bytes of application/json"),
        (b'{"a": NaN}', "the source's answer is not JSON: 10 bytes of application/json"),
        (b'{"a": NaN, "b": 123456789012345678901}', "the source's answer is not JSON: 38 bytes of application/json"),
        (b"\xff\xfe", "the source's answer is not JSON: 2 bytes of application/json"),
        (b"[]", "the source's answer is a list, expected an object"),
        (b"null", "the source's answer is null, expected an object"),
    ],
)
@on_either_connection
def test_an_answer_that_is_no_page_is_described_and_not_shown(ask, earlier, body, text):
    with scripted_source(*earlier, raw(body)) as source, pytest.raises(PageError) as failure:
        decode_page(last_answer(ask(), source, earlier))
    assert str(failure.value) == text


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 - 1, -(2**63)])
def test_a_number_of_64_bits_keeps_its_digits(ask, number):
    with scripted_source(raw(b'{"id": %d, "text": "%d"}' % (number, number))) as source:
        assert decode_page(ask().get(source.url)) == {"id": number, "text": str(number)}


def test_an_outline_has_names_and_types_and_no_value():
    page = {"users": [{"name": "private"}], "next": "private", "more": True, "n": 1, "o": {"a": 1}, "none": None}
    assert outline(page) == (
        "{users: a list of 1, next: text, more: a boolean, n: a number, o: an object of 1, none: null}"
    )
    assert outline({str(i): i for i in range(11)}).endswith("9: a number, …}")

"""What comes back from an address that is asked as if it were Fivetran's, and how it is told in one line."""

import base64
import re
import time

import pytest

from fivetran_tools.fivetran_api import (
    Credentials,
    FivetranApi,
    FivetranApiError,
    UnreachableError,
    address_of,
    retrying,
    session,
)
from tests.support.connection_answers import KEY, SECRET, connection, data, refused, said
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
from tests.support.self_signed import self_signed


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(retrying.AskAgain, "get_backoff_time", lambda _: 0)


def api(source, announce=None):
    return FivetranApi(address_of(source.url), Credentials(KEY, SECRET), announce)


def refusal(source, call, error=FivetranApiError):
    with api(source) as fivetran, pytest.raises(error) as caught:
        call(fivetran)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert SECRET not in text
    return text


def get(fivetran):
    return fivetran.connection("grafted_unwound")


def post(fivetran):
    return fivetran.sync("grafted_unwound")


def test_it_logs_in_with_basic_and_asks_for_json():
    with scripted_source(data(connection())) as source, api(source) as fivetran:
        assert get(fivetran).schema_name == "hed"
    (asked,) = source.asked
    assert (asked.method, asked.target) == ("GET", "/v1/connections/grafted_unwound")
    kind, _, word = asked.headers["Authorization"].partition(" ")
    assert (kind, base64.b64decode(word).decode()) == ("Basic", f"{KEY}:{SECRET}")
    assert asked.headers["Accept"] == "application/json"


def test_one_connection_is_kept_for_all_that_is_asked():
    with scripted_source(data(connection())) as source, api(source) as fivetran:
        for _ in range(5):
            get(fivetran)
    assert source.connections == 1


def test_an_error_has_the_status_the_code_the_message_and_what_was_asked():
    with scripted_source(refused(404, "NotFound_Connection", "Cannot find connection")) as source:
        text = refusal(source, get)
    assert text == (
        "Fivetran answered 404 NotFound_Connection: Cannot find connection (GET /v1/connections/grafted_unwound)"
    )


def test_an_error_has_what_a_program_needs():
    with (
        scripted_source(refused(409, "Conflict", "it syncs")) as source,
        api(source) as fivetran,
        pytest.raises(FivetranApiError) as caught,
    ):
        post(fivetran)
    assert (caught.value.status, caught.value.code, caught.value.message) == (409, "Conflict", "it syncs")


def test_a_401_says_whose_credentials_were_used_and_not_which():
    with scripted_source(refused(401, "AuthFailed", "Invalid authorization credentials")) as source:
        text = refusal(source, get)
    assert "401 AuthFailed" in text
    assert "the credentials are those in the environment" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (raw(b"<html>Bad gateway</html>", 404, Content_Type="text/html"), "404 with a web page"),
        (raw(b"<!doctype html><p>log in</p>", Content_Type="text/html"), "200 with a web page"),
        (raw(b""), "200 with nothing"),
        (raw(b"", 403), "403 with nothing"),
        (raw(b"[1]"), "no JSON object"),
        (raw(b"[" * 100_000), "no JSON object"),
        (raw(b"{"), "no JSON object"),
        (raw(b"\xff\xfe\x00"), "no JSON object"),
        (raw(b'{"code": "Success"}'), "answered without data"),
        (raw(b'{"code": "Success", "data": 1}'), "answered without data"),
        (raw(b"", 302, Location="https://elsewhere.example/"), "sends us elsewhere (302)"),
        (data({"id": "x"}), "not a connection: group_id: Field required"),
        (data(connection(succeeded_at="yesterday")), "not a connection: succeeded_at: "),
        (refused(400, "InvalidInput", "x" * 5000), "400 InvalidInput: xxx"),
        (refused(400, "a\x1b[2Jb", "c\r\nd"), "400 a [2Jb: c d"),
        (document({"code": 1, "message": None}, 400), "400: it gave no reason"),
    ],
)
def test_an_answer_that_is_none_is_told_in_one_line(answer, words):
    with scripted_source(answer) as source:
        text = refusal(source, get)
    assert words in text
    assert len(text) < 900
    assert "elsewhere.example" not in text


def test_no_redirect_is_followed_with_credentials():
    with (
        scripted_source(data(connection())) as other,
        scripted_source(raw(b"", 307, Location=f"{other.url}/v1")) as source,
    ):
        refusal(source, post)
    assert other.asked == []


@pytest.mark.parametrize("failure", [status(500), status(502), status(503), disconnect])
def test_a_question_is_asked_again_after_a_failure_of_the_server(failure):
    with scripted_source(failure, failure, data(connection())) as source, api(source) as fivetran:
        assert get(fivetran).id == "grafted_unwound"
    assert len(source.asked) == 3


@pytest.mark.parametrize("failure", [status(500), status(503, Retry_After="1"), disconnect, cut_off()])
def test_what_may_have_been_done_is_not_done_again(failure):
    with scripted_source(failure, said()) as source:
        refusal(source, post, (FivetranApiError, UnreachableError))
        assert len(source.asked) == 1


def test_a_broken_post_says_that_it_may_have_been_done():
    with scripted_source(disconnect) as source:
        text = refusal(source, post, UnreachableError)
    assert "may have been done all the same" in text


@pytest.mark.parametrize("call", [get, post, lambda fivetran: fivetran.set_paused("x", paused=True)])
def test_a_429_is_waited_for_whatever_was_asked(call):
    answers = (refused(429, "TooManyRequests", "slow down", Retry_After="0"), data(connection()))
    with scripted_source(*answers) as source, api(source) as fivetran:
        call(fivetran)
    assert len(source.asked) == 2


def test_a_wait_that_a_person_notices_is_announced(monkeypatch):
    waited, heard = [], []
    monkeypatch.setattr(time, "sleep", waited.append)
    limit = refused(429, "TooManyRequests", "slow down", Retry_After="7")
    with scripted_source(limit, data(connection())) as source, api(source, heard.append) as fivetran:
        get(fivetran)
    assert (waited, heard) == ([7], ["Fivetran asks to wait: trying again in 7 s"])


def test_a_wait_of_an_hour_is_told_and_not_waited_for():
    with scripted_source(refused(429, "TooManyRequests", "slow down", Retry_After="3600")) as source:
        text = refusal(source, get)
    assert "429 TooManyRequests: slow down" in text
    assert "it asks to wait 3600 s, longer than the 120 s that we wait" in text
    assert len(source.asked) == 1


@pytest.mark.parametrize("words", ["soon", "-5", "9" * 400, ""])
def test_a_retry_after_that_says_nothing_is_no_reason_to_fail_otherwise(words):
    with scripted_source(refused(429, "TooManyRequests", "x", Retry_After=words)) as source:
        assert "429 TooManyRequests" in refusal(source, get)


def test_limits_without_end_are_told():
    with scripted_source(refused(429, "TooManyRequests", "x", Retry_After="0")) as source:
        refusal(source, post)
    assert len(source.asked) == retrying.TRIES


def test_an_address_where_nothing_listens_is_told_at_once():
    with scripted_source(said()) as source:
        pass
    text = refusal(source, get, UnreachableError)
    assert re.match(r"nothing answers at http://127\.0\.0\.1:\d+: start it with `\./fivetran serve` \(GET ", text)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path):
    with scripted_source(data(connection()), tls=self_signed(tmp_path)) as source:
        for call in (get, post):
            text = refusal(source, call, UnreachableError)
            assert "the certificate of 127.0.0.1:" in text
            assert "is not to be trusted" in text
            assert "may have been done" not in text
    assert source.asked == []


def test_what_was_never_sent_is_not_said_to_have_been_done_perhaps():
    with scripted_source(said()) as source:
        pass
    assert "may have been done" not in refusal(source, post, UnreachableError)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answer", [silence, trickle()])
def test_an_answer_that_does_not_come_is_not_waited_for_without_end(answer, method):
    with scripted_source(answer) as source, api(source) as fivetran, pytest.raises(UnreachableError) as caught:
        fivetran.ask(method, "/v1/x", seconds=0.1)
    assert "did not answer within 0.1 s" in str(caught.value)
    assert ("may have been done" in str(caught.value)) == (method == "POST")


def test_an_answer_without_content_is_a_success_without_data():
    with scripted_source(raw(b"", 204)) as source, api(source) as fivetran:
        assert fivetran.delete_connection("x") == ""
        with pytest.raises(FivetranApiError, match="without data"):
            get(fivetran)


def test_an_answer_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(session, "MOST_BYTES", 1000)
    with scripted_source(data("x" * 2000)) as source:
        assert "more than 1,000 bytes" in refusal(source, get)


def test_a_compressed_answer_is_read():
    with scripted_source(gzipped({"data": connection()})) as source, api(source) as fivetran:
        assert get(fivetran).service == "google_cloud_function"


def test_no_proxy_is_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with scripted_source(data(connection())) as source, api(source) as fivetran:
        get(fivetran)
    assert len(source.asked) == 1


def page(*ids, cursor=None):
    items = [connection(id=identity) for identity in ids]
    return data({"items": items, "next_cursor": cursor} if cursor else {"items": items})


def test_every_page_is_read_and_none_before_it_is_needed():
    pages = (page("a", "b", cursor="c1"), page("c", cursor="c2"), page("d"))
    with scripted_source(*pages) as source, api(source) as fivetran:
        found = fivetran.connections()
        assert next(found).id == "a"
        assert len(source.asked) == 1
        assert [connection.id for connection in found] == ["b", "c", "d"]
    assert [asked.query.get("cursor") for asked in source.asked] == [None, "c1", "c2"]


@pytest.mark.parametrize(
    "pages", [(page("a", cursor="x"),), (page("a", cursor="x"), page("b", cursor="y"), page("c", cursor="x"))]
)
def test_a_cursor_that_comes_twice_is_an_error_and_no_loop(pages):
    with scripted_source(*pages) as source:
        text = refusal(source, lambda fivetran: list(fivetran.connections()))
    assert "the same page again and again" in text
    assert len(source.asked) <= 4


def test_a_page_without_items_is_told():
    with scripted_source(data({"next_cursor": "x"})) as source:
        assert "a page that has no items" in refusal(source, lambda fivetran: list(fivetran.groups()))


def test_names_are_quoted_into_the_path():
    with scripted_source(data({"schemas": {}})) as source, api(source) as fivetran:
        fivetran.set_enabled("x", ("a/b", "c d?", "é"), enabled=False)
    assert source.asked[0].target == "/v1/connections/x/schemas/a%2Fb/tables/c%20d%3F/columns/%C3%A9"
    assert source.asked[0].method == "PATCH"

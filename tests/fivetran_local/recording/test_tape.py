"""The source's tape: a proxy that nobody notices while it records, and the same answers again without the source."""

import gzip
import json
import socket
import threading
import zlib
from contextlib import ExitStack, suppress
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.recording import taping
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.playback import playback
from fivetran_local.recording.tape import TOO_LARGE, SourceAnswer, Tape, is_loopback, origin, readdressed
from fivetran_local.recording.taping import recorded_source
from fivetran_protocol import MASK
from tests.fivetran_local.test_function import self_signed_server
from tests.support.scripted_source import (
    cut_off,
    disconnect,
    document,
    gzipped,
    raw,
    reply,
    scripted_source,
    silence,
    status,
)  # fmt: skip

KEY = "hed_0123456789abcdef"
PAGE = {"users": [{"id": 1, "name": "Zoë"}], "more": True}
HEADERS = {"X-Api-Key": KEY, "Accept": "application/json"}


# How a body is sent is a matter of one connection.
OF_A_CONNECTION = {"transfer-encoding", "content-length", "content-encoding", "date", "server", "connection"}


def seen(method, url):
    """What a client sees: status, headers, body; or how it failed."""
    try:
        answer = requests.request(method, url, headers=HEADERS, timeout=10, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    headers = sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in OF_A_CONNECTION)
    return answer.status_code, headers, answer.content


def chunked(exchange):
    exchange.send(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n2\r\n3]\r\n0\r\n\r\n")


def until_closed(exchange):
    exchange.leave()
    exchange.send(b"HTTP/1.0 200 Said\r\n\r\n[1, 2]")


def cut_in_a_chunk(exchange):
    exchange.leave()
    exchange.send(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n9\r\n3")


ANSWERS = {
    "a page": document(PAGE),
    "spelled in its own way": raw(b'{\n "id": 1.10, "id": 2e3 }\n'),
    "not JSON": raw(b"<html>down</html>", 200, Content_Type="text/html"),
    "not text": raw(bytes(range(256))),
    "empty": raw(b""),
    "no content": status(204),
    "too many requests": status(429, Retry_After="3"),
    "a failure": status(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    "a redirect": status(302, Location="https://elsewhere.test/"),
    "a link to the next page": document([], Link='<https://api.test/users?page=2>; rel="next"', X_Total="7"),
    "compressed": gzipped(PAGE),
    "compressed by zlib": raw(zlib.compress(b"[1]"), Content_Encoding="deflate"),
    "badly compressed": raw(gzip.compress(b"[1, 2, 3]")[:-9] + b"nonsense!", Content_Encoding="gzip"),
    "in pieces": chunked,
    "until it closes": until_closed,
    "large": document({"rows": ["x" * 100] * 20_000}),
    "cut off": cut_off(),
    "cut off in a piece": cut_in_a_chunk,
    "no answer": disconnect,
    "not HTTP": lambda exchange: (exchange.send(b"SSH-2.0-OpenSSH\r\n"), exchange.leave()),
}


@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_client_sees_through_the_proxy_and_from_the_tape_what_it_sees_without(script, method):
    if method == "HEAD":
        script = headless(script)
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder):
        plain = seen(method, f"{source.url}/users?after=1&x=%2F")
        assert seen(method, f"{proxy}/users?after=1&x=%2F") == plain
        answers, keys = recorder.take()
        direct, passed_on = source.asked
    assert (passed_on.method, passed_on.target, passed_on.body) == (direct.method, direct.target, direct.body)
    assert without_host(passed_on) == without_host(direct)
    assert keys == {KEY}
    assert [(one.method, one.url) for one in answers] == [(method, f"{source.url}/users?after=1&x=%2F")]
    assert recorder.take() == ([], set())
    with playback() as player:
        player.tape = Tape(answers)
        again = seen(method, f"{player.standing_in_for(source.url)}/users?after=1&x=%2F")
    assert again == plain
    assert (player.tape.missing, player.tape.unused) == ([], [])


def headless(script):
    def answer(exchange):
        head = []
        exchange.send, send = head.append, exchange.send
        script(exchange)
        exchange.send = send
        send(b"".join(head).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head else b"")

    return answer


def without_host(asked):
    return sorted((name, value) for name, value in asked.headers.items() if name.lower() not in {"host", "connection"})


def test_a_request_with_a_body_goes_through_whole_and_in_pieces():
    with scripted_source(document({})) as source, recorded_source(source.url) as (proxy, _):
        requests.post(f"{proxy}/search", json={"q": "x"}, timeout=10)
        requests.post(f"{proxy}/search", data=iter([b"one ", b"two"]), timeout=10)
    assert [asked.body for asked in source.asked] == [b'{"q": "x"}', b"one two"]
    assert source.asked[0].headers["Content-Type"] == "application/json"


def test_connections_are_kept_on_both_sides():
    with scripted_source(document(PAGE)) as source, recorded_source(source.url) as (proxy, recorder):
        with requests.Session() as session:
            for _ in range(5):
                assert session.get(f"{proxy}/users", timeout=10).json() == PAGE
        assert source.connections == 1
        assert len(recorder.take()[0]) == 5


def test_several_requests_at_once_are_all_noted():
    with scripted_source(document(PAGE)) as source, recorded_source(source.url) as (proxy, recorder):
        threads = [threading.Thread(target=seen, args=("GET", f"{proxy}/{i}")) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(one.url for one in recorder.take()[0]) == [f"{source.url}/{i}" for i in range(8)]


def client():
    return urllib3.PoolManager(retries=False)


def test_headers_that_a_client_does_not_send_are_not_made_up():
    none = dict.fromkeys(("User-Agent", "Accept-Encoding"), urllib3.util.SKIP_HEADER)
    with scripted_source(document({})) as source, recorded_source(source.url) as (proxy, _), client() as bare:
        bare.request("GET", proxy + "/", headers=none)
    assert {name.lower() for name in source.asked[0].headers} <= {"host", "connection"}


def test_an_answer_that_does_not_come_is_noted_as_none():
    with scripted_source(silence) as source, recorded_source(source.url) as (proxy, recorder):
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{proxy}/users", timeout=0.5)
        ((answer,), _) = recorder.take()
    assert (answer.status, answer.failure) == (None, "no answer had come when the call ended")


def test_a_function_that_leaves_in_the_middle_leaves_no_half_read_connection_behind():
    large = document({"rows": ["x" * 100] * 200_000})
    with scripted_source(large, document(["next"])) as source, recorded_source(source.url) as (proxy, recorder):
        with requests.get(proxy, stream=True, timeout=10) as answered:
            next(answered.iter_content(10))
        assert requests.get(proxy, timeout=10).json() == ["next"]
        first, second = recorder.take()[0]
    assert (second.status, second.body) == (200, b'["next"]')
    assert first.status in {200, None}


def test_a_source_whose_certificate_cannot_be_verified_is_not_asked(tmp_path):
    with self_signed_server(tmp_path) as url, recorded_source(url.rstrip("/")) as (proxy, recorder):
        assert seen("GET", f"{proxy}/users") == "ConnectionError"
        ((answer,), _) = recorder.take()
    assert "no answer (SSLError)" in answer.failure


def test_nothing_answers_behind_the_proxy():
    with recorded_source("http://127.0.0.1:1") as (proxy, recorder):
        assert seen("GET", f"{proxy}/users") == "ConnectionError"
        ((answer,), _) = recorder.take()
    assert answer.failure == "no answer (NewConnectionError)"


def test_only_the_source_is_asked_whatever_the_request_names():
    with scripted_source(document(PAGE)) as source, recorded_source(source.url) as (proxy, _), client() as manager:
        pool = manager.connection_from_url(proxy)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            pool.urlopen("GET", "http://elsewhere.test/", assert_same_host=False)
        pool.urlopen("GET", "/", headers={"Host": "elsewhere.test"})
    assert [asked.target for asked in source.asked] == ["/"]
    assert source.asked[0].headers["Host"] == source.url.removeprefix("http://")


def test_the_proxy_of_the_environment_is_used(monkeypatch):
    with scripted_source(document(PAGE)) as company:
        monkeypatch.setenv("http_proxy", company.url.replace("//", "//me:secret@"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with recorded_source("http://api.test") as (proxy, _), client() as bare:
            assert bare.request("GET", f"{proxy}/users").json() == PAGE
        (asked,) = company.asked
    assert asked.target == "http://api.test/users"
    assert asked.headers["Proxy-Authorization"].startswith("Basic ")


def test_cookies_are_passed_on_and_not_kept():
    script = document(PAGE, Set_Cookie="session=s3cret")
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder):
        assert requests.get(proxy, timeout=10).cookies["session"] == "s3cret"
        ((answer,), _) = recorder.take()
    assert "s3cret" not in str(answer)


HANDED_OUT = {
    "a header": (document({}, X_Auth_Token="handed-out-1"), {}),
    "a redirect": (status(302, Location="https://s.test/?session_id=handed-out-1"), {}),
    "a field": (document({"refresh_token": "handed-out-1"}), {}),
    "a compressed field": (gzipped({"refresh_token": "handed-out-1"}), {}),
    "a field that is cut off": (cut_off(b'{"refresh_token": "handed-out-1", "x": "'), {}),
    "a cookie": (document({}, Set_Cookie="SESSION=handed-out-1; Path=/"), {}),
    "the request's header": (document({}), {"headers": {"Authorization": "Bearer handed-out-1"}}),
    "the request's address": (document({}), {"params": {"X-Amz-Signature": "handed-out-1"}}),
}


@pytest.mark.parametrize(("script", "request_"), HANDED_OUT.values(), ids=HANDED_OUT)
def test_a_key_that_a_source_hands_out_is_told_and_stands_in_no_header_and_no_address(script, request_):
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder):
        with suppress(requests.exceptions.ChunkedEncodingError):
            requests.get(proxy, timeout=10, allow_redirects=False, **request_)
        ((answer,), keys) = recorder.take()
    assert "handed-out-1" in keys
    assert "handed-out-1" not in f"{answer.url} {answer.headers}"


def test_a_source_is_not_told_to_compress_in_a_way_that_could_not_be_masked():
    with scripted_source(document({})) as source, recorded_source(source.url) as (proxy, _):
        for accepted in ("gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.5", "br", "gzip, deflate", "*"):
            requests.get(proxy, headers={"Accept-Encoding": accepted}, timeout=10)
    assert [asked.headers["Accept-Encoding"] for asked in source.asked] == [
        "gzip, deflate", "GZIP;q=0.5", "identity", "gzip, deflate", "identity",
    ]  # fmt: skip


PAGE_TEXT = json.dumps(PAGE).encode() * 50
COMPRESSED = {
    "in two parts": (raw(gzip.compress(b'{"a": ') + gzip.compress(b"1}"), Content_Encoding="gzip"), b'{"a": 1}'),
    "with something after it": (raw(gzip.compress(b"[1]") + b"\n", Content_Encoding="x-gzip"), b"[1]"),
    "without a zlib header": (raw(zlib.compress(b"[1]")[2:-4], Content_Encoding="Deflate"), b"[1]"),
    "empty": (raw(b"", Content_Encoding="br"), b""),
    "named and not compressed": (raw(b"[1]", Content_Encoding="identity"), b"[1]"),
}


@pytest.mark.parametrize(("script", "plain"), COMPRESSED.values(), ids=COMPRESSED)
def test_compressed_answers_are_kept_plain(script, plain):
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder), client() as bare:
        bare.request("GET", proxy, decode_content=False)
        ((answer,), _) = recorder.take()
    assert (answer.body, answer.left_out) == (plain, "")
    assert dict(answer.headers).get("Content-Encoding", "") in {"", "identity", "br" if not plain else ""}


def test_a_compressed_answer_that_is_cut_off_is_kept_plain_as_far_as_it_goes():
    script = raw_cut(gzip.compress(PAGE_TEXT, 0)[:-100], "gzip")
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder):
        assert seen("GET", proxy) == "ChunkedEncodingError"
        answers, _ = recorder.take()
    (answer,) = answers
    assert PAGE_TEXT.startswith(answer.body)
    assert len(answer.body) > 1000
    assert answer.cut
    assert "Content-Encoding" not in dict(answer.headers)
    with playback() as player:
        player.tape = Tape(answers)
        assert seen("GET", player.standing_in_for(source.url)) == "ChunkedEncodingError"


def raw_cut(body, encoding):
    def answer(exchange):
        exchange.leave()
        exchange.send(reply(body, headers={"Content-Encoding": encoding}, announced=len(body) + 9))

    return answer


def test_what_a_source_compresses_in_another_way_unasked_is_left_out_and_passed_on():
    script = raw(b"\x0b secret", Content_Encoding="br")
    with scripted_source(script) as source, recorded_source(source.url) as (proxy, recorder), client() as bare:
        assert bare.request("GET", proxy, decode_content=False).data == b"\x0b secret"
        ((answer,), _) = recorder.take()
    assert (answer.body, answer.status) == (b"", 200)
    assert "could not be masked" in answer.left_out


def test_more_than_can_be_read_again_is_left_out_and_passed_on(monkeypatch):
    monkeypatch.setattr(taping, "_LARGEST_KEPT", 1000)
    large, small = {"rows": ["x" * 300] * 2}, ["x" * 500]
    script = [gzipped({"rows": ["x" * 100] * 11}), document(large), document(small), document(small), document(large)]
    with scripted_source(*script) as source, recorded_source(source.url) as (proxy, recorder):
        for _ in range(4):
            assert requests.get(proxy, timeout=10).status_code == 200
        answers, _ = recorder.take()
        assert [answer.left_out for answer in answers] == [TOO_LARGE, "", TOO_LARGE, TOO_LARGE]
        assert requests.get(proxy, timeout=10).json() == large
        assert recorder.take()[0][0].left_out == ""
    assert not any(answer.cut for answer in answers)
    tape = Tape(answers[:1])
    assert tape.next_answer("GET", f"{source.url}/") is None
    assert tape.left_out == [f"the answer to GET {source.url}/ was too large to be kept"]
    assert (tape.missing, tape.unused) == ([], [])


@pytest.mark.parametrize(
    "half",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf of it",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf of it",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_half_a_request_is_not_passed_on(half):
    with scripted_source(document({})) as source, recorded_source(source.url) as (proxy, recorder):
        place = urlsplit(proxy)
        with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
            connection.sendall(half)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
        assert (source.asked, recorder.take()) == ([], ([], set()))


def answer(url, status_code=200, method="GET", body=b"[]"):
    return SourceAnswer(method, f"https://source.test{url}", status_code, (), body)


def test_the_same_request_gets_its_answers_in_order_and_none_twice():
    tape = Tape([answer("/a", 429), answer("/b"), answer("/a", 200), answer("/a", method="POST")])
    got = [tape.next_answer("GET", "https://source.test/a") for _ in range(3)]
    assert [one and one.status for one in got] == [429, 200, None]
    assert tape.missing == ["GET https://source.test/a"]
    assert tape.unused == ["GET https://source.test/b", "POST https://source.test/a"]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4), st.randoms())
def test_neither_the_order_of_parameters_nor_their_escapes_make_another_request(pairs, random):
    recorded = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    shuffled = random.sample(pairs, len(pairs))
    tape = Tape([answer(f"/p q?{recorded}".replace(" ", "%20"))])
    assert tape.next_answer("GET", f"https://source.test/%70%20q?{urlencode(shuffled)}") is not None


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (f"/accounts/{MASK}/users", f"/accounts/{quote(MASK)}/users"),
        (f"/users?id={MASK}&n=1", f"/users?n=1&id={quote(MASK)}"),
        ("/users?api_key=what+it+was", "/users?api_key=other"),
        (f"/users?api_key={MASK}", "/users?api_key=other"),
    ],
)
def test_a_secret_in_an_address_matches_what_stands_for_it(recorded, asked):
    assert Tape([answer(recorded)]).next_answer("GET", f"https://source.test{asked}") is not None


def test_other_requests_are_other_requests():
    tape = Tape([answer("/users?after=1")])
    for asked in ("/users?after=2", "/users", "/user", "/users?after=1&x="):
        assert tape.next_answer("GET", f"https://source.test{asked}") is None
    assert tape.next_answer("POST", "https://source.test/users?after=1") is None
    assert tape.next_answer("GET", "https://other.test/users?after=1") is None
    assert tape.next_answer("GET", "https://source.test/users?after=1") is not None


def test_a_request_without_an_answer_is_told_by_a_status_that_nobody_repeats():
    with playback() as player:
        here = player.standing_in_for("https://source.test")
        assert here == player.standing_in_for("https://source.test") != player.standing_in_for("https://other.test")
        answered = requests.get(f"{here}/users?token={KEY}", timeout=10)
    assert (answered.status_code, answered.json()) == (421, {"error": "the recording has no answer to this request"})
    assert player.tape.missing == [f"GET https://source.test/users?token={MASK}"]


def test_one_source_does_not_answer_for_another():
    with playback() as player:
        player.tape = Tape([answer("/a", body=b'"one"'), SourceAnswer("GET", "https://b.test/a", 200, (), b'"two"')])
        assert requests.get(player.standing_in_for("https://b.test") + "/a", timeout=10).json() == "two"
        assert requests.get(player.standing_in_for("https://source.test") + "/a", timeout=10).json() == "one"


def test_servers_end_with_their_block():
    with ExitStack() as stack:
        player = stack.enter_context(playback())
        here = player.standing_in_for("https://source.test")
        kept = stack.enter_context(requests.Session())
        kept.get(here, timeout=10)
        stack.pop_all().close()
    assert seen("GET", here) == "ConnectionError"


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("https://api.test/v1/", "https://api.test"),
        ("HTTP://API.test:8080", "http://API.test:8080"),
        ("https://user:pass@api.test/x?y=z", "https://api.test"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("api.test", None), ("ftp://api.test", None), ("https://", None), ("see https://api.test", None), (7, None),
        ("https://api.test and more", None), ("", None), (None, None), ({"a": "https://api.test"}, None),
    ],
)  # fmt: skip
def test_which_settings_are_addresses(setting, found):
    assert origin(setting) == found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://api.test/v1/?a=b", "http://127.0.0.1:9/v1/?a=b"),
        ("https://user:p:w@api.test", "http://user:p:w@127.0.0.1:9"),
        ("no address", "no address"),
    ],
)
def test_an_address_keeps_everything_but_its_place(before, after):
    assert readdressed(before, "http://127.0.0.1:9") == after


def test_what_is_on_this_machine():
    here = ["http://127.0.0.1:8080/f", "http://localhost/", "http://127.1.2.3", "http://[::1]:9/"]
    assert all(map(is_loopback, here))
    others = [
        "https://127.0.0.1.test",
        "https://a.test",
        "http://localhost.test/",
        "http://a.test/127.0.0.1",
        "",
        "127.0.0.1",
    ]
    assert not any(map(is_loopback, others))


def test_a_recorded_answer_is_written_and_read_again():
    one = SourceAnswer(
        "GET", "https://s.test/", 200, (("link", "a"), ("link", "b"), ("etag", "c")), b'{"a": 1}', cut=True
    )
    entry = one.to_wire(Masking())
    assert entry["headers"] == {"link": ["a", "b"], "etag": "c"}
    assert SourceAnswer.from_wire(json.loads(json.dumps(entry))) == SourceAnswer(
        one.method, one.url, one.status, one.headers, b'{"a":1}', cut=True
    )

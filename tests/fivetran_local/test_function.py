"""Calling a function over real sockets: what is an answer, what is a failure, and what is said about it."""

import json
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fivetran_local.errors import FunctionCallError, LocalFivetranError, RefusedError
from fivetran_local.function import TOKEN_VARIABLE, FunctionClient, decode
from fivetran_protocol import FunctionRequest
from tests.support.scripted_source import cut_off, disconnect, document, raw, reply, scripted_source, silence, trickle
from tests.support.self_signed import self_signed

KEY = "hed_0123456789abcdef"
REQUEST = FunctionRequest("a test", {"cursor": "c1"}, {"api_key": KEY}, "5f7d")
PAGE = {"state": {"n": 1}, "insert": {"t": [{"id": 1}]}, "hasMore": False}
TEXT = json.dumps(PAGE).encode()


def ask(url, request=REQUEST, **limits):
    client = FunctionClient(url, **limits)
    try:
        return client.call(request)
    finally:
        client.close()


def failure(*script, **limits) -> LocalFivetranError:
    """Ask a scripted server once and return the failure, which is one line without a secret in it."""
    with scripted_source(*script) as source, pytest.raises(LocalFivetranError) as caught:
        ask(source.url, **limits)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


def sends(data):
    """Send these bytes, a whole answer or not, and close the connection."""

    def answer(exchange):
        exchange.leave()
        exchange.send(data)

    return answer


def then_closes(content):
    """Answer as a server that keeps its connections does, and close this one after all."""
    return sends(reply(json.dumps(content).encode()))


def test_the_request_is_what_fivetran_sends():
    with scripted_source(document(PAGE)) as source:
        answer = ask(f"{source.url}/main?code=7")
    (seen,) = source.asked
    assert (seen.method, seen.target) == ("POST", "/main?code=7")
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Authorization"] is None
    assert json.loads(seen.body) == REQUEST.to_wire()
    assert (answer.document, answer.size_bytes) == (PAGE, len(TEXT))
    assert 0 < answer.seconds < 60


@pytest.mark.parametrize(
    "value",
    [2**63, 2**64, -(2**64) - 1, 10**60, 9007199254740993],
    ids=["over int64", "over uint64", "below -2**64", "sixty digits", "over 2**53"],
)
def test_a_big_integer_in_the_state_comes_and_goes_to_the_last_digit(value):
    with scripted_source(document({**PAGE, "state": {"n": value}})) as source:
        answer = ask(source.url)
        ask(source.url, FunctionRequest(state=answer.document["state"]))
    assert json.loads(source.asked[1].body)["state"] == {"n": value}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (document({"errorMessage": "out of coffee", "errorType": "Tea"}, 500), "an error (500): Tea: out of coffee"),
        (document({"errorMessage": "bad key"}, 400), "reports an error (400): bad key"),
        (document({"errorMessage": "said with 200", "state": {}}), "reports an error: said with 200"),
        (document({"errorMessage": "at once", "stackTrace": "one text"}, 503), "reports an error (503): at once"),
        (
            raw(b"<h1>Internal</h1>", 500, Content_Type="text/html"),
            "an error report (17 bytes of text/html)",
        ),
        (document({"message": "no such field"}, 502), "answered 502 without an error report"),
        (raw(b"", 504), "answered 504 without an error report (0 bytes"),
        (raw(b"", 401), TOKEN_VARIABLE),
        (raw(b"", 403), TOKEN_VARIABLE),
        (raw(b"", 302, Location="/elsewhere"), "redirects (302)"),
        (raw(b"", 304), "redirects (304)"),
    ],
)
def test_a_status_or_a_report_of_failure_is_told_in_the_functions_words(answer, words):
    error = failure(answer)
    assert isinstance(error, FunctionCallError)
    assert words in str(error)


def test_a_redirect_is_not_followed():
    with scripted_source(raw(b"", 307, Location="/main"), document(PAGE)) as source:
        with pytest.raises(FunctionCallError, match="use the final address"):
            ask(source.url)
        assert len(source.asked) == 1


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html>sign in</html>", "text/html", "not JSON: 20 bytes of text/html; return a JSON object"),
        (b"", "application/json", "the answer is empty"),
        (b'{"state": {"n": NaN}}', "application/json", "holds NaN"),
        (b'{"state": {"n": Infinity}}', "application/json", "holds Infinity"),
        (b'{"state": {"n": -Infinity}}', "application/json", "holds -Infinity"),
        (b'{"id": 12345678901234567890, "n": NaN}', "application/json", "holds NaN"),
        (b'{"state": {}', "application/json", "not JSON: 12 bytes"),
        (b'{"id": 12345678901234567890', "application/json", "not JSON: 27 bytes"),
        (b'{"state": {"a": "\xff"}}', "application/json", "not JSON"),
        (b'{"id": 12345678901234567890, "t": "\\ud800"}', "application/json", "not JSON"),
        (b'{"id": 12345678901234567890, "t": 1e999}', "application/json", "not JSON"),
        (b"[" * 200_000, "application/json", "not JSON: 200000 bytes"),
        (b"[12345678901234567890, " + b"[" * 200_000, "application/json", "not JSON: 200023 bytes"),
        (b"[" * 1010 + b"]" * 1010, "application/json", None),
        (b'{"id": ' + b"9" * 5000 + b"}", "application/json", "not JSON: 5008 bytes"),
    ],
)
def test_what_is_not_json_is_refused_and_said_why(body, kind, words):
    if words is None:
        assert decode(body)
        return
    error = failure(raw(body, Content_Type=kind))
    assert isinstance(error, RefusedError)
    assert words in str(error)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"17"])
def test_any_json_is_an_answer_and_what_it_means_is_read_elsewhere(body):
    with scripted_source(raw(body)) as source:
        assert ask(source.url).document == json.loads(body)


def test_integers_beyond_64_bits_are_exact_wherever_they_stand():
    big = [10**30 + 7, -(10**19) - 1, 2**64, 2**64 - 1]
    assert decode(json.dumps({"rows": [{"n": n} for n in big]}).encode()) == {"rows": [{"n": n} for n in big]}
    assert decode(b'{"x": 0.12345678901234567890123}') == {"x": 0.12345678901234567890123}


@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "until the connection closes"])
def test_an_answer_of_more_than_the_limit_is_refused_without_reading_it_all(announced):
    body = b'{"state": "' + b"x" * (11 * 1024 * 1024) + b'"}'
    head = reply(announced=len(body)) if announced else b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    error = failure(sends(head + body))
    assert isinstance(error, RefusedError)
    assert "larger than 10 MB" in str(error)
    assert "fewer rows" in str(error)


def test_an_answer_of_exactly_the_limit_is_taken():
    body = json.dumps({"state": "x" * 1000}).encode()
    with scripted_source(raw(body)) as source:
        assert ask(source.url, max_response_bytes=len(body)).size_bytes == len(body)
        with pytest.raises(RefusedError, match="larger than"):
            ask(source.url, max_response_bytes=len(body) - 1)


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        trickle(first=b""),
        lambda exchange: exchange.send(reply(b'{"state": ', announced=1000)) or silence(exchange),
    ],
    ids=["no answer", "a byte now and then", "half an answer"],
)
def test_the_timeout_bounds_the_whole_answer(answer):
    started = time.monotonic()
    error = failure(answer, timeout_seconds=0.5)
    assert isinstance(error, FunctionCallError)
    assert "did not answer within 0.5 s" in str(error)
    assert 0.4 < time.monotonic() - started < 5


def test_half_an_answer_that_comes_late_does_not_get_the_time_again():
    """Each byte starts the time a read may take anew; what is left of the whole must bound that too."""

    def answer(exchange):
        exchange.send(reply(announced=1000))
        exchange.server_is_ending.wait(0.9)
        exchange.send(b" ")
        silence(exchange)

    started = time.monotonic()
    assert "did not answer within 1 s" in str(failure(answer, timeout_seconds=1))
    assert time.monotonic() - started < 1.6


def test_a_function_that_is_not_there_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(FunctionCallError, match=f"nothing answers at {url}"):
        ask(url)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 2",
        reply(TEXT, announced=len(TEXT) + 100),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
    ],
    ids=["nothing", "half a status", "less than announced", "half a chunk"],
)
def test_a_connection_that_is_cut_is_a_failure_and_not_an_answer(data):
    with scripted_source(sends(data)) as source:
        with pytest.raises(FunctionCallError, match="cut the connection") as caught:
            ask(source.url)
        assert len(source.asked) == 1
    assert KEY not in str(caught.value)


def test_one_connection_serves_many_calls():
    with scripted_source(document(PAGE)) as source:
        client = FunctionClient(source.url)
        for _ in range(5):
            client.call(REQUEST)
        client.close()
    assert (len(source.asked), source.connections) == (5, 1)


def test_a_kept_connection_that_the_server_closed_is_opened_again():
    with scripted_source(then_closes(PAGE), document(PAGE)) as source:
        client = FunctionClient(source.url)
        client.call(REQUEST)
        client.call(REQUEST)
        client.close()
    assert (len(source.asked), source.connections) == (2, 2)


def test_a_kept_connection_that_closes_just_as_it_is_used_is_opened_again():
    """The server has the request's bytes and says nothing, as one does that closed in that very moment."""
    with scripted_source(document(PAGE), disconnect, document(PAGE)) as source:
        client = FunctionClient(source.url)
        client.call(REQUEST)
        assert client.call(REQUEST).document == PAGE
        client.close()
    assert (len(source.asked), source.connections) == (3, 2)


@pytest.mark.parametrize(
    "data",
    [b"HTT", reply(TEXT, announced=len(TEXT) + 1), b"HTTP/1.1 200 OK\r\nContent-Le"],
    ids=["half a status", "less than announced", "half a header"],
)
def test_a_request_is_never_sent_twice_once_an_answer_had_begun(data):
    with scripted_source(document(PAGE), sends(data), document(PAGE)) as source:
        client = FunctionClient(source.url)
        client.call(REQUEST)
        with pytest.raises(LocalFivetranError):
            client.call(REQUEST)
        client.close()
        assert len(source.asked) == 2


def test_a_client_goes_on_after_a_failure():
    with scripted_source(document({"errorMessage": "once"}, 500), cut_off(b"{", 9), document(PAGE)) as source:
        client = FunctionClient(source.url)
        for _ in range(2):
            with pytest.raises(FunctionCallError):
                client.call(REQUEST)
        assert client.call(REQUEST).document == PAGE
        client.close()


@pytest.mark.parametrize("token", ["eyJ.token", "eyJ.token\n"], ids=["as it is", "with gcloud's line end"])
def test_a_token_of_the_environment_goes_with_every_call_to_a_deployed_function(monkeypatch, tmp_path, token):
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "self-signed.pem"))
    with scripted_source(document(PAGE), tls=tls) as source:
        ask(source.url)
    assert source.asked[0].headers["Authorization"] == "Bearer eyJ.token"


@pytest.mark.parametrize("token", ["eyJ.token", "no header\ncan hold it"])
def test_a_function_of_this_machine_is_sent_no_token_of_the_environment(monkeypatch, token):
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with scripted_source(document(PAGE)) as source:
        ask(source.url)
    assert "Authorization" not in source.asked[0].headers


def test_a_token_that_no_header_can_hold_is_named_and_not_shown(monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "eyJ\nHost: elsewhere")
    with pytest.raises(FunctionCallError, match=TOKEN_VARIABLE) as caught:
        FunctionClient("https://127.0.0.1:9")
    assert "elsewhere" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["nowhere", "", "ftp://127.0.0.1/", "http://", "127.0.0.1:8080", "http://[::1", "http://h:x/"]
)
def test_an_address_that_is_none_is_said_to_be_that(url):
    with pytest.raises(FunctionCallError, match=r"is not the address of a function: expected http://"):
        ask(url)


def test_a_key_in_the_address_is_in_no_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for end, shown in ((f"/main?code={KEY}", "/main"), (f"/hook/{KEY}/hed", r"/hook/\[secret\]/hed")):
        with pytest.raises(FunctionCallError, match=rf"nothing answers at http://127.0.0.1:{port}{shown}:") as caught:
            ask(f"http://me:{KEY}@127.0.0.1:{port}{end}")
        assert KEY not in str(caught.value)


@contextmanager
def self_signed_server(folder):
    """A server whose certificate nobody vouches for; it handshakes once."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def handshake():
        with suppress(OSError), listening.accept()[0] as plain, context.wrap_socket(plain, server_side=True):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=handshake)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(10)


def test_a_certificate_that_cannot_be_verified_is_a_failure_of_its_own(tmp_path):
    with self_signed_server(tmp_path) as url, pytest.raises(FunctionCallError, match="TLS certificate") as caught:
        ask(url)
    assert "\n" not in str(caught.value)

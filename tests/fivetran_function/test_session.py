"""One session for an instance: connections are kept, nothing else is; and `requests` can be mocked as ever."""

import datetime
import ssl
import time
from ipaddress import IPv4Address

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fivetran_function import OutOfTimeError, SourceError, decode_page
from fivetran_function import session as session_module
from fivetran_function.source import session
from tests.support.functions import loaded, served
from tests.support.scripted_source import document, raw, scripted_source, trickle

PAGE = {"users": [{"id": 1}]}


class Call:
    def __init__(self, **secrets):
        self.json = {"state": {}, "secrets": {"api_key": "key", **secrets}}


@pytest.mark.parametrize("answer", [document(PAGE), raw(b'{"users": []}' + b" " * 1_000_000)], ids=["small", "large"])
def test_invocations_share_a_connection(answer):
    with scripted_source(answer) as source, served("asks_a_source") as client:
        for _ in range(5):
            assert client.post("/", json=Call(base_url=source.url).json).status_code == 200
    assert len(source.asked) == 5
    assert source.connections == 1


def test_a_connection_that_the_source_has_closed_meanwhile_is_made_anew(mocker):
    mocker.patch("time.sleep")

    def leaves(exchange):
        document(PAGE)(exchange)
        exchange.leave()

    main = loaded("asks_a_source")
    with scripted_source(leaves) as source:
        for _ in range(3):
            assert main(Call(base_url=source.url))["insert"] == PAGE


def test_two_connections_do_not_see_each_other_s_keys_or_cookies():
    main = loaded("asks_a_source")
    with scripted_source(document(PAGE, Set_Cookie="session=of-the-first; Path=/")) as source:
        main(Call(base_url=source.url, api_key="first"))
        main(Call(base_url=source.url, api_key="second"))
        main(Call(base_url=source.url, api_key="first"))
    assert [asked.headers["x-api-key"] for asked in source.asked] == ["first", "second", "first"]
    assert [asked.headers["Cookie"] for asked in source.asked] == [None, None, None]
    assert "Authorization" not in source.asked[0].headers
    assert len(session().cookies) == 0


def test_a_netrc_is_not_read(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted_source(document(PAGE)) as source:
        loaded("asks_a_source")(Call(base_url=source.url))
    assert "Authorization" not in source.asked[0].headers


def test_responses_mocks_it():
    with responses.RequestsMock() as mocked:
        mocked.get("https://source.test/users", json=PAGE)
        assert loaded("asks_a_source")(Call())["insert"] == PAGE
        assert mocked.calls[0].request.headers["x-api-key"] == "key"


def test_responses_mocks_its_failures(mocker):
    slept = mocker.patch("time.sleep")
    with responses.RequestsMock() as mocked:
        mocked.get("https://source.test/users", body=requests.ConnectionError("told to fail"))
        mocked.get("https://source.test/users", status=503, headers={"Retry-After": "9"})
        mocked.get("https://source.test/users", json=PAGE)
        assert loaded("asks_a_source")(Call())["insert"] == PAGE
    assert [call.args[0] for call in slept.call_args_list] == [0, 9]


def a_response():
    response = requests.Response()
    response.status_code = 200
    response._content = b'{"users": [{"id": 1}]}'
    return response


@pytest.mark.parametrize(
    "name", ["requests.Session.get", "requests.Session.request", "requests.adapters.HTTPAdapter.send"]
)
def test_what_is_patched_is_asked(mocker, name):
    patched = mocker.patch(name, return_value=a_response())
    assert loaded("asks_a_source")(Call())["insert"] == PAGE
    assert patched.call_count == 1


@pytest.mark.parametrize("name", ["requests.Session.get", "requests.Session.request"])
@pytest.mark.parametrize(
    "error", [requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError]
)
def test_an_exception_of_requests_is_tried_again_and_patching_sleep_saves_the_wait(mocker, name, error):
    slept = mocker.patch("time.sleep")
    patched = mocker.patch(name, side_effect=[error("told to fail"), error("told to fail"), a_response()])
    assert loaded("asks_a_source")(Call())["insert"] == PAGE
    assert patched.call_count == 3
    assert slept.call_count == 2


def test_a_double_of_a_response_is_enough(mocker):
    mocker.patch("requests.Session.get", return_value=mocker.Mock(status_code=200, json=lambda: PAGE))
    assert loaded("asks_a_source")(Call())["insert"] == PAGE
    mocker.patch("requests.Session.get", return_value=mocker.Mock(status_code=401))
    assert loaded("asks_a_source")(Call())[1] == 400


def test_what_was_read_under_a_deadline_can_be_read_in_every_way():
    with scripted_source(raw(b"line 1\nline 2")) as source:
        answer = session().get(source.url, timeout=session_module.DeadlineTimeout(1, 1, 5))
    assert list(answer.iter_lines()) == [b"line 1", b"line 2"]
    assert b"".join(answer.iter_content(3)) == b"line 1\nline 2"
    assert answer.text == "line 1\nline 2"


def test_any_number_of_addresses_takes_no_more_memory():
    with scripted_source(document(PAGE)) as source:
        for i in range(300):
            session().get(f"{source.url}/users/{i}", params={"page": 1})
    assert source.asked[-1].target == "/users/299?page=1"
    assert source.connections == 1
    assert session_module._checked.cache_info().currsize <= 256


def test_other_methods_and_bodies_go_through_requests_own_preparation():
    with scripted_source(document(PAGE)) as source:
        session().post(f"{source.url}/token?a=1", json={"b": 2}, params={"c": 3}, auth=("me", "pw")).close()
    (asked,) = source.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/token?a=1&c=3", b'{"b": 2}')
    assert asked.headers["Authorization"].startswith("Basic ")


def test_a_proxy_of_the_environment_is_used_and_looked_up_once_for_each_host(monkeypatch, mocker):
    looked_up = mocker.spy(session_module, "get_environ_proxies")
    with scripted_source(document(PAGE)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        for path in ("/a", "/b", "/c"):
            assert decode_page(session().get(f"http://source.test{path}")) == PAGE
        session().get("http://other.test/")
    assert [asked.target for asked in proxy.asked] == [
        "http://source.test/a",
        "http://source.test/b",
        "http://source.test/c",
        "http://other.test/",
    ]
    assert looked_up.call_count == 2


def test_no_proxy_is_respected(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with scripted_source(document(PAGE)) as source:
        assert decode_page(session().get(source.url)) == PAGE


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory):
    """A certificate of its own making for 127.0.0.1, as a file and as a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(IPv4Address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


def test_a_certificate_that_nobody_vouches_for_is_refused(self_signed, ask):
    with (
        scripted_source(document(PAGE), tls=self_signed[1]) as source,
        pytest.raises(SourceError, match="the source's TLS certificate could not be verified"),
    ):
        ask().get(source.url, headers={"x-api-key": "key"})
    assert source.asked == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_that_the_environment_vouches_for_is_accepted(self_signed, ask, monkeypatch, variable):
    monkeypatch.setenv(variable, str(self_signed[0]))
    with scripted_source(document(PAGE), tls=self_signed[1]) as source:
        for _ in range(3):
            assert decode_page(ask().get(source.url)) == PAGE
    assert source.connections == 1


def test_the_deadline_holds_over_tls(self_signed, ask, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self_signed[0]))
    started = time.monotonic()
    with scripted_source(trickle(0.35), tls=self_signed[1]) as source, pytest.raises(OutOfTimeError):
        ask(1.0).get(source.url)
    assert time.monotonic() - started < 1.7

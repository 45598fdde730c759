"""The server as a whole: which names it answers to, whom it lets change things, and what is where."""

import http.client
from urllib.parse import urlsplit

import pytest
import requests

from fivetran_local.functions import FunctionHere
from fivetran_local.server import listen, url_of
from tests.support.local_fivetran import CannedFunctions, local_fivetran

FUNCTIONS = CannedFunctions(
    FunctionHere("hed", "hed", "http://127.0.0.1:8801", running=False, configuration={"api_key": "simulated"}),
    FunctionHere("users", "users", "http://127.0.0.1:8802", running=True),
)


@pytest.fixture(scope="module")
def fivetran(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("files"), functions=FUNCTIONS) as running:
        yield running


def ask(fivetran, host, path="/v1/groups", method="GET", **headers):
    """Ask with any Host header; requests would set its own."""
    connection = http.client.HTTPConnection(urlsplit(fivetran.url).netloc, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Content-Length": "0", **headers, **({"Host": host} if host is not None else {})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("path", ["/v1/groups", "/", "/functions", "/_local/faults", "/public/connector-types", "/x"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", None])
def test_a_request_for_another_name_is_turned_away_wherever_it_goes(fivetran, host, path):
    port = urlsplit(fivetran.url).port
    assert ask(fivetran, host and host.format(port=port), path) == 421


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_its_own_names_are_answered(fivetran, name):
    assert ask(fivetran, f"{name}:{urlsplit(fivetran.url).port}") == 401


def test_another_sites_page_may_change_nothing(fivetran):
    own = urlsplit(fivetran.url).netloc
    for origin in ("https://evil.example", "http://evil.example", "null", f"https://{own}"):
        assert ask(fivetran, own, "/sign-in", "POST", Origin=origin) == 403, origin
    assert ask(fivetran, own, "/v1/groups", "GET", Origin="https://evil.example") == 401
    assert ask(fivetran, own, "/v1/groups", "POST", Origin=fivetran.url) == 401


def test_functions_are_listed_for_whoever_has_the_credentials(fivetran):
    assert fivetran.ask("GET", "/functions", auth=("wrong", "wrong")).status_code == 401
    assert requests.get(fivetran.url + "/functions", timeout=10).status_code == 401
    assert fivetran.ask("GET", "/functions").json() == {
        "functions": [
            {
                "name": "hed",
                "connector": "hed",
                "url": "http://127.0.0.1:8801",
                "running": False,
                "configuration": {"api_key": "simulated"},
            },
            {"name": "users", "connector": "users", "url": "http://127.0.0.1:8802", "running": True},
        ]
    }


def test_without_being_asked_for_there_is_no_control_door(fivetran):
    answer = fivetran.ask("POST", "/_local/reset", headers={"X-Control-Token": "open-sesame"})
    assert answer.status_code in (404, 405)


def test_a_short_answer_does_not_wait_for_its_body(fivetran):
    """Nagle's algorithm would hold the body back for 40 ms."""
    import socket

    with listen(0) as listening, socket.create_connection(listening.getsockname()) as client:
        accepted, _ = listening.accept()
        with accepted:
            assert listening.proto == socket.IPPROTO_TCP, "asyncio looks at it before it turns Nagle off"
        assert url_of(listening).endswith(f":{client.getpeername()[1]}")

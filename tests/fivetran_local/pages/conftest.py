"""One local Fivetran for all tests of its pages, and a reader of them who is signed in."""

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import pytest
import requests

from fivetran_local.connections import Connections, NewConnection
from fivetran_local.syncing.view import ConnectionView
from tests.support.function_over_http import FunctionOverHttp, function_over_http
from tests.support.local_fivetran import SECRET, Running, local_fivetran

HIDDEN = "the-secret-value"
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@dataclass
class Reader:
    """A browser without a screen."""

    running: Running
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        assert self.post("/sign-in", word=SECRET, leads_to="/").status_code == 303

    def get(self, path: str, **more) -> requests.Response:
        return self.session.get(self.running.url + path, **{"timeout": 20, "allow_redirects": False, **more})

    def post(self, path: str, origin: str | None = None, **fields) -> requests.Response:
        """Send a form as a page of the server does, or one of another origin."""
        headers = {"Origin": self.running.url if origin is None else origin}
        url = self.running.url + path
        return self.session.post(url, data=fields, headers=headers, timeout=20, allow_redirects=False)

    def text(self, path: str) -> str:
        """Return what a page says, without its tags."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return words_of(answer)


def words_of(answer: requests.Response) -> str:
    """Return the text of a page, white space as one."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture(scope="session")
def function() -> Iterator[FunctionOverHttp]:
    with function_over_http() as running:
        yield running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with local_fivetran(tmp_path_factory.mktemp("pages")) as served:
        yield served


@pytest.fixture(scope="session")
def connections(running: Running) -> Connections:
    return running.local.connections


@pytest.fixture(scope="session")
def reader(running: Running) -> Reader:
    made = Reader(running)
    made.sign_in()
    return made


@pytest.fixture
def connection(connections: Connections, function: FunctionOverHttp) -> Iterator[ConnectionView]:
    """A paused connection of its own for a test, with a secret, that passed its setup tests and never synced."""
    # A name of its own: the warehouse keeps the syncs of a connection that was deleted.
    view = made(connections, function, f"fresh_{secrets.token_hex(4)}")
    yield view
    if view.settings.id in connections.store.account.connections:
        connections.delete(view.settings.id)


@pytest.fixture
def home(connection: ConnectionView) -> str:
    """The address of that connection's first page."""
    return f"/connections/{connection.settings.id}"


@pytest.fixture(scope="session")
def loaded(connections: Connections, function: FunctionOverHttp) -> str:
    """The id of a connection that synced once."""
    view = made(connections, function, "loaded")
    synced(connections, view.settings.id)
    return view.settings.id


@pytest.fixture(scope="session")
def failed(connections: Connections, function: FunctionOverHttp) -> str:
    """The id of a connection whose first sync failed, with markup and its own secret in the reason."""
    view = made(connections, function, "failed")
    function.failing = (500, {"errorMessage": f"{HOSTILE} {HIDDEN}", "errorType": "QuotaError", "stackTrace": []})
    synced(connections, view.settings.id)
    function.failing = None
    return view.settings.id


def made(connections: Connections, function: FunctionOverHttp, schema: str) -> ConnectionView:
    """Make a paused connection."""
    config = {
        "schema": schema,
        "function_trigger": function.url,
        "secrets_list": [{"key": "api_key", "value": HIDDEN}],
        "custom_payloads": [{"key": "place", "value": "here"}],
    }
    group = next(iter(connections.store.account.groups))
    new = NewConnection(group_id=group, service="google_cloud_function", config=config, settings={})
    return connections.create(new)


def synced(connections: Connections, connection_id: str) -> None:
    """Sync a connection and wait for the end, whichever it is."""
    before = connections.get(connection_id).outcomes
    connections.update(connection_id, paused=False)
    connections.sync(connection_id)
    deadline = time.monotonic() + 60
    while (now := connections.get(connection_id)).running or now.outcomes == before or now.settings.wanted:
        assert time.monotonic() < deadline
        time.sleep(0.01)

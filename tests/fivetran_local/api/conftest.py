"""One local Fivetran for all tests of a file, and a client that reads its answers as clients of Fivetran do."""

import secrets
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import requests

from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import local_fivetran

KEY = "hed_0123456789abcdef"


@dataclass(repr=False)
class Client:
    """Sends requests with the credentials, and knows the group that there is from the start."""

    running: object

    def __post_init__(self):
        self.local, self.url = self.running.local, self.running.url
        self.http = requests.Session()
        self.http.auth = (self.local.credentials.api_key, self.local.credentials.api_secret)
        self.group = next(iter(self.local.connections.store.account.groups))

    def send(self, method, path, **options):
        return self.http.request(method, self.url + path, timeout=30, allow_redirects=False, **options)

    def data(self, method, path, *, status=200, **options):
        """Return `data` of an answer that is a success."""
        answer = self.send(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.json()["code"] == "Success"
        return answer.json().get("data")

    def message(self, method, path, **options):
        """Return `message` of an answer that is a success without data."""
        answer = self.send(method, path, **options)
        assert (answer.status_code, answer.json().keys()) == (200, {"code", "message"}), answer.text
        return answer.json()["message"]

    def refused(self, method, path, **options):
        """Return status, code and message of an answer that is an error."""
        answer = self.send(method, path, **options)
        assert answer.headers["content-type"] == "application/json", answer.text
        assert answer.json().keys() == {"code", "message"}
        return SimpleNamespace(status=answer.status_code, **answer.json())

    def new_connection(self, url="", **fields):
        """Make a connection that is synced by hand, and return its object."""
        config = {
            "schema": f"c_{secrets.token_hex(6)}",
            "secrets_list": [{"key": "api_key", "value": KEY}],
            "custom_payloads": [{"key": "campus", "value": "north"}],
            **({"function_trigger": url} if url else {}),
            **fields.pop("config", {}),
        }
        body = {
            "group_id": self.group,
            "service": "google_cloud_function",
            "schedule_type": "manual",
            "config": config,
            "run_setup_tests": bool(url),
            **fields,
        }
        return self.data("POST", "/v1/connections", status=201, json=body)

    def new_group(self):
        return self.data("POST", "/v1/groups", status=201, json={"name": f"g_{secrets.token_hex(6)}"})


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("fivetran")) as running:
        yield Client(running)


@pytest.fixture
def function():
    with function_over_http() as function:
        yield function


@pytest.fixture
def connection(client):
    """A connection without a function, paused."""
    return client.new_connection(paused=True)

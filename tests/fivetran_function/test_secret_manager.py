"""A secret that is given by its name in Secret Manager: looked up by Google's own client, from a server on loopback."""

import sys
import time
from contextlib import contextmanager

import grpc
import pytest
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import secretmanager

from fivetran_function import ConfigurationError, SourceError, secret_manager
from fivetran_function.secrets import Secrets
from tests.support.functions import loaded, served
from tests.support.scripted_source import document, scripted_source, status
from tests.support.secret_manager import client_of, secret_manager_server

NAME = "projects/p1/secrets/hed-key"
LATEST = f"{NAME}/versions/latest"
VALUES = {LATEST: b"canary-latest", f"{NAME}/versions/1": b"canary-first\n", f"{NAME}/versions/2": b"\xff\xfe"}


@pytest.fixture
def serve(monkeypatch):
    """Start a server and have the runtime's client speak to it; use it as a context manager."""

    @contextmanager
    def start(*refusals, values=VALUES):
        with secret_manager_server(values, refusals) as server, client_of(server.address) as client:
            monkeypatch.setattr(secretmanager, "SecretManagerServiceClient", client)
            yield server

    return start


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        (NAME, True),
        (LATEST, True),
        ("projects/123/secrets/s/versions/7", True),
        ("projects/p/secrets/", False),
        ("projects/p/secrets/s/versions/", False),
        (f"see {NAME}", False),
        (f"{NAME}\n", False),
        ("", False),
    ],
)
def test_what_counts_as_a_name(text, is_name):
    assert secret_manager.is_resource_name(text) is is_name


def test_a_name_is_looked_up_with_and_without_its_version(serve):
    with serve() as server:
        assert Secrets({"api_key": NAME}).require("api_key") == "canary-latest"
        assert Secrets({"api_key": f"{NAME}/versions/1"}).require("api_key") == "canary-first"
    assert server.asked == [LATEST, f"{NAME}/versions/1"]


def test_where_googles_client_is_not_installed_the_secret_itself_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.api_core", None)
    with pytest.raises(ConfigurationError, match=f"^{LATEST} cannot be looked up.*: give the secret itself$"):
        Secrets({"api_key": LATEST}).require("api_key")


def test_an_instance_asks_once_for_each_name(serve):
    with serve() as server:
        for _ in range(3):
            secrets = Secrets({"api_key": NAME})
            assert (secrets["api_key"], secrets["api_key"]) == ("canary-latest", "canary-latest")
    assert server.asked == [LATEST]


def test_a_name_from_the_environment_is_looked_up_and_a_public_one_is_not(serve, monkeypatch):
    monkeypatch.setenv("API_KEY", NAME)
    with serve() as server:
        secrets = Secrets({"note": NAME}, public_keys=("note",))
        assert secrets["note"] == NAME
        assert server.asked == []
        assert secrets["api_key"] == "canary-latest"
    assert secrets.redact("with canary-latest") == "with [secret]"


def test_a_refusal_is_not_remembered(serve):
    with serve(grpc.StatusCode.PERMISSION_DENIED) as server:
        with pytest.raises(ConfigurationError):
            secret_manager.access(NAME)
        assert secret_manager.access(NAME) == "canary-latest"
    assert len(server.asked) == 2


def test_a_secret_that_is_not_there(serve):
    with serve(values={}) as server, pytest.raises(ConfigurationError) as failure:
        secret_manager.access(NAME)
    assert str(failure.value) == f"Secret Manager has no {LATEST}: check the name in the connection's secrets"
    assert len(server.asked) == 1


def test_a_secret_that_may_not_be_read(serve):
    with serve(grpc.StatusCode.PERMISSION_DENIED) as server, pytest.raises(ConfigurationError) as failure:
        secret_manager.access(NAME)
    assert str(failure.value) == (
        f"the function's service account may not read {LATEST}: grant it roles/secretmanager.secretAccessor"
    )
    assert len(server.asked) == 1


def test_a_secret_that_is_not_text(serve):
    with serve(), pytest.raises(ConfigurationError, match="versions/2 in Secret Manager is not text"):
        secret_manager.access(f"{NAME}/versions/2")


def test_a_server_that_is_away_for_a_moment_is_asked_again(serve):
    with serve(grpc.StatusCode.UNAVAILABLE) as server:
        assert secret_manager.access(NAME) == "canary-latest"
    assert len(server.asked) == 2


def test_any_other_failure_is_left_to_the_next_sync(serve):
    with (
        serve(grpc.StatusCode.INTERNAL),
        pytest.raises(SourceError, match=r"did not give .* the next sync tries again"),
    ):
        secret_manager.access(NAME)


def test_a_server_that_is_dead_is_given_up_in_time(serve, monkeypatch):
    monkeypatch.setattr(secret_manager, "_LOOKUP_SECONDS", 0.5)
    with serve() as server:
        pass
    with client_of(server.address) as client:
        monkeypatch.setattr(secretmanager, "SecretManagerServiceClient", client)
        started = time.monotonic()
        with pytest.raises(SourceError, match="Secret Manager did not give"):
            secret_manager.access(NAME)
    assert time.monotonic() - started < 3


def test_a_machine_without_credentials_is_told_what_to_do(monkeypatch, mocker):
    mocker.patch("google.auth.default", side_effect=DefaultCredentialsError("none here"))
    with pytest.raises(ConfigurationError, match=r"no Google credentials .*gcloud auth application-default login"):
        secret_manager.access(NAME)


@pytest.mark.parametrize("code", [400, 401])
def test_what_was_looked_up_is_a_secret_like_any_other(serve, capfd, code):
    with serve(), scripted_source(status(code)) as source, served("asks_a_source") as client:
        answer = client.post("/", json={"state": {}, "secrets": {"base_url": source.url, "api_key": NAME}})
        assert source.asked[0].headers["x-api-key"] == "canary-latest"
    assert answer.status_code in (400, 500)
    assert "canary" not in answer.text + "".join(capfd.readouterr())


def test_what_was_looked_up_is_masked_in_what_a_connector_raises(serve, capfd, mocker):
    mocker.patch("requests.Session.get", side_effect=RuntimeError("broke with canary-latest"))
    with serve():
        report, _ = loaded("asks_a_source")(mocker.Mock(json={"state": {}, "secrets": {"api_key": NAME}}))
    assert report["errorMessage"] == "broke with [secret]"
    assert "canary" not in str(report) + "".join(capfd.readouterr())


def test_invocations_with_different_names_get_their_own_secrets(serve):
    main = loaded("asks_a_source")
    with serve(), scripted_source(document({"users": []})) as source:
        for name in (NAME, f"{NAME}/versions/1", NAME):
            main(type("Call", (), {"json": {"secrets": {"base_url": source.url, "api_key": name}}})())
    assert [asked.headers["x-api-key"] for asked in source.asked] == ["canary-latest", "canary-first", "canary-latest"]

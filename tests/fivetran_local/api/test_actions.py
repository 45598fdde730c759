"""Sync, re-sync, state and setup tests over HTTP: literal messages, and what is refused when."""

import time
from dataclasses import replace

import pytest

from fivetran_local.account.credentials import Credentials
from fivetran_local.connect_card import LIFETIME_SECONDS, Card, card_token, read_card
from fivetran_local.errors import InvalidInputError
from tests.support.function_over_http import FunctionOverHttp, function_over_http

pytestmark = pytest.mark.slow


def settled(client, path):
    deadline = time.monotonic() + 30
    while (shown := client.data("GET", path))["status"]["sync_state"] == "syncing":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return shown


@pytest.fixture(scope="module")
def lasting_function():
    with function_over_http() as function:
        yield function


@pytest.fixture(scope="module")
def synced_once(client, lasting_function):
    path = f"/v1/connections/{client.new_connection(lasting_function.url, paused=False)['id']}"
    client.message("POST", f"{path}/sync", json={"force": False})
    assert settled(client, path)["succeeded_at"]
    return path


@pytest.fixture
def function(lasting_function):
    """The function of the connection that was synced, as it is from the start."""
    yield lasting_function
    lasting_function.release.set()
    vars(lasting_function).update(vars(FunctionOverHttp(url=lasting_function.url)))


@pytest.fixture
def synced(client, synced_once, function):
    """The path of a connection that was synced, and whose state is the one of its first sync; its end is waited for."""
    yield synced_once
    function.release.set()
    function.failing = function.held_from = None
    settled(client, synced_once)
    client.data("POST", f"{synced_once}/test", json={})
    client.data("PATCH", f"{synced_once}/state", json={"state": {"page": 3}})


def test_the_state_is_read_and_replaced_to_the_last_digit(client, synced, function):
    answer = client.send("GET", f"{synced}/state").json()
    assert answer["message"] == "Connection state retrieved successfully"
    assert answer["data"] == {"state": {"page": 3}}
    state = {"page": 1, "long": 2**70, "text": "ü\u0000", "deep": {"list": [1.5, None]}}
    answer = client.send("PATCH", f"{synced}/state", json={"state": state}).json()
    assert (answer["message"], answer["data"]) == ("Connection state has been updated", {"state": state})
    assert client.data("GET", f"{synced}/state") == {"state": state}
    client.message("POST", f"{synced}/sync")
    settled(client, synced)
    assert function.requests[-2]["state"] == state


@pytest.mark.parametrize(
    ("body", "named"), [({}, "state"), ({"state": []}, "state"), ({"state": "x"}, "state"), ({"state": None}, "state")]
)
def test_a_state_is_an_object(client, connection, body, named):
    refused = client.refused("PATCH", f"/v1/connections/{connection['id']}/state", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith(f"{named}: ")


def test_a_connection_that_never_synced_has_no_state_to_replace(client, connection):
    refused = client.refused("PATCH", f"/v1/connections/{connection['id']}/state", json={"state": {}})
    assert (refused.status, refused.code) == (400, "IllegalState")
    assert client.data("GET", f"/v1/connections/{connection['id']}/state") == {"state": {}}


def test_the_state_cannot_be_replaced_while_a_sync_runs(client, synced, function):
    function.held_from = 3
    client.message("POST", f"{synced}/sync")
    assert function.reached.acquire(timeout=30)
    refused = client.refused("PATCH", f"{synced}/state", json={"state": {}})
    assert (refused.status, refused.code) == (409, "Conflict")
    function.release.set()
    settled(client, synced)
    assert client.data("PATCH", f"{synced}/state", json={"state": {"page": 0}}) == {"state": {"page": 0}}


def test_a_sync_that_runs_goes_on_unless_the_new_one_is_forced(client, synced, function):
    function.held_from = 3
    client.message("POST", f"{synced}/sync")
    assert function.reached.acquire(timeout=30)
    client.message("POST", f"{synced}/force")
    client.message("POST", f"{synced}/sync", json={})
    assert len({request.get("sync_id") for request in function.requests if not request.get("setup_test")}) == 1
    client.message("POST", f"{synced}/sync", json={"force": True})
    assert function.reached.acquire(timeout=30)
    assert len({request.get("sync_id") for request in function.requests if not request.get("setup_test")}) == 2
    function.release.set()
    settled(client, synced)


@pytest.mark.parametrize("how", ["resync", "patch"])
def test_a_resync_starts_from_an_empty_state(client, synced, function, how):
    if how == "resync":
        client.message("POST", f"{synced}/resync")
    else:
        assert client.data("PATCH", synced, json={"is_historical_sync": True})["status"]["is_historical_sync"] is True
    shown = settled(client, synced)
    assert shown["status"]["is_historical_sync"] is False
    assert [request["state"] for request in function.requests[-3:]] == [{}, {"page": 1}, {"page": 2}]


@pytest.mark.parametrize("scope", [{}, {"c": ["numbers"]}, {"c": []}])
def test_a_resync_of_a_part_is_refused(client, connection, scope):
    refused = client.refused("POST", f"/v1/connections/{connection['id']}/resync", json={"scope": scope})
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith("scope: ")


def test_a_resync_of_a_paused_connection_waits_until_it_is_not(client, function):
    path = f"/v1/connections/{client.new_connection(function.url, paused=True)['id']}"
    client.message("POST", f"{path}/resync", json={})
    assert client.data("GET", path)["status"]["sync_state"] == "paused"
    client.data("PATCH", path, json={"paused": False})
    deadline = time.monotonic() + 30
    while not client.data("GET", path)["succeeded_at"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_setup_tests_need_a_body_which_may_be_empty(client, connection):
    path = f"/v1/connections/{connection['id']}/test"
    assert client.refused("POST", path).status == 400
    assert client.send("POST", path, json={}).json()["message"] == "Setup tests have been completed"
    assert client.refused("POST", path, json={"trust_certificates": "yes"}).message.startswith("trust_certificates: ")


def test_a_connection_that_broke_is_connected_again_by_its_setup_tests(client, synced, function):
    function.failing = (401, {"errorMessage": "the key was revoked"})
    client.message("POST", f"{synced}/sync")
    broken = settled(client, synced)
    assert broken["status"]["setup_state"] == "broken"
    assert broken["failed_at"] > broken["succeeded_at"]
    tested = client.data("POST", f"{synced}/test", json={})
    assert tested["status"]["setup_state"] == "broken"
    assert "the key was revoked" in str(tested["status"]["tasks"])
    function.failing = None
    assert client.data("POST", f"{synced}/test", json={})["status"]["setup_state"] == "connected"


@pytest.mark.parametrize("body", [{"force": "yes"}, {"force": 1}, {"force": None}])
def test_force_is_true_or_false(client, connection, body):
    refused = client.refused("POST", f"/v1/connections/{connection['id']}/sync", json=body)
    assert refused.message.startswith("force: ")


@pytest.mark.parametrize(
    ("method", "action", "body"),
    [
        ("POST", "sync", {}),
        ("POST", "force", None),
        ("POST", "resync", {}),
        ("POST", "resync", {"scope": {}}),
        ("POST", "test", {}),
        ("GET", "state", None),
        ("PATCH", "state", {"state": {}}),
        ("POST", "connect-card", {"connect_card_config": {"redirect_uri": "http://localhost/"}}),
        ("POST", "connect-card-token", None),
    ],
)
def test_a_connection_that_there_is_not_is_not_found(client, method, action, body):
    assert client.refused(method, f"/v1/connections/nobody/{action}", json=body).code == "NotFound_Connection"


def test_a_connect_card_names_its_connection_and_nobody_else_can_make_one(client, connection):
    config = {"redirect_uri": "https://example.invalid/back?a=b", "hide_setup_guide": True}
    path = f"/v1/connections/{connection['id']}/connect-card"
    shown = client.data("POST", path, json={"connect_card_config": config})
    assert shown["connector_id"] == connection["id"]
    assert shown["connect_card_config"] == {**config, "all_fields": False}
    token = shown["connect_card"]["token"]
    assert shown["connect_card"]["uri"] == f"{client.url}/connect-card?auth={token}"
    assert read_card(client.local, token) == Card(connection["id"], config["redirect_uri"], hide_setup_guide=True)
    for forged in ("", "x", token[:-2], token.swapcase(), "ü"):
        with pytest.raises(InvalidInputError, match="ask for a new one"):
            read_card(client.local, forged)
    elsewhere = replace(client.local, credentials=Credentials("the same key", "another secret"))
    with pytest.raises(InvalidInputError):
        read_card(elsewhere, token)


def test_a_connect_card_is_good_for_a_day(client, mocker):
    token = card_token(client.local, Card("some_connection", "http://localhost/"))
    later = time.time() + LIFETIME_SECONDS
    mocker.patch("time.time", return_value=later - 60)
    assert read_card(client.local, token).connection_id == "some_connection"
    mocker.patch("time.time", return_value=later + 60)
    with pytest.raises(InvalidInputError):
        read_card(client.local, token)


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "//host", "http://", "http:///x", "https://a b", "data:,x", 1])
def test_a_connect_card_leads_to_a_web_address_only(client, connection, uri):
    body = {"connect_card_config": {"redirect_uri": uri}}
    refused = client.refused("POST", f"/v1/connections/{connection['id']}/connect-card", json=body)
    assert refused.message.startswith("connect_card_config.redirect_uri: ")


def test_a_connection_made_with_a_connect_card_comes_with_its_link(client):
    made = client.new_connection(paused=True, connect_card_config={"redirect_uri": "http://localhost/"})
    assert read_card(client.local, made["connect_card"]["token"]).connection_id == made["id"]
    shown = client.data("GET", f"/v1/connections/{made['id']}")
    assert shown["connect_card_config"]["redirect_uri"] == "http://localhost/"
    assert "connect_card" not in shown


def test_the_older_token_stands_alone(client, connection):
    answer = client.send("POST", f"/v1/connectors/{connection['id']}/connect-card-token")
    assert answer.json().keys() == {"token"}
    assert read_card(client.local, answer.json()["token"]).connection_id == connection["id"]

"""Names, types and states of everything that the API shows: the contract that clients read, wherever this runs."""

import re
import time
from collections import deque

import pytest

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NULL = type(None)

CONNECTION = {
    "id": str,
    "group_id": str,
    "service": str,
    "service_version": int,
    "schema": str,
    "connected_by": str,
    "created_at": STAMP,
    "succeeded_at": (STAMP, NULL),
    "failed_at": (STAMP, NULL),
    "paused": bool,
    "pause_after_trial": bool,
    "sync_frequency": int,
    "daily_sync_time": (str, NULL),
    "schedule_type": {"auto", "manual"},
    "data_delay_sensitivity": {"LOW", "NORMAL", "HIGH", "CUSTOM", "SYNC_FREQUENCY"},
    "data_delay_threshold": int,
    "networking_method": str,
    "destination_schema_names": {"FIVETRAN_NAMING"},
    "status": dict,
    "config": dict,
}
STATUS = {
    "setup_state": {"incomplete", "connected", "broken"},
    "schema_status": {"ready"},
    "sync_state": {"scheduled", "syncing", "paused", "rescheduled"},
    "update_state": {"on_schedule", "delayed"},
    "is_historical_sync": bool,
    "tasks": list,
    "warnings": list,
    "rescheduled_for": (STAMP, NULL),
}
GROUP = {"id": str, "name": str, "created_at": STAMP}
DESTINATION = {
    "id": str,
    "group_id": str,
    "service": str,
    "region": str,
    "time_zone_offset": str,
    "setup_status": {"connected"},
}
USER = {
    "id": str,
    "email": str,
    "given_name": str,
    "family_name": str,
    "verified": bool,
    "invited": bool,
    "active": bool,
    "role": str,
    "logged_in_at": (STAMP, NULL),
    "created_at": STAMP,
}
TYPE = {
    "id": str,
    "name": str,
    "type": {"Function"},
    "description": str,
    "link_to_docs": str,
    "connector_class": {"standard"},
    "supported_features": list,
    "service_status": {"general_availability"},
}


def fits(value, expected):
    if isinstance(expected, tuple):
        return any(fits(value, one) for one in expected)
    if isinstance(expected, set):
        return value in expected
    if isinstance(expected, re.Pattern):
        return isinstance(value, str) and expected.fullmatch(value) is not None
    return type(value) is expected


def check(shown, expected, *more):
    assert shown.keys() == expected.keys() | set(more)
    odd = {name: shown[name] for name, kind in expected.items() if not fits(shown[name], kind)}
    assert not odd


def test_a_connection_that_was_made_paused_and_untested(client):
    made = client.new_connection(paused=True)
    check(made, CONNECTION)
    check(made["status"], STATUS)
    status = made["status"]
    assert (status["setup_state"], status["sync_state"]) == ("incomplete", "paused")
    assert status["is_historical_sync"] is True
    assert made["succeeded_at"] is made["failed_at"] is status["rescheduled_for"] is None
    assert made["schema"] == made["config"]["schema"]
    assert made["group_id"] == client.group


def test_a_connection_looks_the_same_in_every_place(client):
    made = client.new_connection(paused=True)
    assert client.data("GET", f"/v1/connections/{made['id']}") == made
    by_name = {"schema": made["schema"]}
    for path in ("/v1/connections", f"/v1/groups/{client.group}/connections"):
        assert client.data("GET", path, params=by_name) == {"items": [made]}


def test_secrets_are_masked_and_the_rest_of_the_configuration_is_not(client):
    made = client.new_connection(paused=True, config={"function_trigger": "https://example.invalid/hook"})
    assert made["config"] == {
        "schema": made["schema"],
        "function_trigger": "******",
        "secrets_list": [{"key": "api_key", "value": "******"}],
        "custom_payloads": [{"key": "campus", "value": "north"}],
        "service_account_email": made["config"]["service_account_email"],
    }
    assert made["config"]["service_account_email"].count("@") == 1


def test_setup_tests_are_part_of_the_answer_that_ran_them(client, function):
    made = client.new_connection(function.url, paused=True)
    check(made, CONNECTION, "setup_tests")
    assert [test.keys() for test in made["setup_tests"]] == [{"title", "status", "message"}] * 2
    assert {test["status"] for test in made["setup_tests"]} == {"PASSED"}
    assert made["status"]["setup_state"] == "connected"
    check(client.data("GET", f"/v1/connections/{made['id']}"), CONNECTION)
    tested = client.data("POST", f"/v1/connections/{made['id']}/test", json={})
    check(tested, CONNECTION, "setup_tests")


def test_a_sync_shows_as_syncing_and_then_by_its_stamp(client, function):
    function.held_from = 1
    made = client.new_connection(function.url, paused=False)
    path = f"/v1/connections/{made['id']}"
    client.message("POST", f"{path}/sync")
    assert function.reached.acquire(timeout=30)
    running = client.data("GET", path)
    check(running, CONNECTION)
    assert (running["status"]["sync_state"], running["succeeded_at"]) == ("syncing", None)
    function.release.set()
    ended = ended_sync(client, path)
    check(ended, CONNECTION)
    check(ended["status"], STATUS)
    assert fits(ended["succeeded_at"], STAMP)
    assert ended["failed_at"] is None
    assert ended["status"]["is_historical_sync"] is False
    assert ended["status"]["sync_state"] == "scheduled"


def test_a_function_that_fails_ends_as_a_failed_sync_with_the_reason_as_a_task(client, function):
    made = client.new_connection(function.url, paused=False)
    function.failing = (500, {"errorMessage": "the source is closed", "errorType": "Closed", "stackTrace": []})
    path = f"/v1/connections/{made['id']}"
    client.message("POST", f"{path}/sync")
    failed = ended_sync(client, path)
    assert fits(failed["failed_at"], STAMP)
    assert failed["succeeded_at"] is None
    [task] = failed["status"]["tasks"]
    assert task.keys() == {"code", "message", "details"}
    assert "the source is closed" in task["details"]


@pytest.mark.parametrize("schedule_type", ["auto", "manual"])
def test_a_rescheduled_sync_says_when_unless_the_connection_is_paused(client, function, schedule_type):
    made = client.new_connection(function.url, paused=False, run_setup_tests=False, schedule_type=schedule_type)
    path = f"/v1/connections/{made['id']}"
    client.local.connections.syncs.reschedules[made["id"]] = deque([3600])
    client.message("POST", f"{path}/sync")
    status = client.data("GET", path)["status"]
    check(status, STATUS)
    assert status["sync_state"] == "rescheduled"
    assert fits(status["rescheduled_for"], STAMP)
    assert not function.requests
    status = client.data("PATCH", path, json={"paused": True})["status"]
    assert (status["sync_state"], status["rescheduled_for"]) == ("paused", None)


def test_groups_destinations_users_and_the_account(client):
    group = client.new_group()
    check(group, GROUP)
    body = {"group_id": group["id"], "service": "snowflake", "time_zone_offset": "+3"}
    made = client.data("POST", "/v1/destinations", status=201, json=body)
    check(made, DESTINATION, "config", "setup_tests")
    assert made["id"] == made["group_id"] == group["id"]
    check(client.data("GET", f"/v1/destinations/{group['id']}"), DESTINATION, "config")
    for row in client.data("GET", "/v1/destinations")["items"]:
        check(row, DESTINATION)
    for user in client.data("GET", "/v1/users")["items"]:
        check(user, USER)
    check(client.data("GET", "/v1/account/info"), {"account_id": str, "account_name": str, "user_id": str})


def test_connector_types_are_functions_and_their_own_page_tells_the_configuration(client):
    listed = client.data("GET", "/v1/metadata/connector-types")["items"]
    for item in listed:
        check(item, TYPE)
    assert client.send("GET", "/public/connector-types").json()["data"] == listed
    shown = client.data("GET", "/v1/metadata/connector-types/google_cloud_function")
    check(shown, TYPE, "config", "auth")
    assert shown["config"]["properties"].keys() == {
        "schema",
        "function_trigger",
        "secrets",
        "secrets_list",
        "custom_payloads",
    }


@pytest.mark.parametrize(("path", "name"), [("service-account", "service_account"), ("public-key", "public_key")])
def test_what_a_group_shows_of_itself_stays_the_same(client, path, name):
    first = client.data("GET", f"/v1/groups/{client.group}/{path}")
    assert first.keys() == {name}
    assert client.data("GET", f"/v1/groups/{client.group}/{path}") == first


def ended_sync(client, path):
    deadline = time.monotonic() + 30
    while True:
        shown = client.data("GET", path)
        if shown["status"]["sync_state"] != "syncing" and (shown["succeeded_at"] or shown["failed_at"]):
            return shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.02)

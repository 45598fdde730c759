"""Connections over HTTP: made, changed, listed and deleted, and what is refused with the field named."""

import time

import pytest

WRONG_FIELDS = [
    ({"sync_frequency": "60"}, "sync_frequency"),
    ({"sync_frequency": 61}, "sync_frequency"),
    ({"sync_frequency": True}, "sync_frequency"),
    ({"sync_frequency": 60.0}, "sync_frequency"),
    ({"paused": "true"}, "paused"),
    ({"paused": None}, "paused"),
    ({"pause_after_trial": 1}, "pause_after_trial"),
    ({"schedule_type": "sometimes"}, "schedule_type"),
    ({"daily_sync_time": "14:00"}, "daily_sync_time"),
    ({"sync_frequency": 1440, "daily_sync_time": "25:00"}, "daily_sync_time"),
    ({"sync_frequency": 1440, "daily_sync_time": "14:00\n"}, "daily_sync_time"),
    ({"sync_frequency": 1440, "daily_sync_time": 14}, "daily_sync_time"),
    ({"data_delay_sensitivity": "LOUD"}, "data_delay_sensitivity"),
    ({"data_delay_threshold": -1}, "data_delay_threshold"),
    ({"data_delay_threshold": 2**31}, "data_delay_threshold"),
    ({"networking_method": "Carrier pigeon"}, "networking_method"),
    ({"run_setup_tests": "no"}, "run_setup_tests"),
    ({"private_link_id": "link"}, "private_link_id"),
    ({"config": []}, "config"),
    ({"config": {"schema": 1}}, "config.schema"),
    ({"config": {"function_trigger": "ftp://x"}}, "config.function_trigger"),
    ({"config": {"function_trigger": 5}}, "config.function_trigger"),
    ({"config": {"secrets_list": [{"key": "a"}]}}, "config.secrets_list[0]"),
    ({"config": {"secrets_list": [{"key": [], "value": "******"}]}}, "config.secrets_list[0]"),
    ({"config": {"secrets_list": [{"key": "a", "value": "1"}] * 2}}, "config.secrets_list[1]"),
    ({"config": {"custom_payloads": "x"}}, "config.custom_payloads"),
    ({"config": {"secrets": "no object"}}, "config.secrets"),
    ({"config": {"secrets": {}}}, "config.secrets"),
    ({"config": {"triger": "http://localhost"}}, "config.triger"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG_FIELDS)
def test_a_wrong_field_is_named_when_a_connection_is_made(client, fields, named):
    config = fields.get("config", {})
    body = {
        "group_id": client.group,
        "service": "google_cloud_function",
        **fields,
        "config": {"schema": "never_made", **config} if isinstance(config, dict) else config,
    }
    refused = client.refused("POST", "/v1/connections", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith(f"{named}: ")
    assert client.data("GET", "/v1/connections", params={"schema": "never_made"}) == {"items": []}


@pytest.mark.parametrize(("fields", "named"), WRONG_FIELDS)
def test_a_wrong_field_is_named_when_a_connection_is_changed_and_nothing_of_it_is(client, connection, fields, named):
    body = {"data_delay_sensitivity": "HIGH", **fields}
    refused = client.refused("PATCH", f"/v1/connections/{connection['id']}", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith(f"{named}: ")
    assert client.data("GET", f"/v1/connections/{connection['id']}") == connection


@pytest.mark.parametrize(
    ("body", "status", "code", "named"),
    [
        ({}, 400, "InvalidInput", "group_id"),
        ({"group_id": "x"}, 400, "InvalidInput", "service"),
        ({"group_id": 1, "service": "google_cloud_function"}, 400, "InvalidInput", "group_id"),
        ({"group_id": "x", "service": "google_cloud_function"}, 404, "NotFound_Group", "'x'"),
        ({"service": "google_ads"}, 400, "InvalidInput", "service"),
        ({"service": "google_cloud_function"}, 400, "InvalidInput", "config.schema"),
        (
            {"service": "google_cloud_function", "destination_schema_names": "SOURCE_NAMING"},
            400,
            "InvalidInput",
            "destination_schema_names",
        ),
        (
            {"service": "google_cloud_function", "connect_card_config": {"redirect_uri": "javascript:alert(1)"}},
            400,
            "InvalidInput",
            "connect_card_config.redirect_uri",
        ),
    ],
)
def test_what_a_connection_needs(client, body, status, code, named):
    if "group_id" not in body and body:
        body = {**body, "group_id": client.group}
    refused = client.refused("POST", "/v1/connections", json=body)
    assert (refused.status, refused.code) == (status, code)
    assert named in refused.message


def test_two_connections_of_a_group_cannot_share_a_name(client, connection):
    body = {
        "group_id": client.group,
        "service": "google_cloud_function",
        "config": {"schema": connection["schema"]},
        "run_setup_tests": False,
    }
    refused = client.refused("POST", "/v1/connections", json=body)
    assert (refused.status, refused.code) == (409, "Conflict")
    elsewhere = client.data("POST", "/v1/connections", status=201, json={**body, "group_id": client.new_group()["id"]})
    assert elsewhere["schema"] == connection["schema"]


def test_defaults_are_those_of_fivetran(client):
    config = {"schema": "with_defaults"}
    body = {"group_id": client.group, "service": "google_cloud_function", "config": config}
    answer = client.send("POST", "/v1/connections", json=body)
    assert answer.json()["message"] == "Connection has been created"
    made = answer.json()["data"]
    assert made["paused"] is made["pause_after_trial"] is False
    assert (made["sync_frequency"], made["schedule_type"]) == (360, "auto")
    assert (made["data_delay_sensitivity"], made["data_delay_threshold"]) == ("NORMAL", 0)
    assert [test["status"] for test in made["setup_tests"]] == ["FAILED", "SKIPPED"]
    assert made["status"]["setup_state"] == "incomplete"


def test_changes_are_kept_and_what_is_not_sent_stays(client, connection):
    path = f"/v1/connections/{connection['id']}"
    changes = {"sync_frequency": 1440, "daily_sync_time": "14:00", "schedule_type": "auto", "pause_after_trial": True}
    answer = client.send("PATCH", path, json=changes)
    assert answer.json()["message"] == "Connection has been updated"
    assert client.data("GET", path) == {**connection, **changes}
    changed = client.data("PATCH", path, json={"sync_frequency": 60})
    assert (changed["sync_frequency"], changed["daily_sync_time"]) == (60, None)
    assert changed["pause_after_trial"] is True


@pytest.mark.parametrize(
    "body", [{}, {"run_setup_tests": True}, {"trust_certificates": True, "trust_fingerprints": False}, {"unheard": 1}]
)
def test_a_change_of_nothing_that_lasts_is_refused(client, connection, body):
    refused = client.refused("PATCH", f"/v1/connections/{connection['id']}", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")


def test_unknown_fields_beside_known_ones_are_passed_over(client, connection):
    changed = client.data("PATCH", f"/v1/connections/{connection['id']}", json={"paused": True, "unheard": {"of": 1}})
    assert changed == connection


def test_a_masked_secret_that_comes_back_is_the_one_before(client, function):
    made = client.new_connection(function.url, paused=True)
    path = f"/v1/connections/{made['id']}"
    config = {**made["config"], "custom_payloads": []}
    changed = client.data("PATCH", path, json={"config": config})
    assert changed["config"]["custom_payloads"] == []
    assert function.requests[-1]["secrets"] == {"api_key": "hed_0123456789abcdef"}
    assert "customPayload" not in function.requests[-1] or function.requests[-1]["customPayload"] == {}


def test_setup_tests_run_where_the_configuration_changes_and_not_otherwise(client, function):
    path = f"/v1/connections/{client.new_connection(function.url, paused=True)['id']}"
    calls = len(function.requests)
    assert "setup_tests" not in client.data("PATCH", path, json={"sync_frequency": 60, "run_setup_tests": True})
    config = {"custom_payloads": [{"key": "a", "value": "b"}]}
    untested = client.data("PATCH", path, json={"config": config, "run_setup_tests": False})
    assert "setup_tests" not in untested
    assert untested["status"]["setup_state"] == "incomplete"
    assert len(function.requests) == calls
    tested = client.data("PATCH", path, json={"config": {"custom_payloads": []}})
    assert {test["status"] for test in tested["setup_tests"]} == {"PASSED"}
    assert len(function.requests) == calls + 1


def test_a_list_can_be_narrowed_to_a_group_and_a_name(client, connection):
    other = client.new_group()["id"]
    assert client.data("GET", "/v1/connections", params={"group_id": other}) == {"items": []}
    assert client.data("GET", f"/v1/groups/{other}/connections") == {"items": []}
    assert client.refused("GET", "/v1/groups/nobody/connections").code == "NotFound_Group"
    both = {"group_id": client.group, "schema": connection["schema"]}
    assert client.data("GET", "/v1/connections", params=both) == {"items": [connection]}


def test_a_deleted_connection_is_gone(client, connection):
    path = f"/v1/connections/{connection['id']}"
    assert client.message("DELETE", path) == f"Connection with id '{connection['id']}' has been deleted"
    for method in ("GET", "DELETE"):
        assert client.refused(method, path).code == "NotFound_Connection"


@pytest.mark.parametrize("service", ["aws_lambda", "azure_function", "connector_sdk"])
def test_services_that_do_not_run_here_are_kept_and_say_why(client, service):
    made = client.new_connection(paused=True, service=service, run_setup_tests=True, config={"custom_payloads": None})
    [test] = made["setup_tests"]
    assert test["status"] == "FAILED"
    path = f"/v1/connections/{made['id']}"
    for method, action in (("POST", "sync"), ("POST", "resync"), ("GET", "state")):
        refused = client.refused(method, f"{path}/{action}")
        assert (refused.status, refused.code) == (400, "IllegalState")
        assert service in refused.message


@pytest.mark.parametrize(
    ("service", "field"),
    [("aws_lambda", "role_arn"), ("azure_function", "function_key"), ("google_cloud_function", "function_trigger")],
)
def test_what_a_service_keeps_secret_is_masked(client, service, field):
    made = client.new_connection(paused=True, service=service, config={field: "https://example.invalid/secret"})
    assert made["config"][field] == "******"
    shown = client.data("PATCH", f"/v1/connections/{made['id']}", json={"config": {field: "******"}})
    assert shown["config"][field] == "******"
    kept = client.local.connections.settings(made["id"]).config
    assert kept[field] == "https://example.invalid/secret"


@pytest.mark.parametrize(
    ("service", "config", "named"),
    [
        ("aws_lambda", {"password": "s3cret"}, "config.password"),
        ("aws_lambda", {"is_private_link_required": "no"}, "config.is_private_link_required"),
        ("azure_function", {"secrets_list": [{}]}, "config.secrets_list[0]"),
        ("connector_sdk", {"package_id": 5}, "config.package_id"),
        ("connector_sdk", {"function_trigger": "https://example.invalid/"}, "config.function_trigger"),
    ],
)
def test_a_wrong_field_is_named_whatever_the_service(client, service, config, named):
    body = {"group_id": client.group, "service": service, "config": {"schema": "never_made", **config}}
    refused = client.refused("POST", "/v1/connections", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith(f"{named}: ")
    assert "s3cret" not in refused.message


def test_a_message_never_quotes_an_address_that_is_refused(client):
    for address in ("http://example.invalid/s3cret", "s3cret", "https:s3cret"):
        body = {"group_id": client.group, "service": "google_cloud_function", "config": {"schema": "never_made"}}
        body["config"]["function_trigger"] = address
        refused = client.refused("POST", "/v1/connections", json=body)
        assert refused.message.startswith("config.function_trigger: ")
        assert "s3cret" not in refused.message


def test_an_unpaused_connection_that_passes_its_tests_syncs_by_itself(client, function):
    made = client.new_connection(function.url, paused=False, schedule_type="auto")
    deadline = time.monotonic() + 30
    while not client.data("GET", f"/v1/connections/{made['id']}")["succeeded_at"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)

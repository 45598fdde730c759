"""Fivetran's own definition of its API as the judge: what it says of requests and answers holds here.

The file is named by the environment variable FIVETRAN_OPENAPI; it is not part of this repository. test_shapes.py holds
what has to be true without it.
"""

import json
import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fivetran_tools.api_coverage import DEFINITION, sorted_routes, uncovered
from tests.fivetran_local.api.definition import DEFECTS, OURS, changed, left_open, with_exact_operations
from tests.support.function_over_http import function_over_http

NAMED = os.environ.get(DEFINITION)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("fivetran_definition"),
]

NOT_IN_IT = {
    "GET /public/connector-types": "the one list that needs no credentials is not in it",
    "POST /v1/connections/{connection_id}/connect-card-token": "older than it",
    "GET /v1/metadata/connectors/{connection_id}/tables": "older than it",
    "GET /v1/metadata/connectors/{connection_id}/columns": "older than it",
}
NEVER_DONE = {
    "POST /v1/connections/{connection_id}/schemas": "there is a schema config",
    "POST /v1/connections/{connection_id}/schemas/drop-columns": "no column is blocked",
    "POST /v1/connections/{connection_id}/schemas/tables/resync": "functions are re-synced as a whole",
    "DELETE /v1/connections/{connection_id}/schemas/{schema_name}/tables/{table_name}/columns/{column_name}":
        "the column is not blocked",
}  # fmt: skip
LABELS = [label for method, route in sorted_routes() if (label := f"{method} {route.path}") not in NOT_IN_IT]
MANY = settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)


@pytest.fixture(scope="module")
def function():
    with function_over_http() as function:
        yield function


@pytest.fixture(scope="module")
def at_hand(client, function):
    """Ids of what there is, by the names that the definition has for them."""
    connection = client.new_connection(function.url, paused=False)
    path = f"/v1/connections/{connection['id']}"
    client.message("POST", f"{path}/sync")
    deadline = time.monotonic() + 30
    while not client.data("GET", path)["succeeded_at"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    client.data("PATCH", path, json={"paused": True})
    webhook = client.data(
        "POST", "/v1/webhooks/account", json={"url": function.url, "events": ["sync_end"], "active": False}
    )
    [user] = client.data("GET", "/v1/users")["items"]
    return {
        "connectionId": connection["id"],
        "groupId": client.group,
        "destinationId": client.group,
        "empty group": client.new_group()["id"],
        "userId": user["id"],
        "webhookId": webhook["id"],
        "service": "google_cloud_function",
        "schema": connection["schema"],
        "schemaName": connection["schema"],
        "table": "numbers",
        "tableName": "numbers",
        "columnName": "name",
    }


@pytest.fixture(scope="module")
def operations(at_hand, function):
    """The operations of the definition, by how the API's own routes call them."""
    import schemathesis

    definition = with_exact_operations(json.loads(Path(NAMED).read_text(encoding="utf-8")))
    definition = changed(definition, [*DEFECTS, *OURS, *left_open(at_hand, function.url)])
    found = [result.ok() for result in schemathesis.openapi.from_dict(definition).get_all_operations()]
    return {shape(operation.label): operation for operation in found}


def test_every_operation_is_served_or_refused():
    assert uncovered(Path(NAMED)) == []


@pytest.mark.parametrize("label", LABELS)
def test_what_is_sent_as_defined_is_taken_and_answered_as_defined(client, operations, at_hand, label):
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance

    operation, done = operations[shape(label)], set()

    @MANY
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
    def judged(case):
        case.path_parameters = (
            fresh(client, label, case.path, at_hand) if label.startswith("DELETE") else named_in(case.path, at_hand)
        )
        response = sent(client, case)
        done.add(response.status_code)
        assert response.status_code in ({200, 400, 404, 409} if label in NEVER_DONE else {200, 201, 409}), response.text
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    for connection_id in client.local.connections.store.account.connections:
        client.local.connections.store.change_connection(connection_id, wanted=None)  # no state is set before a re-sync
    judged()
    assert label in NEVER_DONE or done & {200, 201}


@pytest.mark.parametrize("label", [label for label in LABELS if re.match("POST|PATCH", label)])
def test_what_is_sent_otherwise_is_refused_or_passed_over(client, operations, at_hand, label):
    import schemathesis

    operation = operations[shape(label)]

    @MANY
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def judged(case):
        case.path_parameters = named_in(case.path, at_hand)
        response = sent(client, case)
        assert response.status_code in (200, 201, 400, 404, 409, 415), response.text
        assert response.json()["code"]

    judged()


def sent(client, case):
    for header in ("Authorization", "Accept"):
        case.headers.pop(header, None)
    return case.call(base_url=client.url, auth=client.http.auth)


def named_in(path, at_hand):
    names = re.findall(r"\{(\w+)\}", path)
    return {name: at_hand[name if name != "id" else "userId"] for name in names}


def fresh(client, label, path, at_hand):
    """Make what is to be deleted; the name of the parameter is the definition's."""
    kind = label.split("/")[2]
    if "/columns/" in label:
        return named_in(path, at_hand)
    if kind == "connections":
        return {"connectionId": client.new_connection(paused=True)["id"]}
    if kind == "groups":
        return {"groupId": client.new_group()["id"]}
    if kind == "destinations":
        group = client.new_group()["id"]
        body = {"group_id": group, "service": "snowflake", "time_zone_offset": "0"}
        return {"destinationId": client.data("POST", "/v1/destinations", status=201, json=body)["id"]}
    if kind == "users":
        body = {"email": f"{time.monotonic_ns()}@example.invalid", "given_name": "A", "family_name": "L"}
        return {"id": client.data("POST", "/v1/users", status=201, json=body)["id"]}
    body = {"url": "https://example.invalid/", "events": ["sync_end"], "active": False}
    return {"webhookId": client.data("POST", "/v1/webhooks/account", json=body)["id"]}


def shape(label):
    return re.sub(r"\{\w+\}", "{}", label)

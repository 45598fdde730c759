"""Whatever JSON is sent to whatever part of the API, the answer has its form and is no failure of this program."""

import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivetran_local.api.app import served

WRITING = sorted(
    (method, route.path)
    for router in served()
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods - {"GET", "DELETE"}
)
FIELDS = [
    "active", "config", "connect_card_config", "daily_sync_time", "email", "event", "events", "exclude_mode",
    "family_name", "force", "given_name", "group_id", "is_historical_sync", "name", "networking_method", "paused",
    "redirect_uri", "region", "role", "run_setup_tests", "schedule_type", "schema", "schema_change_handling", "schemas",
    "scope", "secret", "secrets", "secrets_list", "service", "state", "sync_frequency", "time_zone_offset", "url",
]  # fmt: skip
likely = st.sampled_from(["google_cloud_function", "auto", "ALLOW_ALL", "******", "numbers", 60, 1440, "14:00", {}, []])
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | likely,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FIELDS, "key", "value", "tables", "columns", "enabled"]), inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=2)
    ),
    max_leaves=10,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=5) | anything


@pytest.mark.parametrize(("method", "path"), WRITING)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=bodies)
def test_any_body_gets_an_answer_of_the_right_form(client, method, path, body):
    connection = lasting(client)
    address = path.format(
        connection_id=connection["id"],
        group_id=client.group,
        destination_id=client.group,
        schema_name=connection["schema"],
        user_id=next(iter(client.local.connections.store.account.users)),
        webhook_id="nobody",
        table_name="numbers",
        column_name="name",
    )
    answer = client.send(method, address, json=body)
    assert answer.status_code in (200, 201, 400, 404, 409), answer.text
    content = answer.json()
    if path.endswith("-token") and answer.ok:
        return
    assert content.keys() <= {"code", "message", "data"}
    assert (content["code"] == "Success") is answer.ok
    if answer.status_code == 400:
        assert content["code"] in ("InvalidInput", "IllegalState")
        assert "\n" not in content["message"]


def lasting(client):
    """Return a connection without a function that stays paused, made anew where a body deleted or unpaused it."""
    for view in client.local.connections.all(schema="lasting"):
        if view.settings.paused and not view.running:
            return {"id": view.settings.id, "schema": "lasting"}
        client.send("PATCH", f"/v1/connections/{view.settings.id}", json={"paused": True})
        return {"id": view.settings.id, "schema": "lasting"}
    return client.new_connection(paused=True, config={"schema": "lasting"})

"""Whatever JSON is sent to whatever part of the API, the answer has its form and is no failure of this program."""

import secrets
from datetime import UTC, datetime

import pytest
from fastapi.routing import APIRoute
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fivetran_local.api.app import served
from fivetran_protocol import read_response

pytestmark = pytest.mark.slow

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


class Target:
    """What the paths name: a paused connection without a function, with a table, state and schema config; and more."""

    def __init__(self, client):
        self.client, self.some = client, secrets.token_hex(4)
        connections = client.local.connections
        made = client.new_connection(paused=True)
        self.connection, self.schema = made["id"], made["schema"]
        warehouse = connections.warehouse(self.connection)
        page = {
            "state": {"page": 1},
            "insert": {"numbers": [{"id": 1, "name": "n1"}]},
            "schema": {"numbers": {"primary_key": ["id"]}},
            "hasMore": False,
        }
        sync = warehouse.begin(self.schema, "a-sync", datetime.now(UTC))
        warehouse.land(sync, [read_response(page).response], calls=1)
        tables = {"numbers": {"columns": {"name": {"enabled": False}}}}
        config = {"schemas": {self.schema: {"tables": tables}}}
        client.data("POST", f"/v1/connections/{self.connection}/schemas", json=config)
        self.group = client.new_group()["id"]
        self.webhook = client.data("POST", "/v1/webhooks/account", json=self.a_webhook)["id"]
        self.user = next(iter(connections.store.account.users))

    @property
    def a_webhook(self):
        return {"url": "http://127.0.0.1:9/", "events": ["sync_end"], "active": False}

    def address(self, path):
        destination = self.client.group if "destinations" in path else self.group
        return path.format(
            connection_id=self.connection, group_id=self.group, destination_id=destination, webhook_id=self.webhook,
            schema_name=self.schema, user_id=self.user, table_name="numbers", column_name="name",
        )  # fmt: skip

    def bodies(self):
        """Return a body that is taken, for each address that takes one."""
        connection, schemas = "/v1/connections/{connection_id}", "/v1/connections/{connection_id}/schemas"
        table = f"{schemas}/{{schema_name}}/tables/{{table_name}}"
        person = {"email": f"{self.some}@localhost.invalid", "given_name": "A", "family_name": "B"}
        destination = {"group_id": self.group, "service": "snowflake", "time_zone_offset": "0", "config": {"host": "h"}}
        new = {"schema": f"new_{secrets.token_hex(6)}"}
        of_google = {"group_id": self.group, "service": "google_cloud_function", "run_setup_tests": False}
        tables = {"numbers": {"columns": {"name": {"enabled": False}}}}
        return {
            ("POST", "/v1/connections"): {**of_google, "paused": True, "config": new},
            ("PATCH", connection): {
                "sync_frequency": 1440,
                "daily_sync_time": "14:00",
                "config": {"custom_payloads": []},
            },
            ("POST", f"{connection}/sync"): {"force": False},
            ("POST", f"{connection}/resync"): {},
            ("POST", f"{connection}/test"): {"trust_certificates": True},
            ("PATCH", f"{connection}/state"): {"state": {"page": 1}},
            ("POST", f"{connection}/connect-card"): {"connect_card_config": {"redirect_uri": "https://a.invalid/"}},
            ("POST", schemas): {"schemas": {self.schema: {"tables": tables}}},
            ("PATCH", schemas): {"schema_change_handling": "BLOCK_ALL", "schemas": {self.schema: {"enabled": True}}},
            ("POST", f"{schemas}/reload"): {"exclude_mode": "PRESERVE"},
            ("POST", f"{schemas}/drop-columns"): {
                "schemas": {self.schema: {"tables": {"numbers": {"columns": ["name"]}}}}
            },
            ("PATCH", f"{schemas}/{{schema_name}}"): {"enabled": True, "tables": {"numbers": {"enabled": True}}},
            ("PATCH", table): {"enabled": True, "columns": {"name": {"enabled": False}}},
            ("PATCH", f"{table}/columns/{{column_name}}"): {"enabled": False},
            ("POST", "/v1/groups"): {"name": f"g_{self.some}"},
            ("PATCH", "/v1/groups/{group_id}"): {"name": f"h_{self.some}"},
            ("POST", "/v1/destinations"): destination,
            ("PATCH", "/v1/destinations/{destination_id}"): {"config": {"host": "h", "password": "******"}},
            ("POST", "/v1/destinations/{destination_id}/test"): {"trust_fingerprints": True},
            ("POST", "/v1/users"): person,
            ("PATCH", "/v1/users/{user_id}"): {"family_name": "C", "picture": None},
            ("POST", "/v1/webhooks/account"): self.a_webhook,
            ("POST", "/v1/webhooks/group/{group_id}"): {**self.a_webhook, "secret": "s"},
            ("PATCH", "/v1/webhooks/{webhook_id}"): {"events": ["sync_start"], "secret": "******"},
            ("POST", "/v1/webhooks/{webhook_id}/test"): {"event": "sync_end"},
        }

    def pause(self):
        """Pause the connection where a body started it."""
        if not self.client.local.connections.settings(self.connection).paused:
            self.client.data("PATCH", f"/v1/connections/{self.connection}", json={"paused": True})


@pytest.fixture
def target(client):
    return Target(client)


def with_body():
    """Return the method and path of each part that reads a body."""
    return sorted(
        (method, route.path)
        for router in served()
        for route in router.routes
        if isinstance(route, APIRoute) and any(is_body(part.call) for part in route.dependant.dependencies)
        for method in route.methods
    )


def is_body(reading):
    return reading.__qualname__.startswith("body_of.")


@pytest.mark.parametrize(("method", "path"), with_body())
def test_any_body_gets_an_answer_of_the_right_form(client, target, method, path):
    taken = target.bodies()[method, path]
    fields = st.sampled_from([*taken, *FIELDS])
    changed = st.dictionaries(fields, anything, max_size=2).map(lambda changes: {**taken, **changes})

    @settings(max_examples=20)
    @example(body=taken)
    @given(body=changed | st.dictionaries(fields, anything, max_size=4) | anything)
    def ask(body):
        target.pause()
        answer = client.send(method, target.address(path), json=body)
        if body is taken:
            assert answer.ok, answer.text
        assert answer.status_code in (200, 201, 400, 404, 409), answer.text
        content = answer.json()
        assert content.keys() <= {"code", "message", "data"}
        assert (content["code"] == "Success") is answer.ok
        if answer.status_code == 400:
            assert content["code"] in ("InvalidInput", "IllegalState")
            assert "\n" not in content["message"]

    ask()

"""Groups, destinations, users: made, changed, listed and deleted over HTTP."""

import pytest

SECRETS = {"password": "p4ssw0rd!", "private_key": "-----BEGIN", "api_token": "t0ken", "nested": {"secret_key": "k3y"}}


def test_a_group_is_made_renamed_and_deleted(client):
    answer = client.send("POST", "/v1/groups", json={"name": "Second group"})
    assert (answer.status_code, answer.json()["message"]) == (201, "Group has been created")
    made = answer.json()["data"]
    path = f"/v1/groups/{made['id']}"
    assert client.data("GET", path) == made
    renamed = client.send("PATCH", path, json={"name": "Renamed"}).json()
    assert (renamed["message"], renamed["data"]) == ("Group has been updated", {**made, "name": "Renamed"})
    assert client.data("PATCH", path, json={"name": "Renamed"})["name"] == "Renamed"
    assert client.message("DELETE", path) == f"Group with id '{made['id']}' has been deleted"
    assert client.refused("DELETE", path).code == "NotFound_Group"


@pytest.mark.parametrize("name", ["", " ", 5, None, "a\nb", "x" * 256, "<b>"])
def test_a_group_has_a_name_that_can_be_read(client, name):
    refused = client.refused("POST", "/v1/groups", json={"name": name})
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith("name: ")


def test_two_groups_cannot_share_a_name(client):
    first, second = client.new_group(), client.new_group()
    assert client.refused("POST", "/v1/groups", json={"name": first["name"]}).code == "Conflict"
    assert client.refused("PATCH", f"/v1/groups/{second['id']}", json={"name": first["name"]}).code == "Conflict"


def test_a_group_goes_when_nothing_is_in_it_any_more(client):
    group = client.new_group()["id"]
    body = {"group_id": group, "service": "snowflake", "time_zone_offset": "0"}
    client.data("POST", "/v1/destinations", status=201, json=body)
    connection = client.new_connection(paused=True, group_id=group)["id"]
    for path in (f"/v1/groups/{group}", f"/v1/destinations/{group}"):
        assert client.refused("DELETE", path).code == "Conflict"
    client.message("DELETE", f"/v1/connections/{connection}")
    assert client.refused("DELETE", f"/v1/groups/{group}").code == "Conflict"
    client.message("DELETE", f"/v1/destinations/{group}")
    client.message("DELETE", f"/v1/groups/{group}")


def test_a_connection_may_be_in_a_group_without_a_destination(client):
    group = client.new_group()["id"]
    assert client.new_connection(paused=True, group_id=group)["group_id"] == group


def test_a_destination_is_kept_whatever_service_it_is_of(client):
    group = client.new_group()["id"]
    body = {
        "group_id": group,
        "service": "snowflake",
        "region": "AWS_EU_WEST_1",
        "time_zone_offset": "-8",
        "daylight_saving_time_enabled": True,
        "config": {"host": "x.example.invalid", "port": 443, "auth": "PASSWORD", **SECRETS},
    }
    answer = client.send("POST", "/v1/destinations", json=body)
    assert (answer.status_code, answer.json()["message"]) == (201, "Destination has been created")
    made = answer.json()["data"]
    assert made["config"] == {
        "host": "x.example.invalid",
        "port": 443,
        "auth": "PASSWORD",
        "password": "******",
        "private_key": "******",
        "api_token": "******",
        "nested": {"secret_key": "******"},
    }
    assert made["daylight_saving_time_enabled"] is True
    [test] = made["setup_tests"]
    assert (test["status"], "DuckDB" in test["message"]) == ("PASSED", True)
    changed = client.data("PATCH", f"/v1/destinations/{group}", json={"config": {**made["config"], "port": 444}})
    assert changed["config"] == {**made["config"], "port": 444}
    kept = client.local.connections.store.account.destinations[group].config
    assert kept == {**body["config"], "port": 444}
    tested = client.send("POST", f"/v1/destinations/{group}/test", json={}).json()
    assert tested["message"] == "Setup tests have been completed"
    assert client.refused("POST", f"/v1/destinations/{group}/test").status == 400


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"group_id": None}, "InvalidInput", "group_id"),
        ({"group_id": "nobody"}, "NotFound_Group", "nobody"),
        ({"service": "Snow flake"}, "InvalidInput", "service"),
        ({"time_zone_offset": "+13"}, "InvalidInput", "time_zone_offset"),
        ({"time_zone_offset": 3}, "InvalidInput", "time_zone_offset"),
        ({"region": "MOON"}, "InvalidInput", "region"),
        ({"config": "x"}, "InvalidInput", "config"),
    ],
)
def test_a_wrong_field_of_a_destination_is_named(client, changes, code, named):
    body = {"group_id": client.new_group()["id"], "service": "snowflake", "time_zone_offset": "0", **changes}
    refused = client.refused("POST", "/v1/destinations", json=body)
    assert refused.code == code
    assert named in refused.message


def test_a_group_has_one_destination(client):
    body = {"group_id": client.group, "service": "snowflake", "time_zone_offset": "0"}
    assert client.refused("POST", "/v1/destinations", json=body).code == "Conflict"
    assert client.refused("PATCH", f"/v1/destinations/{client.group}", json={"run_setup_tests": True}).status == 400


def test_a_user_is_invited_changed_and_deleted(client):
    body = {"email": "ada@example.invalid", "given_name": "Ada", "family_name": "L.", "role": "Account Analyst"}
    answer = client.send("POST", "/v1/users", json=body)
    assert (answer.status_code, answer.json()["message"]) == (201, "User has been invited to the account")
    made = answer.json()["data"]
    assert (made["invited"], made["verified"], made["logged_in_at"]) == (True, False, None)
    assert {name: made[name] for name in body} == body
    path = f"/v1/users/{made['id']}"
    assert client.data("GET", path) == made
    assert client.data("PATCH", path, json={"phone": "+1"}) == {**made, "phone": "+1"}
    assert client.refused("PATCH", path, json={}).status == 400
    assert client.refused("POST", "/v1/users", json={**body, "email": "ADA@example.invalid"}).code == "Conflict"
    assert client.message("DELETE", path) == f"User with id '{made['id']}' has been deleted"
    assert client.refused("GET", path).code == "NotFound_User"


def test_the_last_user_stays(client):
    [user] = client.data("GET", "/v1/users")["items"]
    assert client.refused("DELETE", f"/v1/users/{user['id']}").code == "IllegalState"
    assert client.data("GET", "/v1/account/info")["user_id"] == user["id"]


@pytest.mark.parametrize("email", ["", "ada", "a b@c", "@", 5, None])
def test_a_user_has_an_address(client, email):
    refused = client.refused("POST", "/v1/users", json={"email": email, "given_name": "A", "family_name": "L"})
    assert refused.message.startswith("email: ")


def test_users_are_active_and_are_all_in_every_group(client):
    everybody = client.data("GET", "/v1/users")
    assert client.data("GET", f"/v1/groups/{client.group}/users") == everybody
    assert client.data("GET", "/v1/users", params={"active": "true"}) == everybody
    assert client.data("GET", "/v1/users", params={"active": "false"}) == {"items": []}
    assert client.refused("GET", "/v1/users", params={"active": "1"}).message.startswith("active: ")
    assert client.refused("GET", "/v1/groups/nobody/users").code == "NotFound_Group"


def test_a_service_that_there_is_not_is_not_found(client):
    assert client.refused("GET", "/v1/metadata/connector-types/google_ads").code == "NotFound_Service"

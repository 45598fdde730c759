"""What a request has to get past, and every spelling of a path that older clients use."""

import http.client
import json
import socket
from base64 import b64encode
from contextlib import contextmanager

import pytest
import requests

from fivetran_local.api.front import MOST_BODY_BYTES


def basic(text):
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ????"},
        {"Authorization": "Bearer abc"},
        {"Authorization": "Basic \xff\xfe"},
        basic(""),
        basic("nobody:nothing"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/groups", "/v1/connections/x/sync", "/v1/nowhere", "/v2/connectors", "/v1/teams"])
def test_wrong_credentials_are_401_wherever_they_are_sent(client, headers, path):
    answer = requests.get(client.url + path, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (
        401,
        {"code": "AuthFailed", "message": "Invalid authorization credentials"},
    )


def test_the_right_key_with_another_secret_is_401(client):
    credentials = client.local.credentials
    for pair in ((credentials.api_key, credentials.api_secret + "x"), (credentials.api_key, ""), ("", "")):
        assert requests.get(client.url + "/v1/groups", auth=pair, timeout=10).status_code == 401
    bearer = basic(f"{credentials.api_key}:{credentials.api_secret}")["Authorization"].replace("Basic", "Bearer")
    answer = requests.get(client.url + "/v1/groups", headers={"Authorization": bearer}, timeout=10)
    assert answer.status_code == 401


def test_the_public_list_needs_no_credentials(client):
    assert isinstance(requests.get(client.url + "/public/connector-types", timeout=10).json()["data"], list)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/connections/{}",
        "/v1/connections/{}/",
        "/v1/connectors/{}",
        "/v1/connectors/{}/",
        "/v2/connectors/{}",
        "/v2/connections/{}",
    ],
)
def test_a_connection_is_found_under_every_spelling(client, connection, path):
    assert client.data("GET", path.format(connection["id"])) == connection


@pytest.mark.parametrize("path", ["connections", "connections/", "connectors", "connectors/"])
def test_the_connections_of_a_group_are_found_under_every_spelling(client, connection, path):
    listed = client.data("GET", f"/v1/groups/{client.group}/{path}", params={"limit": 1000})
    assert connection in listed["items"]


@pytest.mark.parametrize("path", ["sync", "sync/", "force", "force/"])
@pytest.mark.parametrize("family", ["/v1/connections", "/v1/connectors", "/v2/connectors"])
def test_a_sync_is_asked_for_under_every_spelling(client, connection, family, path):
    headers = {"Content-Type": "application/json;version=2"}
    message = client.message("POST", f"{family}/{connection['id']}/{path}", headers=headers)
    assert message == f"Sync has been successfully triggered for connection with id '{connection['id']}'"


def test_a_name_that_only_begins_like_an_older_spelling_is_none(client):
    assert client.refused("GET", "/v1/connectorsx").status == 404
    assert client.refused("GET", "/v2/groups").status == 404


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nowhere", "/v1/connections/x/nowhere", "/v1//connections"])
def test_a_path_that_is_not_routed_is_not_found(client, path):
    assert client.refused("GET", path).message == "HTTP 404 Not Found"


@pytest.mark.parametrize("identity", ["x", "a%2Fb", "%00", "..%2F..", "%F0%9F%90%9F", "'%22%3C", "a" * 3000, "%FF"])
def test_an_id_that_nobody_has_is_not_found_whatever_is_in_it(client, identity):
    for kind in ("connections", "groups", "destinations", "users", "webhooks"):
        refused = client.refused("GET", f"/v1/{kind}/{identity}")
        assert refused.status == 404
        assert refused.code.startswith("NotFound")


def test_codes_of_what_is_not_found_name_its_kind(client):
    codes = {
        kind: client.refused("GET", f"/v1/{kind}/x").code
        for kind in ("connections", "groups", "destinations", "users", "webhooks")
    }
    assert codes == {
        "connections": "NotFound_Connection",
        "groups": "NotFound_Group",
        "destinations": "NotFound_Destination",
        "users": "NotFound_User",
        "webhooks": "NotFound_Webhook",
    }


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/groups"), ("DELETE", "/v1/connections"), ("PATCH", "/v1/users")]
)
def test_another_verb_is_405(client, method, path):
    refused = client.refused(method, path)
    assert (refused.status, refused.code) == (405, "MethodNotAllowed")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("application/json;version=2", 200),
        ("text/html, application/*;q=0.5", 200),
        ("*/*", 200),
        ("anything", 200),
        ("", 200),
        ("text/html", 406),
        ("application/xml, text/*", 406),
    ],
)
def test_a_client_that_takes_no_json_is_told_so(client, accept, status):
    answer = client.send("GET", "/v1/groups", headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert answer.json()["code"] == "NotAcceptable"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_a_body_of_another_type_is_415(client, kind):
    refused = client.refused("POST", "/v1/groups", data=b'{"name": "x"}', headers={"Content-Type": kind})
    assert (refused.status, refused.code) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("kind", ["application/json", "application/json;version=2", "Application/JSON; charset=utf-8"])
def test_json_is_json_with_any_parameter(client, kind):
    refused = client.refused("POST", "/v1/groups", data=b"{}", headers={"Content-Type": kind})
    assert refused.message == "name: the field is required"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"nonsense",
        b"[]",
        b'"text"',
        b"null",
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"name":' * 50_000,
    ],
)
def test_what_is_not_a_json_object_is_refused_in_one_short_line(client, body):
    headers = {"Content-Type": "application/json"}
    refused = client.refused("POST", "/v1/groups", data=body, headers=headers)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith("body: ")
    assert "\n" not in refused.message
    assert len(refused.message) < 200


def test_a_body_that_is_too_large_is_refused_by_its_length_and_by_its_bytes(client):
    body = json.dumps({"name": "x" * 1_100_000}).encode()
    headers = {"Content-Type": "application/json"}
    for sent in (body, iter([body])):  # with Content-Length, and in chunks
        try:
            refused = client.refused("POST", "/v1/groups", data=sent, headers=headers)
        except requests.ConnectionError:  # it hung up while the rest was still on its way
            continue
        assert (refused.status, refused.code) == (413, "PayloadTooLarge")
    assert client.data("GET", "/v1/groups")


@contextmanager
def begun(client, length):
    """Send the head of a request and one byte of its body; the connection stays open."""
    host, port = client.url.removeprefix("http://").split(":")
    credentials = client.local.credentials
    key = basic(f"{credentials.api_key}:{credentials.api_secret}")["Authorization"]
    with socket.create_connection((host, int(port)), timeout=10) as half:
        half.sendall(
            f"POST /v1/groups HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{".encode()
        )
        yield half


def test_a_body_that_never_ends_does_not_hold_up_others(client):
    with begun(client, 100):
        assert client.data("GET", "/v1/groups")


def test_a_body_that_will_be_too_large_is_not_waited_for(client):
    with begun(client, MOST_BODY_BYTES + 1) as half:
        assert half.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_slash_that_is_part_of_an_id_does_not_lead_elsewhere(client, connection):
    refused = client.refused("POST", f"/v1/connections/{connection['id']}%2Fsync")
    assert (refused.status, refused.code) == (404, "NotFound")


def test_requests_are_counted_down(client):
    first, second = (client.send("GET", "/v1/groups").headers for _ in range(2))
    assert first["x-rate-limit"] == "20000"
    assert int(first["x-rate-limit-remaining"]) - int(second["x-rate-limit-remaining"]) == 1


def test_what_is_not_imitated_says_why_and_where_the_list_is(client):
    refused = client.refused("GET", f"/v1/connections/{client.group}/certificates")
    assert (refused.status, refused.code) == (501, "NotImplemented")
    assert "certificates" in refused.message
    assert "docs/coverage.md" in refused.message
    assert client.refused("POST", "/v1/teams").status == client.refused("GET", "/v1/roles/a/b").status == 501


def test_one_connection_serves_request_after_request(client):
    host = client.url.removeprefix("http://")
    key = b64encode(f"{client.local.credentials.api_key}:{client.local.credentials.api_secret}".encode()).decode()
    kept = http.client.HTTPConnection(host, timeout=10)
    for path, status in (("/v1/groups", 200), ("/v1/nowhere", 404), ("/v1/groups", 200)):
        kept.request("GET", path, headers={"Authorization": f"Basic {key}"})
        answer = kept.getresponse()
        answer.read()
        assert answer.status == status
    kept.close()

"""Webhooks over HTTP: made, tried, changed and deleted; the receiver is real."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "webhook-secret-5"


class Receiver:
    """Notes what it is sent, and answers with a status that a test may change."""

    def __init__(self):
        receiver = self
        self.status, self.received = 200, []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.received.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_events_that_never_happen_here_are_kept_and_can_be_tested(client, receiver):
    events = ["sync_end", "status", "dbt_run_failed", "transformation_run_start", "transformation_start"]
    made = client.data("POST", "/v1/webhooks/account", json={"url": receiver.url, "events": events, "active": False})
    path = f"/v1/webhooks/{made['id']}"
    assert client.data("GET", path)["events"] == events
    assert client.data("POST", f"{path}/test", json={"event": "dbt_run_failed"})["succeed"]
    [(_, text)] = receiver.received
    assert json.loads(text)["event"] == "dbt_run_failed"


def test_a_webhook_is_tried_when_it_is_made(client, receiver):
    body = {"url": receiver.url, "events": ["sync_end", "sync_start"], "active": True, "secret": SECRET}
    answer = client.send("POST", "/v1/webhooks/account", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Webhook has been created")
    made = answer.json()["data"]
    assert made == {
        "id": made["id"],
        "type": "account",
        "url": receiver.url,
        "events": ["sync_end", "sync_start"],
        "active": True,
        "secret": "******",
        "created_at": made["created_at"],
        "created_by": made["created_by"],
    }
    [(headers, text)] = receiver.received
    proof = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest().upper()
    assert headers["X-Fivetran-Signature-256"] == proof
    assert list(json.loads(text)) == [
        "event",
        "created",
        "connector_type",
        "connector_id",
        "connector_name",
        "sync_id",
        "destination_group_id",
        "data",
    ]
    assert json.loads(text)["connector_id"] == "_connection_1"
    path = f"/v1/webhooks/{made['id']}"
    assert client.data("GET", path) == made
    assert made in client.data("GET", "/v1/webhooks")["items"]
    assert client.message("DELETE", path) == f"Webhook with id '{made['id']}' has been deleted"
    assert client.refused("GET", path).code == "NotFound_Webhook"


def test_a_webhook_whose_receiver_does_not_take_it_is_not_made(client, receiver):
    receiver.status = 500
    before = client.data("GET", "/v1/webhooks")
    refused = client.refused("POST", "/v1/webhooks/account", json={"url": receiver.url, "events": ["sync_end"]})
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert "500" in refused.message
    assert client.data("GET", "/v1/webhooks") == before


def test_a_webhook_that_is_not_active_is_tried_when_it_becomes_so(client, receiver):
    body = {"url": receiver.url, "events": ["sync_end"], "active": False}
    made = client.data("POST", f"/v1/webhooks/group/{client.group}", json=body)
    assert (made["type"], made["group_id"], made["active"]) == ("group", client.group, False)
    assert "secret" not in made
    path = f"/v1/webhooks/{made['id']}"
    client.data("PATCH", path, json={"events": ["sync_start"]})
    assert not receiver.received
    receiver.status = 404
    assert client.refused("PATCH", path, json={"active": True}).status == 400
    assert client.data("GET", path)["active"] is False
    receiver.status = 204
    assert client.data("PATCH", path, json={"active": True, "secret": SECRET})["active"] is True
    assert client.data("PATCH", path, json={"secret": "******"})["secret"] == "******"
    assert client.local.connections.store.account.webhooks[made["id"]].secret == SECRET
    assert [json.loads(text)["event"] for _, text in receiver.received] == ["sync_start"] * 2


def test_a_test_says_how_it_went(client, receiver):
    body = {"url": receiver.url, "events": ["sync_end"], "active": False}
    path = f"/v1/webhooks/{client.data('POST', '/v1/webhooks/account', json=body)['id']}/test"
    done = client.data("POST", path, json={"event": "sync_end"})
    assert (done["succeed"], done["status"]) == (True, 200)
    assert json.loads(receiver.received[-1][1])["data"] == {"status": "SUCCESSFUL"}
    receiver.status = 503
    done = client.data("POST", path, json={"event": "sync_start"})
    assert (done["succeed"], done["status"]) == (False, 503)
    assert client.refused("POST", path, json={"event": "moon_rise"}).message.startswith("event: ")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"url": "http://example.invalid/"}, "url"),
        ({"url": "ftp://localhost/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": 5}, "url"),
        ({"events": []}, "events"),
        ({"events": ["sync_end", "moon_rise"]}, "events"),
        ({"events": "sync_end"}, "events"),
        ({"events": [1]}, "events.0"),
        ({"active": "no"}, "active"),
        ({"secret": 5}, "secret"),
    ],
)
def test_a_wrong_field_of_a_webhook_is_named(client, changes, named):
    body = {"url": "https://example.invalid/", "events": ["sync_end"], "active": False, **changes}
    refused = client.refused("POST", "/v1/webhooks/account", json=body)
    assert (refused.status, refused.code) == (400, "InvalidInput")
    assert refused.message.startswith(f"{named}: ")


def test_a_webhook_of_a_group_that_there_is_not(client):
    body = {"url": "https://example.invalid/", "events": ["sync_end"], "active": False}
    assert client.refused("POST", "/v1/webhooks/group/nobody", json=body).code == "NotFound_Group"

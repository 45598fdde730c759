"""What webhooks are sent: signed, in order, again until it is taken, and never in the way of a sync."""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from fivetran_local import webhooks
from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import Webhook
from fivetran_local.events import EventLog, LogEvent
from fivetran_local.webhooks import Delivery, Webhooks, WebhookSender
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import local_fivetran
from tests.support.scripted_source import disconnect, scripted_source, silence, status
from tests.support.self_signed import self_signed
from tests.support.waiting import until

SECRET = "of-a-webhook"
SENDER = WebhookSender()


def webhook(url, *events, identity="w", group=None, **fields):
    kind = "account" if group is None else "group"
    made = {"created_at": datetime(2026, 1, 1, tzinfo=UTC), "secret": SECRET, **fields}
    return Webhook(id=identity, type=kind, group_id=group, url=url, events=events or ("sync_end",), **made)


def event(name="sync_end", group="g", **data):
    return LogEvent(
        event=name,
        created=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        connector_type="google_cloud_function",
        connector_id="gilded_heron",
        connector_name="hed",
        sync_id="s",
        destination_group_id=group,
        data=data,
    )


@contextmanager
def telling(folder, *hooks, pause=0.01):
    log = EventLog(folder / "logs")
    with AccountStore(folder) as store:
        for hook in hooks:
            store.put("webhooks", hook)
        with Webhooks(store, log, WebhookSender(), first_pause_seconds=pause):
            yield log, store


def test_an_event_arrives_as_fivetran_sends_it_and_its_signature_proves_where_it_is_from(tmp_path):
    with scripted_source(status(200)) as receiver, telling(tmp_path, webhook(receiver.url + "/hook?a=b")) as (log, _):
        log.record(event(status="SUCCESSFUL"))
        (asked,) = until(lambda: receiver.asked)
    assert (asked.method, asked.target) == ("POST", "/hook?a=b")
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {
        "event": "sync_end",
        "created": "2026-01-02T03:04:05.678Z",
        "connector_type": "google_cloud_function",
        "connector_id": "gilded_heron",
        "connector_name": "hed",
        "sync_id": "s",
        "destination_group_id": "g",
        "data": {"status": "SUCCESSFUL"},
    }
    expected = hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest().upper()
    assert asked.headers["X-Fivetran-Signature-256"] == expected


def test_only_active_webhooks_hear_and_only_their_events_of_their_group(tmp_path):
    with scripted_source(status(200)) as receiver:
        hooks = [
            webhook(f"{receiver.url}/all", "sync_start", "sync_end", identity="1"),
            webhook(f"{receiver.url}/group", identity="2", group="g"),
            webhook(f"{receiver.url}/other-group", identity="3", group="h"),
            webhook(f"{receiver.url}/inactive", identity="4", active=False),
        ]
        with telling(tmp_path, *hooks) as (log, _):
            log.record(event("sync_start"))
            log.record(event("api_call"))
            log.record(event("sync_end"))
    assert [asked.path for asked in receiver.asked] == ["/all", "/all", "/group"]


def test_a_webhook_without_a_secret_is_sent_without_a_signature(tmp_path):
    with scripted_source(status(200)) as receiver, telling(tmp_path, webhook(receiver.url, secret="")) as (log, _):
        log.record(event())
    assert "X-Fivetran-Signature-256" not in receiver.asked[0].headers


def test_what_is_not_taken_is_sent_again_with_the_same_body_and_signature(tmp_path):
    script = (status(500), disconnect, status(302, Location="http://127.0.0.1:1/"), status(204))
    with scripted_source(*script) as receiver, telling(tmp_path, webhook(receiver.url)) as (log, _):
        log.record(event())
        until(lambda: len(receiver.asked) == 4)
    assert len({(asked.body, asked.headers["X-Fivetran-Signature-256"]) for asked in receiver.asked}) == 1


def test_it_gives_up_in_the_end_and_says_so_in_the_log(tmp_path, caplog, mocker):
    mocker.patch.object(webhooks, "TRIES", 3)
    with scripted_source(status(503)) as receiver, telling(tmp_path, webhook(receiver.url)) as (log, _):
        log.record(event())
        until(lambda: "given up after 3 tries" in caplog.text)
    assert len(receiver.asked) == 3
    assert receiver.url not in caplog.text


def test_a_webhook_that_was_deleted_is_not_tried_again(tmp_path):
    with scripted_source(status(500)) as receiver, telling(tmp_path, webhook(receiver.url), pause=0.2) as (log, store):
        log.record(event())
        until(lambda: receiver.asked)
        store.remove("webhooks", "w")
        time.sleep(0.3)
    assert len(receiver.asked) == 1


def test_whoever_records_an_event_waits_for_no_receiver(tmp_path, mocker):
    mocker.patch.object(webhooks, "_ANSWER_SECONDS", 0.5)
    mocker.patch.object(webhooks, "_LAST_SECONDS", 0.0)
    with scripted_source(silence) as receiver, telling(tmp_path, webhook(receiver.url)) as (log, _):
        began = time.monotonic()
        for _ in range(50):
            log.record(event())
        assert time.monotonic() - began < 0.5


class HeldSender:
    """Takes everything, but not before it is let go."""

    def __init__(self):
        self.sent, self.reached, self.go = [], threading.Event(), threading.Event()

    def send(self, _, payload):
        self.reached.set()
        assert self.go.wait(10)
        self.sent.append(payload["data"]["number"])
        return Delivery(succeeded=True, status=200, message="")


def test_no_more_than_so_many_wait_and_the_oldest_is_dropped_first(tmp_path, caplog, mocker):
    mocker.patch.object(webhooks, "MOST_WAITING", 3)
    log, sender = EventLog(tmp_path / "logs"), HeldSender()
    with AccountStore(tmp_path) as store:
        store.put("webhooks", webhook("http://127.0.0.1:1"))
        with Webhooks(store, log, sender):
            log.record(event(number=0))
            assert sender.reached.wait(10)
            for number in range(1, 6):
                log.record(event(number=number))
            sender.go.set()
            until(lambda: len(sender.sent) == 4)
    assert sender.sent == [0, 3, 4, 5]
    assert caplog.text.count("the oldest is dropped") == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:{closed}/", "nothing listens there"),
        ("http://example.com/hook", "use https"),
        ("ftp://127.0.0.1/", "is not the address"),
    ],
)
def test_a_receiver_that_is_not_reached_is_told_in_one_line_without_its_address(url, message):
    from fivetran_local.server import listen

    with listen(0) as listening:
        closed = listening.getsockname()[1]
    delivery = SENDER.send(webhook(url.format(closed=closed)), {"event": "sync_end"})
    assert not delivery.succeeded
    assert delivery.status == 0
    assert message in delivery.message
    assert str(closed) not in delivery.message


def test_a_redirect_is_not_followed():
    with (
        scripted_source(status(200)) as elsewhere,
        scripted_source(status(307, Location=elsewhere.url)) as receiver,
    ):
        delivery = SENDER.send(webhook(receiver.url), {"event": "sync_end"})
    assert (delivery.succeeded, delivery.status) == (False, 307)
    assert elsewhere.asked == []


def test_a_receiver_whose_certificate_nobody_trusts_is_told_nothing(tmp_path):
    with scripted_source(status(200), tls=self_signed(tmp_path)) as receiver:
        delivery = SENDER.send(webhook(receiver.url), {"event": "sync_end"})
    assert delivery.message == "the receiver was not reached: its certificate is not trusted"
    assert receiver.asked == []


def test_a_webhook_made_over_the_api_hears_of_a_whole_sync(tmp_path):
    with (
        scripted_source(status(200)) as receiver,
        function_over_http() as function,
        local_fivetran(tmp_path) as fivetran,
    ):
        hook = {"url": receiver.url, "events": ["sync_start", "sync_end"], "secret": SECRET, "active": True}
        fivetran.request("POST", "/v1/webhooks/account", hook)
        config = {"schema": "numbers", "function_trigger": function.url}
        body = {"group_id": fivetran.group_id, "service": "google_cloud_function", "config": config}
        made = fivetran.request("POST", "/v1/connections", {**body, "paused": False, "schedule_type": "manual"})
        fivetran.request("POST", f"/v1/connections/{made['id']}/sync", {})
        _trial, *told = until(lambda: len(receiver.asked) == 3 and receiver.asked)
    bodies = [json.loads(asked.body) for asked in told]
    assert [body["event"] for body in bodies] == ["sync_start", "sync_end"]
    assert bodies[1]["data"]["status"] == "SUCCESSFUL"
    assert {body["connector_id"] for body in bodies} == {made["id"]}
    for asked in receiver.asked:
        assert asked.headers["X-Fivetran-Signature-256"] == webhooks.signature(SECRET, asked.body)

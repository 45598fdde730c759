"""Telling webhooks what happens: signed, on a thread of their own, and again while a receiver does not take it.

Source of the form: fivetran.com/docs/rest-api/webhooks.
"""

import hashlib
import heapq
import hmac
import itertools
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import urllib3

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import Webhook
from fivetran_local.events import EventLog, LogEvent
from fivetran_local.function import address_problem
from fivetran_local.json_text import compact

SIGNATURE: Final = "X-Fivetran-Signature-256"
MOST_WAITING: Final = 1000
"""Deliveries that wait to be sent; beyond it the one that waited longest is dropped."""
TRIES: Final = 8

_ANSWER_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 2.0
"""For what is due when the server ends."""
_FIRST_PAUSE_SECONDS: Final = 1.0
"""Before the second try; each further pause is twice as long."""

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one sending ended."""

    succeeded: bool
    status: int
    """Of HTTP; 0 where there was no answer."""
    message: str


class WebhookSender:
    """Sends payloads over HTTPS, or over HTTP to this machine. Redirects are not followed."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(total=_ANSWER_SECONDS)
        self._http = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", timeout=timeout, retries=False, maxsize=2)

    def send(self, webhook: Webhook, payload: Mapping[str, Any]) -> Delivery:
        """Send a payload once, and wait for the answer."""
        if problem := address_problem(webhook.url):
            return Delivery(succeeded=False, status=0, message=problem)
        body = compact(payload)
        headers = {"Content-Type": "application/json", "User-Agent": "fivetran-webhooks"}
        if webhook.secret:
            headers[SIGNATURE] = signature(webhook.secret, body)
        try:
            answer = self._http.request("POST", webhook.url, body=body, headers=headers, preload_content=False)
            answer.close()  # what it says does not matter, and may be endless
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Delivery(succeeded=False, status=0, message=f"the receiver was not reached: {_reason(error)}")
        succeeded = 200 <= answer.status < 300
        message = f"the receiver answered {answer.status}{'' if succeeded else ', and not 2xx'}"
        return Delivery(succeeded=succeeded, status=answer.status, message=message)


def signature(secret: str, body: bytes) -> str:
    """Return what proves to a receiver that a body is from here: HMAC-SHA256, in upper-case hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()


def payload_of(event: LogEvent) -> dict[str, Any]:
    """Return an event as webhooks are told of it."""
    wire = event.to_wire()
    return {
        "event": wire["event"],
        "created": event.created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "connector_type": wire["connector_type"],
        "connector_id": wire["connector_id"],
        "connector_name": wire["connector_name"],
        "sync_id": wire["sync_id"],
        "destination_group_id": wire["destination_group_id"],
        "data": wire["data"],
    }


@dataclass(frozen=True, slots=True)
class _Waiting:
    webhook_id: str
    payload: Mapping[str, Any]
    tries: int = 0


class Webhooks(AbstractContextManager["Webhooks"]):
    """Listens to the log, and sends what active webhooks want to hear; nothing waits for a receiver.

    Args:
        store: the account, whose webhooks they are.
        events: the log.
        sender: sends.
        first_pause_seconds: before the second try.
    """

    def __init__(
        self,
        store: AccountStore,
        events: EventLog,
        sender: WebhookSender,
        *,
        first_pause_seconds: float = _FIRST_PAUSE_SECONDS,
    ) -> None:
        self._store, self._events, self._sender = store, events, sender
        self._first_pause = first_pause_seconds
        self._order = itertools.count()
        self._queue: list[tuple[float, int, _Waiting]] = []
        self._changed = threading.Condition()
        self._ends_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def __enter__(self) -> Self:
        self._stop_listening = self._events.listen(self._hear)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop_listening()
        with self._changed:
            self._ends_at = time.monotonic() + _LAST_SECONDS
            self._changed.notify()
        self._thread.join(_LAST_SECONDS + _ANSWER_SECONDS)

    def _hear(self, event: LogEvent) -> None:
        for webhook in self._store.account.webhooks.values():
            concerns = webhook.group_id in (None, event.destination_group_id)
            if webhook.active and concerns and event.event in webhook.events:
                self._put(_Waiting(webhook.id, payload_of(event)), 0.0)

    def _put(self, waiting: _Waiting, pause: float) -> None:
        with self._changed:
            if len(self._queue) >= MOST_WAITING:
                self._queue.remove(min(self._queue, key=lambda entry: entry[1]))
                heapq.heapify(self._queue)
                _log.warning("%d webhook deliveries wait: the oldest is dropped", MOST_WAITING)
            heapq.heappush(self._queue, (time.monotonic() + pause, next(self._order), waiting))
            self._changed.notify()

    def _run(self) -> None:
        while (waiting := self._next()) is not None:
            webhook = self._store.account.webhooks.get(waiting.webhook_id)
            if webhook is None or not webhook.active:
                continue
            delivery = self._send(webhook, waiting.payload)
            if delivery.succeeded:
                continue
            tries = waiting.tries + 1
            if tries < TRIES:
                self._put(_Waiting(webhook.id, waiting.payload, tries), self._first_pause * 2 ** (tries - 1))
            else:
                _log.warning("webhook %s: given up after %d tries: %s", webhook.id, tries, delivery.message)

    def _send(self, webhook: Webhook, payload: Mapping[str, Any]) -> Delivery:
        try:
            return self._sender.send(webhook, payload)
        except Exception as error:  # noqa: BLE001  # the thread has to go on for the other webhooks
            _log.exception("webhook %s", webhook.id)
            return Delivery(succeeded=False, status=0, message=type(error).__name__)

    def _next(self) -> _Waiting | None:
        """Wait for the next delivery that is due; None at the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                pause = self._queue[0][0] - now if self._queue else None
                is_due = pause is not None and pause <= 0
                if self._ends_at is not None and (not is_due or now > self._ends_at):
                    return None
                if is_due:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(pause)


def _reason(error: Exception) -> str:
    """Return what went wrong without the address, which may hold a password of the receiver's."""
    cause = getattr(error, "reason", None) or error
    match cause:
        case urllib3.exceptions.NewConnectionError():  # which is a TimeoutError, too
            return "nothing listens there"
        case urllib3.exceptions.TimeoutError():
            return f"no answer within {_ANSWER_SECONDS:.0f} s"
        case urllib3.exceptions.ProtocolError():
            return "it hung up"
        case urllib3.exceptions.SSLError():
            return "its certificate is not trusted"
        case _:
            return type(cause).__name__

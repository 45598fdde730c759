"""Webhooks: addresses that are told of events, and are tried before they count as active."""

import secrets
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints, field_validator
from starlette.responses import Response

from fivetran_local.account.settings import Account, Webhook
from fivetran_local.api.bodies import Fields, body_of
from fivetran_local.api.composition import Local
from fivetran_local.api.envelope import success
from fivetran_local.api.groups import group_of
from fivetran_local.api.pagination import Paged, order, stamp
from fivetran_local.clock import Clock
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.events import LogEvent
from fivetran_local.function import address_problem
from fivetran_local.function_config import MASKED, RUNS_HERE
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.webhooks import WebhookSender, payload_of

router = APIRouter()

EVENTS: Final = (
    "connection_failure",
    "connection_successful",
    "create_connector",
    "delete_connector",
    "edit_connector",
    "force_update_connector",
    "pause_connector",
    "resume_connector",
    "resync_connector",
    "sync_end",
    "sync_start",
)
"""What happens here, in Fivetran's words."""
NEVER_SENT: Final = (
    "dbt_run_failed",
    "dbt_run_start",
    "dbt_run_succeeded",
    "resync_table",
    "status",
    "transformation_failed",
    "transformation_run_failed",
    "transformation_run_start",
    "transformation_run_succeeded",
    "transformation_start",
    "transformation_succeeded",
)
"""What happens at Fivetran only (`status` is deprecated there): it may be asked for, and never comes.

Source: fivetran.com/docs/rest-api/getting-started/webhooks, now and in 2023; `resync_table` and `transformation_start`,
`…_succeeded` and `…_failed`: docs.cloud.google.com/chronicle/docs/ingestion/default-parsers/fivetran.
"""
_KNOWN: Final = frozenset(EVENTS + NEVER_SENT)


class WebhookPatch(Fields):
    """Changes of a webhook."""

    url: Annotated[str, StringConstraints(max_length=2000)] = ""
    events: list[str] = []  # noqa: RUF012  # pydantic copies it
    active: bool = True
    secret: Annotated[str, StringConstraints(max_length=500)] = ""

    @field_validator("url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        if address_problem(url):
            raise ValueError("expected https://, or http:// to this machine")
        return url

    @field_validator("events")
    @classmethod
    def _known(cls, events: list[str]) -> list[str]:
        unknown = next((event for event in events if event not in _KNOWN), None)
        if unknown is not None or not events:
            raise ValueError(f"expected some of {', '.join(EVENTS)}")
        return list(dict.fromkeys(events))

    def on(self, webhook: Webhook) -> Webhook:
        """Return a webhook with these changes; a masked secret is the one so far."""
        sent = self.model_fields_set
        fields: dict[str, Any] = {name: getattr(self, name) for name in ("url", "active", "secret") if name in sent}
        if fields.get("secret") == MASKED:
            del fields["secret"]
        if "events" in sent:
            fields["events"] = tuple(self.events)
        return replace(webhook, **fields)


class NewWebhook(WebhookPatch):
    """A webhook to make."""

    url: Annotated[str, StringConstraints(max_length=2000)]
    events: list[str]


class WebhookTest(Fields):
    """The event to try a webhook with."""

    event: str


@router.get("/v1/webhooks")
async def list_webhooks(local: Local, page: Paged) -> Response:
    """List the webhooks."""
    webhooks = local.connections.store.account.webhooks.values()
    return success(page.of("webhooks", webhooks, lambda webhook: order(webhook.created_at, webhook.id), _shown))


@router.post("/v1/webhooks/account")
def create_account_webhook(
    request: Request, local: Local, body: Annotated[NewWebhook, Depends(body_of(NewWebhook))]
) -> Response:
    """Make a webhook for the events of all groups."""
    return _created(request, local, body, None)


@router.post("/v1/webhooks/group/{group_id}")
def create_group_webhook(
    request: Request, local: Local, group_id: str, body: Annotated[NewWebhook, Depends(body_of(NewWebhook))]
) -> Response:
    """Make a webhook for the events of one group."""
    group_of(local.connections.store.account, group_id)
    return _created(request, local, body, group_id)


@router.get("/v1/webhooks/{webhook_id}")
async def webhook_details(local: Local, webhook_id: str) -> Response:
    """Show a webhook."""
    return success(_shown(_webhook_of(local.connections.store.account, webhook_id)))


@router.patch("/v1/webhooks/{webhook_id}")
def modify_webhook(
    request: Request,
    local: Local,
    webhook_id: str,
    body: Annotated[WebhookPatch, Depends(body_of(WebhookPatch))],
) -> Response:
    """Change a webhook; it is tried where it is active from here on, or elsewhere."""
    if not body.model_fields_set:
        raise InvalidInputError("body: no field to change is in it")
    before = _webhook_of(local.connections.store.account, webhook_id)
    after = body.on(before)
    if after.active and (not before.active or after.url != before.url):
        _try(request, after, local.connections.clock)

    def changed(account: Account) -> Account:
        webhook = body.on(_webhook_of(account, webhook_id))
        return replace(account, webhooks={**account.webhooks, webhook_id: webhook})

    account = local.connections.store.change(changed)
    return success(_shown(account.webhooks[webhook_id]), "Webhook has been updated")


@router.delete("/v1/webhooks/{webhook_id}")
def delete_webhook(local: Local, webhook_id: str) -> Response:
    """Delete a webhook."""
    _webhook_of(local.connections.store.account, webhook_id)
    local.connections.store.remove("webhooks", webhook_id)
    return success(message=f"Webhook with id '{webhook_id}' has been deleted")


@router.post("/v1/webhooks/{webhook_id}/test")
def run_webhook_test(
    request: Request, local: Local, webhook_id: str, body: Annotated[WebhookTest, Depends(body_of(WebhookTest))]
) -> Response:
    """Send an event of a connection that there is not."""
    webhook = _webhook_of(local.connections.store.account, webhook_id)
    if body.event not in _KNOWN:
        raise InvalidInputError(f"event: expected one of {', '.join(EVENTS)}")
    delivery = _sender_of(request).send(webhook, trial(body.event, webhook.group_id, local.connections.clock))
    return success({"succeed": delivery.succeeded, "status": delivery.status, "message": delivery.message})


def trial(event: str, group_id: str | None, clock: Clock) -> dict[str, Any]:
    """Return the payload of a test."""
    return payload_of(
        LogEvent(
            event=event,
            created=clock.now(),
            connector_type=RUNS_HERE,
            connector_id="_connection_1",
            connector_name="test",
            destination_group_id=group_id or "_group_1",
            data={"status": "SUCCESSFUL"} if event == "sync_end" else {},
        )
    )


def _created(request: Request, local: LocalFivetran, body: NewWebhook, group_id: str | None) -> Response:
    account = local.connections.store.account
    made = Webhook(
        id=secrets.token_hex(10),
        type="account" if group_id is None else "group",
        group_id=group_id,
        url=body.url,
        events=tuple(body.events),
        active=body.active,
        secret=body.secret,
        created_at=local.connections.clock.now(),
        created_by=next(iter(account.users), ""),
    )
    if made.active:
        _try(request, made, local.connections.clock)
    local.connections.store.put("webhooks", made)
    return success(_shown(made), "Webhook has been created")


def _try(request: Request, webhook: Webhook, clock: Clock) -> None:
    delivery = _sender_of(request).send(webhook, trial(webhook.events[0], webhook.group_id, clock))
    if not delivery.succeeded:
        raise InvalidInputError(f"url: the test event was not taken: {delivery.message}; or send active: false")


def _sender_of(request: Request) -> WebhookSender:
    sender: WebhookSender = request.app.state.sender
    return sender


def _webhook_of(account: Account, webhook_id: str) -> Webhook:
    if webhook_id not in account.webhooks:
        raise NotFoundError("Webhook", webhook_id)
    return account.webhooks[webhook_id]


def _shown(webhook: Webhook) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": webhook.id,
        "type": webhook.type,
        "url": webhook.url,
        "events": list(webhook.events),
        "active": webhook.active,
        "created_at": stamp(webhook.created_at),
        "created_by": webhook.created_by,
    }
    if webhook.secret:
        shown["secret"] = MASKED
    if webhook.group_id is not None:
        shown["group_id"] = webhook.group_id
    return shown

"""Connections: listed, made, shown, changed and deleted."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from fivetran_local.api.bodies import body_of
from fivetran_local.api.composition import Local
from fivetran_local.api.connection_object import connection_object
from fivetran_local.api.connection_requests import ConnectionPatch, NewConnectionBody
from fivetran_local.api.envelope import success
from fivetran_local.api.pagination import Page, Paged, order
from fivetran_local.connect_card import Card, card_token, card_uri
from fivetran_local.connections import NewConnection
from fivetran_local.errors import NotFoundError
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.syncing.view import ConnectionView

router = APIRouter()


@router.get("/v1/connections")
async def list_connections(
    local: Local,
    page: Paged,
    group_id: Annotated[str | None, Query()] = None,
    schema: Annotated[str | None, Query()] = None,
) -> Response:
    """List the connections, or those of a group or a name."""
    return success(_page(page, local.connections.all(group_id=group_id, schema=schema)))


@router.get("/v1/groups/{group_id}/connections")
async def list_connections_of_group(
    local: Local, page: Paged, group_id: str, schema: Annotated[str | None, Query()] = None
) -> Response:
    """List the connections of a group, or the one of a name."""
    if group_id not in local.connections.store.account.groups:
        raise NotFoundError("Group", group_id)
    return success(_page(page, local.connections.all(group_id=group_id, schema=schema)))


@router.post("/v1/connections")
def create_connection(
    local: Local, body: Annotated[NewConnectionBody, Depends(body_of(NewConnectionBody))]
) -> Response:
    """Make a connection, and call its function with a setup test unless that is not wanted."""
    view = local.connections.create(
        NewConnection(
            group_id=body.group_id,
            service=body.service,
            config=body.config,
            settings=body.settings(),
            run_setup_tests=body.run_setup_tests,
        )
    )
    shown = connection_object(view, with_tests=body.run_setup_tests)
    if body.connect_card_config:
        card = Card(view.settings.id, body.connect_card_config.redirect_uri, body.connect_card_config.hide_setup_guide)
        shown["connect_card"] = connect_card(local, card)
    return success(shown, "Connection has been created", status=201)


@router.get("/v1/connections/{connection_id}")
async def connection_details(local: Local, connection_id: str) -> Response:
    """Show a connection. It is what clients poll, so nothing is waited for."""
    return success(connection_object(local.connections.get(connection_id)))


@router.patch("/v1/connections/{connection_id}")
def modify_connection(
    local: Local, connection_id: str, body: Annotated[ConnectionPatch, Depends(body_of(ConnectionPatch))]
) -> Response:
    """Change a connection. As with Fivetran, setup tests are run only where the configuration is among the changes."""
    connections = local.connections
    tested = bool(body.config) and body.run_setup_tests
    connections.update(
        connection_id,
        config=body.config or None,
        run_setup_tests=tested,
        **body.changes(connections.settings(connection_id)),
    )
    if body.is_historical_sync:
        connections.resync(connection_id)
    view = connections.get(connection_id)
    return success(connection_object(view, with_tests=tested), "Connection has been updated")


@router.delete("/v1/connections/{connection_id}")
def delete_connection(local: Local, connection_id: str) -> Response:
    """Delete a connection; its rows stay."""
    local.connections.delete(connection_id)
    return success(message=f"Connection with id '{connection_id}' has been deleted")


def connect_card(local: LocalFivetran, card: Card) -> dict[str, str]:
    """Return a new link to a card, as answers have it."""
    token = card_token(local, card)
    return {"token": token, "uri": card_uri(local, token)}


def _page(page: Page, views: Iterable[ConnectionView]) -> dict[str, Any]:
    return page.of(
        "connections", views, lambda view: order(view.settings.created_at, view.settings.id), connection_object
    )

"""What is done with a connection: sync, re-sync, test, its state, and the card that lets somebody else set it up."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from fivetran_local.api.bodies import body_of
from fivetran_local.api.composition import Local
from fivetran_local.api.connection_object import connection_object
from fivetran_local.api.connection_requests import ConnectCardBody, ResyncBody, SetupTestBody, StateBody, SyncBody
from fivetran_local.api.connections import connect_card
from fivetran_local.api.envelope import answer, success
from fivetran_local.connect_card import Card, card_token
from fivetran_local.errors import InvalidInputError

router = APIRouter()


@router.post("/v1/connections/{connection_id}/sync")
def sync_connection(
    local: Local, connection_id: str, body: Annotated[SyncBody, Depends(body_of(SyncBody, may_be_absent=True))]
) -> Response:
    """Start a sync: nothing happens while one is running, unless it is forced. A paused connection syncs later."""
    local.connections.sync(connection_id, force=body.force)
    return success(message=f"Sync has been successfully triggered for connection with id '{connection_id}'")


@router.post("/v1/connections/{connection_id}/resync")
def resync_connection(
    local: Local, connection_id: str, body: Annotated[ResyncBody, Depends(body_of(ResyncBody, may_be_absent=True))]
) -> Response:
    """Sync everything anew. A function has one state for all of its tables, so there is no scope."""
    local.connections.settings(connection_id)
    if body.scope is not None:
        problem = "a function's connection is re-synced as a whole" if body.scope else "it is empty"
        raise InvalidInputError(f"scope: {problem}: leave it out")
    local.connections.resync(connection_id)
    return success(message=f"Re-sync has been successfully triggered for connection with id '{connection_id}'")


@router.post("/v1/connections/{connection_id}/test")
def run_setup_tests(
    local: Local, connection_id: str, body: Annotated[SetupTestBody, Depends(body_of(SetupTestBody))]
) -> Response:
    """Call the function with a setup test."""
    del body  # it has to be there; nothing is trusted by asking for it
    local.connections.test(connection_id)
    view = local.connections.get(connection_id)
    return success(connection_object(view, with_tests=True), "Setup tests have been completed")


@router.get("/v1/connections/{connection_id}/state")
def connection_state(local: Local, connection_id: str) -> Response:
    """Show the state that the next sync goes on from."""
    return success({"state": local.connections.state(connection_id)}, "Connection state retrieved successfully")


@router.patch("/v1/connections/{connection_id}/state")
def modify_connection_state(
    local: Local, connection_id: str, body: Annotated[StateBody, Depends(body_of(StateBody))]
) -> Response:
    """Replace it."""
    state = local.connections.set_state(connection_id, dict(body.state))
    return success({"state": state}, "Connection state has been updated")


@router.post("/v1/connections/{connection_id}/connect-card")
async def new_connect_card(
    local: Local, connection_id: str, body: Annotated[ConnectCardBody, Depends(body_of(ConnectCardBody))]
) -> Response:
    """Give a link to the page on which somebody without an account sets the connection up."""
    local.connections.settings(connection_id)
    config = body.connect_card_config
    card = Card(connection_id, config.redirect_uri, config.hide_setup_guide)
    shown = {
        "connector_id": connection_id,
        "connect_card": connect_card(local, card),
        "connect_card_config": config.model_dump(),
    }
    return success(shown)


@router.post("/v1/connections/{connection_id}/connect-card-token")
async def old_connect_card_token(local: Local, connection_id: str) -> Response:
    """Give the bare token of such a link, as the API did for older clients."""
    local.connections.settings(connection_id)
    return answer(200, {"token": card_token(local, Card(connection_id, ""))})

"""The REST API as one application, behind its front."""

from typing import Final

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from fivetran_local.api import (
    account,
    connection_actions,
    connections,
    connector_types,
    destinations,
    groups,
    metadata_tables,
    schemas,
    unserved,
    users,
    webhooks,
)
from fivetran_local.api.envelope import ApiError, answer, failure
from fivetran_local.api.front import Front
from fivetran_local.errors import LocalFivetranError
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.webhooks import WebhookSender

FAMILIES: Final = ("/v1", "/v2", "/public")
_PARTS: Final = (
    connections,
    connection_actions,
    schemas,
    groups,
    destinations,
    users,
    account,
    connector_types,
    metadata_tables,
    webhooks,
)


def api(local: LocalFivetran, sender: WebhookSender | None = None) -> APIRouter:
    """Return the REST API as routes that take everything below `FAMILIES`.

    It is an application of its own behind them, so that whatever it answers, an unknown path included, has the form
    that clients of Fivetran read.

    Args:
        local: what it answers for.
        sender: sends webhooks; None for one of its own.
    """
    front = Front(application(local, sender), local.credentials)
    router = APIRouter()
    router.routes.extend(Route(f"{family}{{rest:path}}", front, include_in_schema=False) for family in FAMILIES)
    return router


def application(local: LocalFivetran, sender: WebhookSender | None = None) -> FastAPI:
    """Return the API without its front."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.local, app.state.sender = local, sender or WebhookSender()
    for router in (*served(), unserved.unserved()):
        app.include_router(router)
    app.add_exception_handler(ApiError, _failed)
    app.add_exception_handler(LocalFivetranError, _failed)
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_exception_handler(Exception, _broken)
    return app


def served() -> tuple[APIRouter, ...]:
    """Return the routes that do what Fivetran's do."""
    return tuple(part.router for part in _PARTS)


async def _failed(_: Request, error: Exception) -> Response:
    return failure(error)


async def _not_routed(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return failure(ApiError(error.status_code, f"HTTP {error.status_code} {error.detail}", headers=error.headers))


async def _broken(_: Request, error: Exception) -> Response:
    """Answer for a defect of this program; its text, which may hold anything, goes to the server's own log only."""
    return answer(500, {"code": "InternalError", "message": f"unexpected {type(error).__name__}"})

"""The pages as one router: every page needs a session, except those that say otherwise."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.pages import (
    actions,
    card,
    connection,
    creating,
    editing,
    files,
    listing,
    live,
    log,
    schema,
    setup,
    signing_in,
    state,
)
from fivetran_local.pages.site import Site


def pages(local: LocalFivetran, *, services_file: Path) -> APIRouter:
    """Return the routes of all pages. The application's `state.leaving` is an event that ends the streams they open.

    Args:
        local: what they show and change.
        services_file: the catalogue that "add connection" is drawn from.
    """
    site = Site(local, services_file)
    router = APIRouter(include_in_schema=False)
    for part in (
        files,
        signing_in,
        card,
        listing,
        live,
        creating,
        setup,
        connection,
        actions,
        schema,
        log,
        state,
        editing,
    ):
        router.include_router(part.routes(site))
    router.add_api_route("/{rest:path}", _nothing(site), methods=["GET"])
    return router


def _nothing(site: Site) -> Callable[[Request], Response]:
    """Return what answers wherever nothing else does: a page for a browser, and JSON for others."""

    def nothing(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            text = "The list of connections leads to all there are."
            return site.problem(request, 404, "There is no such page", text, "/")
        return JSONResponse({"detail": "Not Found"}, 404)

    return nothing

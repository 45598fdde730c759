"""A connection's first page: what it is doing, the running sync, and the syncs before it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.pages.about import about
from fivetran_local.pages.site import Site


def routes(site: Site) -> APIRouter:
    """Return the page, and those that ask before something is done that cannot be undone."""
    router = site.router()

    @router.get("/connections/{connection_id}")
    def overview(connection_id: str, request: Request) -> Response:
        return site.page(request, "overview.html", about=about(site, connection_id))

    @router.get("/connections/{connection_id}/resync")
    def ask_to_resync(connection_id: str, request: Request) -> Response:
        return site.page(request, "resync.html", about=about(site, connection_id))

    @router.get("/connections/{connection_id}/delete")
    def ask_to_delete(connection_id: str, request: Request) -> Response:
        return site.page(request, "delete.html", about=about(site, connection_id), error="")

    return router

"""What the buttons of a connection do."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.account.settings import SetupTestStatus
from fivetran_local.pages.about import about
from fivetran_local.pages.forms import SentForm
from fivetran_local.pages.site import Site


def routes(site: Site) -> APIRouter:
    """Return what is done when a button is pressed; each leads to the page that shows what came of it."""
    router = site.router()

    @router.post("/connections/{connection_id}/sync")
    def sync(connection_id: str) -> Response:
        site.connections.sync(connection_id)
        return site.see(f"/connections/{connection_id}", "syncing")

    @router.post("/connections/{connection_id}/pause")
    def pause(connection_id: str) -> Response:
        site.connections.update(connection_id, paused=True)
        return site.see(f"/connections/{connection_id}", "paused")

    @router.post("/connections/{connection_id}/resume")
    def resume(connection_id: str) -> Response:
        site.connections.update(connection_id, paused=False)
        return site.see(f"/connections/{connection_id}", "resumed")

    @router.post("/connections/{connection_id}/resync")
    def resync(connection_id: str) -> Response:
        site.connections.resync(connection_id)
        if site.connections.settings(connection_id).paused:
            site.connections.update(connection_id, paused=False)
        return site.see(f"/connections/{connection_id}", "resync")

    @router.post("/connections/{connection_id}/test")
    def test(connection_id: str, form: SentForm) -> Response:
        tests = site.connections.test(connection_id)
        failed = any(test.status is SetupTestStatus.FAILED for test in tests)
        page = "/setup" if form.raw("from") == "setup" else "/settings"
        return site.see(f"/connections/{connection_id}{page}", "failed" if failed else "passed")

    @router.post("/connections/{connection_id}/start")
    def start(connection_id: str) -> Response:
        site.connections.update(connection_id, paused=False)
        site.connections.sync(connection_id)
        return site.see(f"/connections/{connection_id}/setup")

    @router.post("/connections/{connection_id}/delete")
    def delete(connection_id: str, request: Request, form: SentForm) -> Response:
        one = about(site, connection_id)
        if form.text("name") != one.name:
            error = f"Type {one.name} to delete it."
            return site.page(request, "delete.html", 400, about=one, error=error)
        site.connections.delete(connection_id)
        return site.see("/", "deleted")

    return router

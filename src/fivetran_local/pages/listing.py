"""The first page: all connections, each with what it is doing."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.errors import NotFoundError
from fivetran_local.pages.about import About, about
from fivetran_local.pages.site import Site


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()

    @router.get("/")
    def connections(request: Request) -> Response:
        group = request.query_params.get("group", "")
        groups = site.connections.store.account.groups
        abouts = listed(site, group)
        return site.page(request, "list.html", abouts=abouts, groups=groups, group=group, functions=_functions(site))

    return router


def listed(site: Site, group: str = "") -> list[About]:
    """Return all connections, or those of a group, in the order in which they were made."""
    services = site.known_services()
    found = []
    for view in site.connections.all(group_id=group or None):
        try:
            found.append(about(site, view.settings.id, services))
        except NotFoundError:  # deleted just now
            continue
    return found


def _functions(site: Site) -> dict[str, str]:
    return dict(site.connections.functions.addresses())

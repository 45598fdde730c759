"""What all pages share: the local Fivetran behind them, templates, the session, and what happens when one fails."""

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fivetran_local.connections import Connections
from fivetran_local.errors import ConflictError, IllegalStateError, InvalidInputError, LocalFivetranError, NotFoundError
from fivetran_local.http_status import status_of
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.pages.history import Histories
from fivetran_local.pages.rendering import Templates
from fivetran_local.pages.session import Session, is_from_elsewhere, is_from_here
from fivetran_local.services import Service, read_services
from fivetran_local.strict_yaml import YamlError

_READING: Final = frozenset({"GET", "HEAD"})

_SAID: Final = {
    "created": "The connection was created. It is paused.",
    "saved": "Saved.",
    "syncing": "The sync was asked for.",
    "resync": "The re-sync was asked for.",
    "paused": "Paused. A sync that is running goes on to its end.",
    "resumed": "Resumed.",
    "passed": "All setup tests passed.",
    "failed": "A setup test failed. The reason stands below.",
    "state": "The state was replaced.",
    "schema": "Saved. It holds from the next sync on.",
    "schema-resync": "Saved. A re-sync loads what was left out so far.",
    "deleted": "The connection was deleted. Its rows stay in the warehouse.",
}
"""What a page says after a form was sent, by the word in its address."""

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Site:
    """Renders pages and guards them.

    Args:
        local: what is shown and changed.
        services_file: the catalogue of services.
    """

    def __init__(self, local: LocalFivetran, services_file: Path) -> None:
        self.local = local
        self.session = Session(local)
        self.templates = Templates()
        self.histories = Histories(local.connections)
        self._services_file = services_file
        self._services: tuple[tuple[int, int], Mapping[str, Service]] | None = None

    @property
    def connections(self) -> Connections:
        """The connections."""
        return self.local.connections

    def services(self) -> Mapping[str, Service]:
        """Return the services of the catalogue as its file now stands.

        Raises:
            YamlError: it cannot be read, or something in it is not legal.
        """
        version = _version(self._services_file)
        known = self._services
        if known is None or known[0] != version:
            self._services = known = (version, read_services(self._services_file))
        return known[1]

    def known_services(self) -> Mapping[str, Service]:
        """Return the services of the catalogue for their names and colors only: none where it cannot be read."""
        try:
            return self.services()
        except YamlError:
            return {}

    def router(self, *, open_to_all: bool = False) -> APIRouter:
        """Return a router whose pages need a session, are answered from here only, and fail as pages."""
        return APIRouter(route_class=_guarded(self, open_to_all=open_to_all))

    def page(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        forms_lead_to: str = "",
        **context: object,
    ) -> HTMLResponse:
        """Return a page.

        Args:
            request: what asked for it.
            template: its name.
            status: of HTTP.
            forms_lead_to: the origin of another site that a form of this page may end at.
            context: what the template shows.
        """
        said = _SAID.get(request.query_params.get("said", ""), "")
        html = self.templates.render(
            template, said=said, here=request.url.path, signed_in=self.session.is_open(request), **context
        )
        policy = f"{_POLICY} {forms_lead_to}" if forms_lead_to else _POLICY
        return HTMLResponse(html, status, {**_HEADERS, "Content-Security-Policy": policy})

    def problem(self, request: Request, status: int, title: str, text: str, back: str = "") -> HTMLResponse:
        """Return a page that says what went wrong and where to go from there."""
        return self.page(request, "problem.html", status, title=title, text=text, back=back)

    def see(self, address: str, said: str = "") -> RedirectResponse:
        """Send the browser on to a page, which then says what was done."""
        return RedirectResponse(f"{address}?said={said}" if said else address, 303, _HEADERS)


_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _guarded(site: Site, *, open_to_all: bool) -> type[APIRoute]:
    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                if request.method not in _READING and not is_from_here(request):
                    text = (
                        "It did not come from a page of this server, so nothing was done. Open the page and try again."
                    )
                    return site.problem(request, 403, "This request was refused", text, "/")
                if not open_to_all and "token" in request.query_params:
                    return _with_token(site, request)
                if not open_to_all and not site.session.is_open(request):
                    return _without_session(site, request)
                try:
                    return await handle(request)
                except LocalFivetranError as error:
                    return _failed(site, request, error)

            return answer

    return Guarded


def _version(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:  # reading it says what is wrong
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _with_token(site: Site, request: Request) -> Response:
    """Open a session, and leave the token out of the address that the browser shows and remembers."""
    if not site.session.accepts(request.query_params["token"]):
        error = "The token in the address is not the one of this local Fivetran."
        return site.page(request, "sign_in.html", 401, leads_to=request.url.path, error=error)
    response = site.see(request.url.path)
    site.session.open(response)
    return response


def _without_session(site: Site, request: Request) -> Response:
    if request.url.path.endswith("/events"):
        return Response(status_code=204, headers=_HEADERS)  # ends the stream, and the browser asks no more
    if is_from_elsewhere(request):
        # The cookie is not sent where a link of another site leads here; it is when this page leads on to itself.
        return site.page(request, "hop.html", address=str(request.url.path))
    return site.page(request, "sign_in.html", 401, leads_to=request.url.path, error="")


def _failed(site: Site, request: Request, error: LocalFivetranError) -> HTMLResponse:
    back = request.headers.get("referer", "")
    back = back.removeprefix(site.local.url) if back.startswith(f"{site.local.url}/") else "/"
    match error:
        case NotFoundError():
            title, back = "There is no such thing here", "/"
        case InvalidInputError():
            title = "Something in the form is wrong"
        case ConflictError() | IllegalStateError():
            title = "Not now"
        case _:
            title = "This did not work"
    return site.problem(request, status_of(error), title, str(error), back)

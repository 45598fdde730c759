"""The connect card: one connection's form and test for somebody without a session, who then goes back to a site."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fivetran_local.account.settings import SetupTestStatus
from fivetran_local.connect_card import Card, card_token, card_uri, read_card
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.pages.about import about
from fivetran_local.pages.config_form import Shown, entered_config, refilled, shown_fields, with_error
from fivetran_local.pages.editing import service_of
from fivetran_local.pages.forms import SentForm
from fivetran_local.pages.site import Site

_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-_:\[\]]+")


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router(open_to_all=True)

    @router.get("/connect-card")
    def card(request: Request) -> Response:
        found = _read(site, request)
        return found if isinstance(found, Response) else _form(site, request, found)

    @router.post("/connect-card")
    def save_and_test(request: Request, form: SentForm) -> Response:
        found = _read(site, request)
        if isinstance(found, Response):
            return found
        settings = site.connections.settings(found.connection_id)
        service = service_of(site, settings)
        try:
            config = entered_config(service, form, new=False)
            view = site.connections.update(found.connection_id, config=config, run_setup_tests=True)
        except InvalidInputError as error:
            shown, other = with_error(refilled(shown_fields(service, settings.config), form), error)
            return _form(site, request, found, shown, error=other, status=422)
        if any(test.status is SetupTestStatus.FAILED for test in view.settings.setup_tests):
            return _form(site, request, found, tested=True, status=422)
        back = _back(found)
        if request.headers.get("x-inline"):  # a script may not follow a redirect to another site, and goes there itself
            return Response(status_code=204, headers={"X-Go-On": back})
        return RedirectResponse(back, 303)

    @router.get("/connect-card/done")
    async def done(request: Request) -> Response:
        return site.page(request, "card_done.html")

    router.include_router(_making(site))
    return router


def _making(site: Site) -> APIRouter:
    router = site.router()

    @router.post("/connections/{connection_id}/setup/card")
    def make(connection_id: str, request: Request) -> Response:
        one = about(site, connection_id)
        token = card_token(site.local, Card(connection_id, f"{site.local.url}/connect-card/done"))
        return site.page(request, "card_link.html", about=one, link=card_uri(site.local, token))

    return router


def _read(site: Site, request: Request) -> Card | Response:
    try:
        card = read_card(site.local, request.query_params.get("auth", ""))
        site.connections.settings(card.connection_id)
    except (InvalidInputError, NotFoundError):
        text = "It was changed on its way, is too old, or its connection is no more. Ask whoever sent it for a new one."
        return site.problem(request, 403, "This link does not work", text)
    return card


def _form(
    site: Site,
    request: Request,
    card: Card,
    fields: Sequence[Shown] = (),
    *,
    error: str = "",
    tested: bool = False,
    status: int = 200,
) -> Response:
    settings = site.connections.settings(card.connection_id)
    service = service_of(site, settings)
    return site.page(
        request,
        "card.html",
        status,
        forms_lead_to=_origin(card.redirect_uri),
        settings=settings,
        service=service,
        addresses={},
        known=site.known_services(),
        fields=fields or shown_fields(service, settings.config),
        error=error,
        tested=tested,
        hide_guide=card.hide_setup_guide,
        auth=request.query_params.get("auth", ""),
    )


def _back(card: Card) -> str:
    """Return where the card's user goes on, told which connection was set up."""
    parts = urlsplit(card.redirect_uri)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("id", card.connection_id)]
    return parts._replace(query=urlencode(query)).geturl()


def _origin(address: str) -> str:
    """Return the origin of an address, which a form that ends there has to be allowed to lead to."""
    found = _ORIGIN.match(address)
    return found[0] if found else ""

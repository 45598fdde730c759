"""Signing in: by the link that `serve` prints, or with what stands in the credentials' file; and signing out."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.pages.forms import SentForm
from fivetran_local.pages.site import Site


def routes(site: Site) -> APIRouter:
    """Return the pages of signing in and out."""
    router = site.router(open_to_all=True)

    @router.post("/sign-in")
    async def sign_in(request: Request, form: SentForm) -> Response:
        if not site.session.accepts(form.raw("word")):
            error = "That is neither the token nor the API secret of this local Fivetran."
            return site.page(request, "sign_in.html", 401, leads_to=_own_page(form.raw("leads_to")), error=error)
        response = site.see(_own_page(form.raw("leads_to")))
        site.session.open(response)
        return response

    @router.post("/sign-out")
    async def sign_out() -> Response:
        response = site.see("/")
        site.session.close(response)
        return response

    return router


def _own_page(address: str) -> str:
    r"""Return an address of this server, whatever was sent: "//elsewhere" and "/\elsewhere" lead to other servers."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if own else "/"

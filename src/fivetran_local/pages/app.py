"""The pages as one router: every page needs a session, except those that say otherwise."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter

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
from fivetran_local.services import SERVICES_FILE

_CHECKOUT: Final = Path(__file__).resolve().parents[3]


def pages(local: LocalFivetran, *, services_file: Path | None = None) -> APIRouter:
    """Return the routes of all pages. The application's `state.leaving` is an event that ends the streams they open.

    Args:
        local: what they show and change.
        services_file: the catalogue that "add connection" is drawn from; `services.yaml` of this checkout by default.
    """
    site = Site(local, services_file or _CHECKOUT / SERVICES_FILE)
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
    return router

"""A connection's settings: its form once more, and its schedule."""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.account.schedule_settings import checked_schedule
from fivetran_local.account.settings import SYNC_FREQUENCIES, ConnectionSettings, ScheduleType, SetupTestStatus
from fivetran_local.errors import InvalidInputError
from fivetran_local.pages.about import about
from fivetran_local.pages.config_form import Shown, entered_config, refilled, shown_fields, with_error
from fivetran_local.pages.forms import Form, SentForm
from fivetran_local.pages.site import Site
from fivetran_local.services import Service


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()

    @router.get("/connections/{connection_id}/settings")
    def settings(connection_id: str, request: Request) -> Response:
        return _settings(site, request, connection_id)

    @router.post("/connections/{connection_id}/settings")
    def save(connection_id: str, request: Request, form: SentForm) -> Response:
        service = service_of(site, site.connections.settings(connection_id))
        try:
            view = site.connections.update(
                connection_id, config=entered_config(service, form, new=False), run_setup_tests=form.has("test")
            )
        except InvalidInputError as error:
            fields = refilled(shown_fields(service, site.connections.settings(connection_id).config), form)
            shown, other = with_error(fields, error)
            return _settings(site, request, connection_id, shown, error=other, status=422)
        page = "setup" if form.raw("from") == "setup" else "settings"
        failed = any(test.status is SetupTestStatus.FAILED for test in view.settings.setup_tests)
        said = ("failed" if failed else "passed") if form.has("test") else "saved"
        return site.see(f"/connections/{connection_id}/{page}", said)

    @router.post("/connections/{connection_id}/schedule")
    def schedule(connection_id: str, request: Request, form: SentForm) -> Response:
        try:
            site.connections.update(connection_id, **_schedule(form))
        except InvalidInputError as error:
            return _settings(site, request, connection_id, schedule_error=str(error), status=422)
        return site.see(f"/connections/{connection_id}/settings", "saved")

    return router


def service_of(site: Site, settings: ConnectionSettings) -> Service:
    """Return the service of a connection; one without fields where the catalogue has it no more."""
    key = settings.service
    found = site.known_services().get(key)
    return found or Service(key, key, "#666666", internal=True, requires_schema_prefix=False, category="")


def _settings(
    site: Site,
    request: Request,
    connection_id: str,
    fields: Sequence[Shown] = (),
    *,
    error: str = "",
    schedule_error: str = "",
    status: int = 200,
) -> Response:
    one = about(site, connection_id)
    return site.page(
        request,
        "settings.html",
        status,
        about=one,
        fields=fields or shown_fields(service_of(site, one.view.settings), one.view.settings.config),
        addresses=site.connections.functions.addresses(),
        frequencies=SYNC_FREQUENCIES,
        error=error,
        schedule_error=schedule_error,
        came_from=request.query_params.get("from", ""),
    )


def _schedule(form: Form) -> dict[str, Any]:
    minutes = form.text("sync_frequency")
    return checked_schedule(
        {
            "schedule_type": form.text("schedule_type") or ScheduleType.AUTO,
            "sync_frequency": int(minutes) if re.fullmatch(r"[0-9]{1,9}", minutes) else minutes,
            "daily_sync_time": form.text("daily_sync_time") or None,
        }
    )

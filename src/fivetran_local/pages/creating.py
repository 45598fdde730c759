"""Adding a connection: which service, then its form; the connection is made paused, and its set-up goes on."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.connections import NewConnection
from fivetran_local.errors import ConflictError, InvalidInputError, NotFoundError
from fivetran_local.function_config import trigger_of
from fivetran_local.functions import FunctionHere
from fivetran_local.pages.config_form import Shown, entered_config, refilled, shown_fields, with_error
from fivetran_local.pages.forms import Form, SentForm
from fivetran_local.pages.site import Site
from fivetran_local.services import Service


def routes(site: Site) -> APIRouter:
    """Return the pages."""
    router = site.router()

    @router.get("/connections/new")
    def services(request: Request) -> Response:
        offered = [service for service in site.services().values() if not service.internal]
        return site.page(request, "services.html", services=offered, known=site.known_services())

    @router.get("/connections/new/{key}")
    def empty_form(key: str, request: Request) -> Response:
        known = site.services().get(key)
        if known is not None and not known.internal and not known.runs_here:
            title = f"{known.name}: not on this machine"
            text = (
                f"The reason: {known.why_not}. `./fivetran connection create SCHEMA --service {key}` makes one "
                "at Fivetran itself, with the key of an account there."
            )
            return site.problem(request, 200, title, text, "/connections/new")
        service = _offered(site, key)
        return _form(site, request, service, shown_fields(service, None))

    @router.post("/connections/new/{key}")
    def create(key: str, request: Request, form: SentForm) -> Response:
        service = _offered(site, key)
        group = form.raw("group") or next(iter(site.connections.store.account.groups))
        try:
            if later := form.has("later"):
                config = service.config(form.text("schema"), {})
            else:
                config = _with_simulated(site, entered_config(service, form, new=True), form)
            new = NewConnection(
                group_id=group, service=key, config=config, settings={"paused": True}, run_setup_tests=not later
            )
            view = site.connections.create(new)
        except (InvalidInputError, ConflictError) as error:
            fields = refilled(shown_fields(service, None), form)
            shown, other = with_error(fields, InvalidInputError(str(error)))
            return _form(site, request, service, shown, error=other, group=group, status=422)
        return site.see(f"/connections/{view.settings.id}/setup", "created")

    return router


def _with_simulated(site: Site, config: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return a configuration whose secrets are those of its function's simulated source, where that was asked for.

    They go from here to there, so that no page has to show them.
    """
    if not form.has("simulated"):
        return config
    settings = next((one.configuration for one in simulated(site) if one.url == trigger_of(config)), None)
    if not settings:
        raise InvalidInputError("config.function_trigger: the source of no function at this address is simulated")
    entered = config.get("secrets_list") or []
    missing = settings.keys() - {pair["key"] for pair in entered}
    pairs = [{"key": key, "value": value} for key, value in settings.items() if key in missing]
    return {**config, "secrets_list": [*entered, *pairs]}


def simulated(site: Site) -> list[FunctionHere]:
    """Return the functions of this machine whose source is simulated."""
    return [function for function in site.connections.functions.described() if function.configuration]


def _offered(site: Site, key: str) -> Service:
    service = site.services().get(key)
    if service is None or service.internal or not service.runs_here:
        raise NotFoundError("Service", key)
    return service


def _form(
    site: Site,
    request: Request,
    service: Service,
    fields: Sequence[Shown],
    *,
    error: str = "",
    group: str = "",
    status: int = 200,
) -> Response:
    return site.page(
        request,
        "new.html",
        status,
        service=service,
        fields=fields,
        error=error,
        simulated=simulated(site),
        addresses=site.connections.functions.addresses(),
        groups=site.connections.store.account.groups,
        group=group,
        known=site.known_services(),
    )

"""A connection's state: shown as JSON, and replaced by hand where a sync is to go on from elsewhere."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.errors import ConflictError, IllegalStateError, WarehouseError
from fivetran_local.pages.about import about
from fivetran_local.pages.forms import SentForm
from fivetran_local.pages.site import Site


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()

    @router.get("/connections/{connection_id}/state")
    def shown(connection_id: str, request: Request) -> Response:
        try:
            text = _pretty(site.connections.state(connection_id))
        except (WarehouseError, IllegalStateError) as error:
            return _page(site, request, connection_id, "", str(error), status=200)
        return _page(site, request, connection_id, text)

    @router.post("/connections/{connection_id}/state")
    def replaced(connection_id: str, request: Request, form: SentForm) -> Response:
        text = form.raw("state")
        state, problem = _read(text)
        if problem:
            return _page(site, request, connection_id, text, problem, status=422)
        try:
            site.connections.set_state(connection_id, state)
        except (ConflictError, IllegalStateError, WarehouseError) as error:
            return _page(site, request, connection_id, text, str(error), status=409)
        return site.see(f"/connections/{connection_id}/state", "state")

    return router


def _page(
    site: Site, request: Request, connection_id: str, text: str, problem: str = "", *, status: int = 200
) -> Response:
    one = about(site, connection_id)
    return site.page(request, "state.html", status, about=one, text=text, problem=problem)


def _read(text: str) -> tuple[dict[str, Any], str]:
    try:
        state = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return {}, f"That is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
    except RecursionError:
        return {}, "That is nested too deeply."
    except ValueError as error:
        return {}, f"That is not JSON: {error}."
    if not isinstance(state, dict):
        return {}, "A state is a JSON object, such as {}."
    try:
        _pretty(state).encode()
    except UnicodeEncodeError:
        return {}, r"Half of a surrogate pair, such as \ud83d alone, is no character."
    return state, ""


def _no_constant(name: str) -> None:
    raise ValueError(f"there is no {name} in JSON")


def _pretty(state: object) -> str:
    return json.dumps(state, indent=2, ensure_ascii=False)

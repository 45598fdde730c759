"""The routes of the control door, and the layer in front of the API in which faults happen and requests are noted."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fivetran_local.control.faults import Faults, Rule, spoil
from fivetran_local.control.requests_seen import RequestsSeen
from fivetran_local.control.resetting import reset
from fivetran_local.control.seed import seed
from fivetran_local.errors import InvalidInputError, LocalFivetranError
from fivetran_local.http_status import status_of
from fivetran_local.json_text import compact
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.model_errors import first_in_words
from fivetran_local.strict_yaml import MOST_BYTES

PREFIX: Final = "/_local"
TOKEN_HEADER: Final = "X-Control-Token"  # noqa: S105  # a header's name

_API: Final = ("/v1", "/v2")
_YEAR_SECONDS: Final = 366 * 86400.0

Handler = Callable[[Request], Awaitable[Response]]


class _Move(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    advance_seconds: Annotated[float, Field(ge=0, le=_YEAR_SECONDS)]


class ControlDoor:
    """The control door of one local Fivetran.

    Args:
        local: what it controls.
        token: who sends it may pass.
        canonical: gives the usual spelling of one of the API's paths.
    """

    def __init__(self, local: LocalFivetran, token: str, canonical: Callable[[str], str]) -> None:
        self._local = local
        self._token = token.encode()
        self._faults = Faults(local.connections.syncs.reschedules, canonical)
        self._seen = RequestsSeen()

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return an application behind the faults, with its requests noted."""

        async def spoiled(scope: Scope, receive: Receive, send: Send) -> None:
            rule = self._faults.take(scope["method"], scope["path"])
            await (spoil(rule, app, scope, receive, send) if rule else app(scope, receive, send))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            is_api = scope["type"] == "http" and scope["path"].startswith(_API)
            await (self._seen.watch(spoiled, scope, receive, send) if is_api else app(scope, receive, send))

        return answer

    def router(self) -> APIRouter:
        """Return the door's routes."""
        router = APIRouter(prefix=PREFIX, route_class=_guarded(self._token), include_in_schema=False)
        for add_routes in (self._account_routes, self._fault_routes, self._request_routes):
            add_routes(router)

        @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        async def nothing(rest: str) -> Response:
            del rest
            return _answer({"message": "there is no such thing at the control door; docs/serve.md lists what is"}, 404)

        return router

    def _account_routes(self, router: APIRouter) -> None:
        local = self._local

        @router.post("/reset")
        def start_anew() -> Response:
            self._faults.clear()
            self._seen.clear()
            return _answer(reset(local))

        @router.post("/seed")
        def make(text: Annotated[bytes, Depends(_body)]) -> Response:
            return _answer(seed(local, text), 201)

        @router.post("/clock")
        async def move_the_clock(text: Annotated[bytes, Depends(_body)]) -> Response:
            local.connections.clock.move(timedelta(seconds=_checked(_Move, text).advance_seconds))
            return _answer({"now": local.connections.clock.now().isoformat()})

    def _fault_routes(self, router: APIRouter) -> None:
        faults, connections = self._faults, self._local.connections

        @router.get("/faults")
        async def list_faults() -> Response:
            return _answer({"faults": faults.all()})

        @router.post("/faults")
        async def add_fault(text: Annotated[bytes, Depends(_body)]) -> Response:
            rule = _checked(Rule, text)
            if rule.kind == "rescheduled":
                connections.settings(rule.connection or "")  # raises where there is no such connection
            return _answer(faults.add(rule), 201)

        @router.delete("/faults")
        async def remove_faults() -> Response:
            faults.clear()
            return _answer({"faults": []})

    def _request_routes(self, router: APIRouter) -> None:
        seen = self._seen

        @router.get("/requests")
        async def list_requests() -> Response:
            return _answer({"requests": seen.all()})

        @router.delete("/requests")
        async def forget_requests() -> Response:
            seen.clear()
            return _answer({"requests": []})


def _guarded(token: bytes) -> type[APIRoute]:
    """Return routes that ask for the token first, and tell errors as JSON."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Any:  # noqa: ANN401  # as in FastAPI
            handle: Handler = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                sent = request.headers.get(TOKEN_HEADER, "").encode()
                if not hmac.compare_digest(sent, token):
                    return _answer({"message": f"the control door needs its token in the header {TOKEN_HEADER}"}, 401)
                try:
                    return await handle(request)
                except LocalFivetranError as error:
                    return _answer({"message": str(error)}, status_of(error))

            return guarded

    return Guarded


_Body = TypeVar("_Body", bound=BaseModel)


def _checked(model: type[_Body], text: bytes) -> _Body:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(first_in_words(error)) from None


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise InvalidInputError(f"the body is larger than {MOST_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _answer(document: object, status: int = 200) -> Response:
    return Response(compact(document), status, media_type="application/json")

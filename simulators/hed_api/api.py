"""The API's front door: /hed_data and its documentation, and the control door where one was asked for."""

import asyncio
from collections import deque
from typing import Annotated

import orjson
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from fastapi.security import APIKeyHeader

from simulators.hed_api.answers import Answer
from simulators.hed_api.control import PREFIX, control_door
from simulators.hed_api.cursors import InvalidCursorError, as_handed_out
from simulators.hed_api.faults import Faults
from simulators.hed_api.requests_seen import KEPT, RequestsSeen, SeenRequest
from simulators.hed_api.source import Source
from simulators.hed_api.specification import INTRODUCTION, RESPONSES, TITLE, page_for_people

DOCUMENT_PATH = "/hed_api_spec/openapi.json"


def build(source: Source, control_token: str | None, leaving: asyncio.Event) -> FastAPI:
    """Build the application; without a token it has no control door. `leaving` is set when the server is to end."""
    app = FastAPI(
        title=TITLE, version="1.0", description=INTRODUCTION, openapi_url=DOCUMENT_PATH, docs_url=None, redoc_url=None
    )
    faults = Faults()
    _add_data(app, source, faults, leaving)

    @app.get("/hed_api_spec", include_in_schema=False)
    async def hed_api_spec() -> HTMLResponse:
        return HTMLResponse(page_for_people(app.openapi(), DOCUMENT_PATH))

    if control_token is not None:
        seen: deque[SeenRequest] = deque(maxlen=KEPT)
        app.include_router(control_door(source, faults, seen, control_token))
        app.add_middleware(RequestsSeen, source=source, seen=seen, ignored=PREFIX)
    return app


def _add_data(app: FastAPI, source: Source, faults: Faults, leaving: asyncio.Event) -> None:
    key_sent = APIKeyHeader(name="x-api-key", auto_error=False)
    sizes = Query(ge=1, le=source.page_limit, description=f"records a page, 1 to {source.page_limit}")
    cursors = Query(description="where to go on from: next_cursor of the page before; none for the first page")

    async def check(key: Annotated[str | None, Depends(key_sent)]) -> None:
        if not source.admits(key):
            raise HTTPException(401, "the key in x-api-key is missing or wrong")

    @app.get("/hed_data", dependencies=[Depends(check)], responses=RESPONSES)
    async def hed_data(
        cursor: Annotated[str | None, cursors] = None, page_size: Annotated[int, sizes] = source.default_page_size
    ) -> Response:
        """Give one page of records, in the order in which they last changed."""
        try:
            page = source.page(cursor, page_size)
        except InvalidCursorError as error:
            raise HTTPException(400, str(error)) from error
        if not faults.armed:
            return Response(orjson.dumps(page), media_type="application/json")
        answer = Answer(
            page,
            as_handed_out(cursor) if cursor else None,
            lambda: source.cursors.seal(source.position(cursor)),
        )
        faults.spoil(answer)
        return await answer.response(leaving)

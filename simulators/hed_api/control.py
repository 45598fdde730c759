"""The control door, `/_control/...`: changes, additions, faults and a look at what was asked."""

from collections import deque
from dataclasses import asdict
from hmac import compare_digest
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, HTTPException
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field

from simulators.hed_api.faults import Faults, UnknownFaultError, read_fault
from simulators.hed_api.history import MOST_AT_ONCE
from simulators.hed_api.requests_seen import SeenRequest
from simulators.hed_api.source import Source

PREFIX: Final = "/_control"


class HowMany(BaseModel):
    """How many rows to change or to add."""

    model_config = ConfigDict(extra="forbid", strict=True)
    rows: int = Field(ge=1, le=MOST_AT_ONCE)


def control_door(source: Source, faults: Faults, seen: deque[SeenRequest], token: str) -> APIRouter:
    """Give the door's routes, all behind its token and none of them in the API's own documentation."""
    given = APIKeyHeader(name="x-control-token", auto_error=False)

    async def check(token_sent: Annotated[str | None, Depends(given)]) -> None:
        if not compare_digest((token_sent or "").encode(), token.encode()):
            raise HTTPException(401, "the control door needs its token in the header x-control-token")

    router = APIRouter(prefix=PREFIX, dependencies=[Depends(check)], include_in_schema=False)
    _data_routes(router, source)
    _fault_routes(router, faults)

    @router.get("/requests")
    async def requests() -> list[dict[str, Any]]:
        return [asdict(request) for request in seen]

    @router.delete("/requests")
    async def forget_requests() -> list[dict[str, Any]]:
        seen.clear()
        return []

    return router


def _data_routes(router: APIRouter, source: Source) -> None:
    @router.get("/state")
    async def state() -> dict[str, int]:
        history = source.history
        return {"rows": history.rows, "changes": history.changes, "rows_made": history.records.made}

    @router.post("/change")
    async def change(wanted: HowMany) -> dict[str, int]:
        try:
            source.history.change(wanted.rows)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return await state()

    @router.post("/add")
    async def add(wanted: HowMany) -> dict[str, int]:
        source.history.add(wanted.rows)
        return await state()

    @router.post("/rotate_key")
    async def rotate_key() -> dict[str, str]:
        return {"api_key": source.rotate_key()}


def _fault_routes(router: APIRouter, faults: Faults) -> None:
    @router.get("/faults")
    async def armed() -> list[dict[str, Any]]:
        return [armed.described() for armed in faults.armed]

    @router.post("/fault")
    async def arm(wanted: Annotated[object, Body()] = None) -> list[dict[str, Any]]:
        try:
            faults.arm(read_fault(wanted))
        except UnknownFaultError as error:
            raise HTTPException(422, str(error)) from error
        return await armed()

    @router.delete("/faults")
    async def disarm() -> list[dict[str, Any]]:
        faults.armed.clear()
        return []

"""The last requests as the API saw them, for whoever has to know what a connector really asked."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.hed_api.source import Source

KEPT: Final = 1000
"""Requests that are remembered; older ones are forgotten."""

LONGEST_CURSOR: Final = 500
"""Characters of a cursor that are remembered."""


@dataclass(slots=True)
class SeenRequest:
    """One request. The key itself is never kept."""

    path: str
    cursor: str | None
    """As HTTP hands it over: percent-decoded once."""
    page_size: str | None
    key_right: bool
    status: int | None = None
    """Of the answer; None as long as, or because, there was none."""


class RequestsSeen:
    """ASGI middleware that remembers requests, but for those whose path starts with `ignored`."""

    def __init__(self, app: ASGIApp, source: Source, seen: deque[SeenRequest], ignored: str) -> None:
        self._app, self._source, self._seen, self._ignored = app, source, seen, ignored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remember a request as it arrives, and its status when it is answered."""
        request = Request(scope)
        if request.url.path.startswith(self._ignored):
            return await self._app(scope, receive, send)
        query = request.query_params
        cursor = query.get("cursor")
        admitted = self._source.admits(request.headers.get("x-api-key"))
        seen = SeenRequest(request.url.path, cursor and cursor[:LONGEST_CURSOR], query.get("page_size"), admitted)
        self._seen.append(seen)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
            await send(message)

        return await self._app(scope, receive, noting)

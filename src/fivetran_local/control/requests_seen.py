"""What clients asked: no body, no header but the client's name, and no query, which may hold a token."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request that was answered."""

    at: float
    """Seconds since 1970, when it came in."""
    method: str
    path: str
    status: int
    """0 where it got no answer."""
    user_agent: str
    ms: float


class RequestsSeen:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._seen: deque[SeenRequest] = deque(maxlen=MOST_KEPT)

    def all(self) -> list[dict[str, Any]]:
        """Return them as JSON has them."""
        return [asdict(request) for request in tuple(self._seen)]

    def clear(self) -> None:
        """Forget them."""
        self._seen.clear()

    async def watch(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and note it."""
        status, at, began = 0, time.time(), time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, noting)
        finally:
            agent = Headers(scope=scope).get("user-agent", "")
            ms = round((time.perf_counter() - began) * 1000, 2)
            self._seen.append(SeenRequest(at, scope["method"], scope["path"], status, agent, ms))

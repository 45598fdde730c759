"""The answer to one request: a page as it should be, and everything that a fault may do to it on the way out."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulators.hed_api.source import Page


class Ending(Enum):
    """How the connection fares."""

    WHOLE = auto()
    CUT_OFF = auto()
    """Closed in the middle of the body, short of the length that was announced."""
    HUNG_UP = auto()
    """Closed before any answer."""


@dataclass(slots=True)
class Answer:
    """An answer in the making."""

    page: Page
    cursor_sent: str | None
    begin_again: Callable[[], str]
    """Makes another cursor for where this page begins."""
    body: bytes | None = None
    """What is sent in place of the page, if anything."""
    status: int = 200
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    ending: Ending = Ending.WHOLE

    @property
    def is_page(self) -> bool:
        """Whether it is still a good page, and nothing stands in its place."""
        return self.body is None

    def refuse(self, status: int, detail: str) -> None:
        """Make it an error, in the shape that the API's errors have."""
        self.status = status
        self.body = orjson.dumps({"detail": detail})

    async def response(self, leaving: asyncio.Event) -> Response:
        """Wait as long as the answer is to be late, or until the server is `leaving`; then give what is to be sent."""
        if self.delay_seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), self.delay_seconds)
        kind = Response if self.ending is Ending.WHOLE else _CutOff if self.ending is Ending.CUT_OFF else _HungUp
        return kind(self.text(), self.status, self.headers, self.media_type)

    def text(self) -> bytes:
        """Give the body as it stands."""
        return orjson.dumps(self.page) if self.body is None else self.body


class SeverableProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with the connection within reach of the application, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        """Begin a request as usual, and put its connection into `request.state`."""
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


class _HungUp(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _sever(scope, receive)


class _CutOff(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _sever(scope, receive)


async def _sever(scope: Scope, receive: Receive) -> None:
    transport: Any = scope["state"]["transport"]
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass

"""The local Fivetran over HTTP, on 127.0.0.1 only: the REST API, the web page, and a control door if asked for."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fivetran_local.api.app import api
from fivetran_local.api.auth import BasicAuth
from fivetran_local.api.envelope import ApiError, answer, failure
from fivetran_local.api.paths import canonical
from fivetran_local.control.door import ControlDoor
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.pages.app import pages
from fivetran_local.webhooks import WebhookSender

HOST: Final = "127.0.0.1"

_NAMES: Final = (HOST, "localhost", "[::1]")
_BACKLOG: Final = 1024
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def build(
    local: LocalFivetran,
    *,
    services_file: Path,
    control_token: str | None = None,
    sender: WebhookSender | None = None,
) -> FastAPI:
    """Return the whole application.

    Args:
        local: what it answers for.
        services_file: the catalogue of services that the page offers.
        control_token: opens the control door to whoever sends it; None leaves it out.
        sender: sends webhooks.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.leaving = asyncio.Event()  # ends the streams that pages listen to
    app.include_router(api(local, sender or WebhookSender()))
    app.add_api_route("/functions", _functions(local), methods=["GET"], include_in_schema=False)
    if control_token is not None:
        door = ControlDoor(local, control_token, canonical)
        app.include_router(door.router())
        app.add_middleware(door.middleware)
    app.include_router(pages(local, services_file=services_file))
    app.add_middleware(OwnAddressOnly)
    return app


class OwnAddressOnly:
    """Turns away what was sent to another name than this server's, or by a page of another site.

    A name that somebody points at 127.0.0.1 would make a browser take this server for a part of their site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refused = self._refusal(scope) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)

    @staticmethod
    def _refusal(scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        port = scope["server"][1]
        own = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == 80 else set())
        if headers.get("host", "").lower() not in own:
            text = f"this server is {HOST}:{port}, and answers to that name and localhost:{port} only\n"
            return PlainTextResponse(text, 421)
        origin = headers.get("origin", "")
        if scope["method"] not in _READING and origin and origin.removeprefix("http://") not in own:
            return PlainTextResponse("another site's page may not change anything here\n", 403)
        return None


class SeverableProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with the connection within reach of the application, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        """Begin a request as usual, and put its connection into the request's state."""
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


class Server(uvicorn.Server):
    """Serves an application until it is told to end, or by a signal where it runs in the main thread.

    Args:
        app: the application.
        started: called when requests are answered.
    """

    def __init__(self, app: FastAPI, started: Callable[[], None] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=SeverableProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,  # a page that is open has a stream that never ends
            )
        )
        self._started = started
        self._leaving: asyncio.Event = app.state.leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would never end by itself, and then the rest."""
        self._leaving.set()
        await super().shutdown(sockets)

    def end(self) -> None:
        """Have it end soon; from any thread."""
        self.should_exit = True


def listen(port: int) -> socket.socket:
    """Take a port of 127.0.0.1, 0 for any that is free; connections wait from here on.

    Raises:
        OSError: the port is taken, or not for this user.
    """
    # Without the protocol's number asyncio leaves Nagle's algorithm on, and a short answer waits 40 ms for its body.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address of a socket that listens."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


def _functions(local: LocalFivetran) -> Callable[[Request], Response]:
    """Return what lists the functions of this machine, for whoever has the API's credentials."""
    auth = BasicAuth(local.credentials)

    def functions(request: Request) -> Response:
        sent = request.headers.get("authorization")
        try:
            auth.check(None if sent is None else sent.encode("latin-1"))
        except ApiError as error:
            return failure(error)
        described = [function.to_wire() for function in local.connections.functions.described()]
        return answer(200, {"functions": described})

    return functions

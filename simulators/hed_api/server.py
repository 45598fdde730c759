"""One process that serves the API on 127.0.0.1 and says in one line of JSON that it is ready, and how to reach it."""

import asyncio
import os
import signal
import socket
import sys
from threading import Thread
from types import FrameType
from typing import Final

import orjson
import uvicorn

from simulators.hed_api.answers import SeverableProtocol
from simulators.hed_api.api import build
from simulators.hed_api.control import PREFIX
from simulators.hed_api.source import Source

HOST: Final = "127.0.0.1"


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announcement: bytes, leaving: asyncio.Event) -> None:
        super().__init__(config)
        self._announcement, self._leaving = announcement, leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        try:
            os.write(sys.stdout.fileno(), self._announcement + b"\n")
        except BrokenPipeError:  # whoever started this is gone
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leaving.set()
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """Take a port of 127.0.0.1, 0 for any that is free; connections wait from here on.

    Raises:
        OSError: the port is taken, or not for this user.
    """
    # Without the protocol's number asyncio leaves Nagle's algorithm on, and a short answer waits 40 ms for its body.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def serve(source: Source, listening: socket.socket, control_token: str | None, *, exit_with_stdin: bool) -> None:
    """Serve until SIGTERM, SIGINT or, if so asked, the end of standard input."""
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _leave)
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    leaving = asyncio.Event()
    config = uvicorn.Config(
        build(source, control_token, leaving),
        http=SeverableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = _AnnouncingServer(config, orjson.dumps(_announcement(source, url, control_token)), leaving)
    if exit_with_stdin:
        Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
    server.run([listening])


def _announcement(source: Source, url: str, control_token: str | None) -> dict[str, dict[str, str]]:
    page_size = str(source.default_page_size)
    configuration = {"api_key": source.api_key, "base_url": url, "page_size": page_size}
    control = {"control": {"url": url + PREFIX, "token": control_token}} if control_token is not None else {}
    return {"configuration": configuration, **control}


def _leave(_signal: int, _frame: FrameType | None) -> None:
    # uvicorn raises the signal once more when it has shut down: this makes both that and an early signal exit 0.
    raise SystemExit(0)


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    if sys.stdin is not None:  # None: closed from the start
        try:
            while os.read(sys.stdin.fileno(), 65536):
                pass
        except OSError:
            pass
    server.should_exit = True

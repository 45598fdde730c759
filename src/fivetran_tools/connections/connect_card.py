"""Waiting on this machine until somebody's browser comes back from a connect card."""

import secrets
import socketserver
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.fivetran_api.address import is_loopback

_PAGE: Final = (
    b"<!doctype html><html lang='en'><meta charset='utf-8'><title>Back</title>"
    b"<body style='font: 16px system-ui; margin: 4em'><h1>Thank you</h1>"
    b"<p>The connection is set up. This window can be closed.</p>"
)
_READ_SECONDS: Final = 5.0


class ReturnDesk:
    """Listens on this machine for the one visit that a connect card's redirect makes.

    Args:
        redirect_uri: The address to listen at; a free port and a path nobody guesses where none is given.

    Raises:
        UsageError: the address is not one of this machine.
        CommandError: its port is in use.
    """

    def __init__(self, redirect_uri: str | None = None) -> None:
        host, port, self._path = _place(redirect_uri)
        try:
            self._server = _Server((host, port), _Visit)
        except OSError as error:
            message = (
                f"cannot listen on port {port} of {host}: {error.strerror or error}; name another in --redirect-uri"
            )
            raise CommandError(message) from None
        self._server.awaited, self._server.visited = self._path, False
        self.uri = redirect_uri or f"http://{host}:{self._server.server_address[1]}{self._path}"
        """What Fivetran is to send the browser to."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.server_close()

    def wait(self, seconds: float) -> bool:
        """Wait for the visit; return whether it came in time."""
        until = time.monotonic() + seconds
        while not self._server.visited and (left := until - time.monotonic()) > 0:
            self._server.timeout = left
            self._server.handle_request()
        return self._server.visited


class _Server(HTTPServer):
    awaited: str
    visited: bool

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's would ask for the name of this machine
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is nobody's concern."""


class _Visit(BaseHTTPRequestHandler):
    timeout = _READ_SECONDS
    server: _Server

    def do_GET(self) -> None:
        found = urlsplit(self.path).path == self.server.awaited
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE) if found else 0))
        self.send_header("Connection", "close")
        self.end_headers()
        if found:
            self.wfile.write(_PAGE)
            self.server.visited = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the path is a secret of sorts."""


def _place(uri: str | None) -> tuple[str, int, str]:
    if uri is None:
        return "127.0.0.1", 0, f"/{secrets.token_urlsafe(16)}"
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme != "http" or not is_loopback(host) or not port or ":" in host:
        message = "--wait listens on this machine: --redirect-uri has to be http://127.0.0.1:PORT/..., or left out"
        raise UsageError(message)
    return host, port, parts.path or "/"


def redirect_problem(uri: str) -> str | None:
    """Say why a browser cannot be sent to an address; None when it can."""
    try:
        parts = urlsplit(uri)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or not uri.isprintable() or " " in uri:
        return "--redirect-uri is no address of a web page: expected https://HOST/..."
    return None

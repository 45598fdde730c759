"""An HTTP server on this machine's loopback that stands where a source would, for as long as a function is called."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

_LARGEST_BODY: Final = 64 * 1024 * 1024
_JOIN_SECONDS: Final = 5.0


class Visit(BaseHTTPRequestHandler):
    """The requests of one connection, one after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def read_body(self) -> bytes:
        """Return the request's body.

        Raises:
            ValueError: it is not framed as HTTP has it, or too large.
        """
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_whole(_size(self.headers.get("Content-Length", "0"), 10))
        body = bytearray()
        while size := _size(self.rfile.readline(100).split(b";")[0].strip().decode("latin-1"), 16):
            body += self._read_whole(size)
            _size(str(len(body)), 10)
            self._read_whole(len(b"\r\n"))
        while self.rfile.readline(10_000).strip():
            pass
        return bytes(body)

    def _read_whole(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) != size:  # the client has left: half a request is none
            raise ValueError(size)
        return data

    def start(self, status: int, headers: Iterable[tuple[str, str]], reason: str = "") -> bytes:
        """Return the head of an answer."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"HTTP/1.1 {status} {reason or responses.get(status, '')}\r\n{lines}\r\n".encode("latin-1", "replace")

    def send(self, data: bytes) -> None:
        """Send bytes at once."""
        self.wfile.write(data)

    def leave(self) -> None:
        """Close the connection after this request."""
        self.close_connection = True

    def _answer(self) -> None:
        try:
            body = self.read_body()
        except ValueError:
            self.leave()
            return
        self.server.answer(self, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815  # http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing: addresses may hold secrets."""


Answerer = Callable[[Visit, bytes], None]
"""Answers a request, given with its body."""


@contextmanager
def loopback_server(answer: Answerer) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 until the block ends; yield the server's origin, `http://127.0.0.1:PORT`."""
    with _Server(answer) as server:
        yield f"http://127.0.0.1:{server.server_port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # one may still wait for a source that does not answer
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Answerer) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(_JOIN_SECONDS)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that left; what else goes wrong is seen by the client as a cut connection."""


def _size(digits: str, base: int) -> int:
    size = int(digits, base)
    if not 0 <= size <= _LARGEST_BODY:
        raise ValueError(digits)
    return size

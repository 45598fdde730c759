"""A source on loopback that answers by a script: what a connector's HTTP client meets in the world.

    with scripted_source(status(503), document({"users": []})) as source:
        requests.get(f"{source.url}/users")
        assert [asked.path for asked in source.asked] == ["/users"]

The n-th request gets the n-th answer, and the last answer serves all that follow. An answer is any callable that takes
the handler of the request, of which it may use `send`, `rest` and `server_is_ending`.
"""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request, as it arrived. `target` is the request line's own text; `query` is decoded."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class ScriptedSource:
    """What a test sees: the address, every request in the order of arrival, and how often somebody connected."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


class Exchange(BaseHTTPRequestHandler):
    """One connection's requests, answered by the script."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    @property
    def asked(self) -> Asked:
        return self._asked

    @property
    def server_is_ending(self) -> threading.Event:
        return self.server.ending

    def send(self, data: bytes) -> None:
        """Send bytes at once, HTTP or not."""
        self.wfile.write(data)
        self.wfile.flush()

    def leave(self) -> None:
        """Close the connection after this answer."""
        self.close_connection = True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._asked = Asked(self.command, self.path, self.headers, body)
        with self.server.lock:
            number = len(self.server.seen.asked)
            self.server.seen.asked.append(self._asked)
        self.server.script[min(number, len(self.server.script) - 1)](self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815  # the names http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing: the test's own output is what matters."""


Answer = Callable[[Exchange], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that no thread outlives its test

    def __init__(self, script: tuple[Answer, ...], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.script = script
        self.tls = tls
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.open_connections: list[socket.socket] = []
        self.mistakes: list[BaseException] = []
        self.seen = ScriptedSource(f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}")

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self.tls:
            # The handshake belongs to the connection's own thread: a client that refuses it must not stop the server.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self.seen.connections += 1
        self.open_connections.append(connection)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        import sys

        error = sys.exception()
        if error and not isinstance(error, OSError):  # a client that has left is no mistake
            self.mistakes.append(error)

    def end(self) -> None:
        self.ending.set()
        self.shutdown()
        for connection in self.open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextmanager
def scripted_source(*script: Answer, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedSource]:
    """Serve a script on a free port of 127.0.0.1 until the block ends; a mistake in an answer is raised there."""
    server = _Server(script, tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.seen
    finally:
        server.end()
        thread.join(10)
    if server.mistakes:
        raise server.mistakes[0]


def reply(body: bytes = b"", code: int = 200, headers: Mapping[str, str] | None = None, announced: int = -1) -> bytes:
    """Write an HTTP answer; `announced` is the length it claims, where that is not the truth."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body) if announced < 0 else announced)}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**fields, **(headers or {})}.items())
    return f"HTTP/1.1 {code} Said\r\n{head}\r\n".encode("latin-1") + body


def document(content: object, code: int = 200, **headers: str) -> Answer:
    """Answer with JSON. Header names are given as keywords: `Retry_After="3"`."""
    return raw(json.dumps(content).encode(), code, **headers)


def raw(body: bytes, code: int = 200, **headers: str) -> Answer:
    """Answer with these bytes as the body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(reply(body, code, named))


def status(code: int, **headers: str) -> Answer:
    """Answer with a status and a short JSON body."""
    return document({"detail": "as the script says"}, code, **headers)


def gzipped(content: object) -> Answer:
    """Answer with JSON, compressed."""
    return raw(gzip.compress(json.dumps(content).encode()), Content_Encoding="gzip")


def cut_off(body: bytes = b'{"users": [', announced: int = 1000) -> Answer:
    """Announce more than is sent, then close the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.send(reply(body, announced=announced))
        exchange.leave()

    return answer


def disconnect(exchange: Exchange) -> None:
    """Close the connection without a word."""
    exchange.leave()


def trickle(every_seconds: float = 0.02, first: bytes = b'{"users": "', byte: bytes = b"x") -> Answer:
    """Announce a long body and send a byte of it now and then, until the client leaves or the server ends."""

    def answer(exchange: Exchange) -> None:
        exchange.leave()
        exchange.send(reply(first, announced=10_000_000))
        while not exchange.server_is_ending.wait(every_seconds):
            exchange.send(byte)

    return answer


def silence(exchange: Exchange) -> None:
    """Say nothing until the server ends."""
    exchange.leave()
    exchange.server_is_ending.wait(60)

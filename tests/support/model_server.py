"""A server that speaks OpenAI's chat completions on 127.0.0.1, and behaves as a test wants it to."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

USAGE = {"prompt_tokens": 812, "completion_tokens": 34, "total_tokens": 846}
WORDS = ("## Summary\n", "GPA is ", "2.91.")


@dataclass
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Call(BaseHTTPRequestHandler):
    """One call; behaviours write their answer through it."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        """Remember the request, and behave."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.model.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.close_connection = True
        try:
            self.server.model.behave(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server.model.hung_up.set()

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: object, kind: str = "application/json", **headers: str) -> None:
        """Send a whole answer; what is no text or bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self) -> None:
        """Begin a stream."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def raw(self, data: bytes) -> None:
        """Send a part of the stream as it is."""
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, data: object) -> None:
        """Send one event of the stream."""
        self.raw(b"data: " + (data if isinstance(data, str) else json.dumps(data)).encode() + b"\n\n")

    def text(self, content: object, ended: str | None = None) -> None:
        """Send one piece of text."""
        self.event(chunk(content, ended))

    def end(self, ended: str = "stop", usage: object = USAGE) -> None:
        """Send what ends a stream: the reason, the cost, and the sign."""
        self.text(None, ended)
        self.event(
            {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage}
        )
        self.event("[DONE]")
        self.raw(b"")


Behaviour: TypeAlias = Callable[[Call], None]


@dataclass
class ModelServer:
    """The server while it runs. `behave` may be changed between calls."""

    behave: Behaviour
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when the client went away in the middle of an answer."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is: behaviours that wait, wait for it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model: ModelServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate, or goes, is what some tests are about."""


def chunk(content: object, ended: str | None = None) -> dict[str, Any]:
    """Return one chunk of a streamed completion."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": ended}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def good(call: Call) -> None:
    """Stream a short answer, and say what it cost."""
    call.begin()
    for word in WORDS:
        call.text(word)
    call.end()


def plain(call: Call) -> None:
    """Answer at once, whether or not a stream was asked for."""
    message = {"role": "assistant", "content": "".join(WORDS)}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    call.answer(
        200, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": USAGE}
    )


def silent(call: Call) -> None:
    """Take the question, and say nothing."""
    call.server.model.over.wait(30)


def slow(call: Call) -> None:
    """Say one word, and no more."""
    call.begin()
    call.text("One")
    call.server.model.over.wait(30)


def dribble(call: Call) -> None:
    """Send a byte now and then, which never become a piece."""
    call.begin()
    while not call.server.model.over.wait(0.02):
        call.raw(b":")


def dribble_headers(call: Call) -> None:
    """Never come to an end of the headers."""
    call.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not call.server.model.over.wait(0.02):
        call.wfile.write(b"x")
        call.wfile.flush()


def cut_off(call: Call) -> None:
    """Break the connection in the middle."""
    call.begin()
    call.text("Half an")
    call.wfile.flush()
    call.connection.shutdown(socket.SHUT_RDWR)


def unfinished(call: Call) -> None:
    """End the stream in order, but without an end of the answer."""
    call.begin()
    call.text("Half an")
    call.raw(b"")


def refusing(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answer with an error, in OpenAI's form."""
    return lambda call: call.answer(status, {"error": {"message": message, "code": None}}, **headers)


def first(once: Behaviour, then: Behaviour) -> Behaviour:
    """Behave in one way to the first call, and in another to the rest."""
    return lambda call: (once if len(call.server.model.asked) == 1 else then)(call)


def saying(*events: object) -> Behaviour:
    """Stream these events, whatever they are, and end."""

    def behave(call: Call) -> None:
        call.begin()
        for event in events:
            call.event(event)
        call.raw(b"")

    return behave


@contextmanager
def model_server(behave: Behaviour = good, *, tls: ssl.SSLContext | None = None) -> Iterator[ModelServer]:
    """Serve while the block runs."""
    model = ModelServer(behave)
    server = _Server(("127.0.0.1", 0), Call)
    server.model = model
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    model.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def settings(model: ModelServer, key: str = "sk-local-1234567890", models: str = "small, large") -> Mapping[str, str]:
    """Return the environment that turns the app to this server."""
    return {
        "STUDENT_SUCCESS_MODEL_URL": model.url, "STUDENT_SUCCESS_MODEL_KEY": key, "STUDENT_SUCCESS_MODELS": models,
    }  # fmt: skip

"""A function on loopback whose behaviour a test changes while it runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FunctionOverHttp:
    """Answers pages of the numbers 0, 1, 2, ... in the table `numbers`, from the page that the state says.

    A test may change every field at any time.
    """

    url: str = ""
    pages: int = 3
    """In all; a state of a page beyond them has nothing new."""
    rows: int = 10
    """In a page."""
    failing: tuple[int, Any] | None = None
    """A status and a JSON body that every call is answered with."""
    held_from: int | None = None
    """The page from which on calls wait until `release` is set."""
    release: threading.Event = field(default_factory=threading.Event)
    numbers_from: int = 0
    """The first number there is: those below were deleted at the source."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    reached: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released when a call waits."""

    def answer(self, request: dict[str, Any]) -> tuple[int, Any]:
        self.requests.append(request)
        page = (request.get("state") or {}).get("page", 0)
        if self.held_from is not None and page >= self.held_from and not request.get("setup_test"):
            self.reached.release()
            self.release.wait(60)
        if self.failing:
            return self.failing
        if request.get("setup_test"):
            return 200, {"state": {}, "insert": {}, "hasMore": False}
        numbers = range(page * self.rows, (page + 1) * self.rows) if page < self.pages else ()
        rows = [{"id": number, "name": f"n{number}"} for number in numbers if number >= self.numbers_from]
        following = min(page + 1, self.pages)
        return 200, {
            "state": {"page": following},
            "insert": {"numbers": rows},
            "schema": {"numbers": {"primary_key": ["id"]}},
            "hasMore": following < self.pages,
        }


@contextmanager
def function_over_http(**fields: Any) -> Iterator[FunctionOverHttp]:
    """Serve one until the block ends."""
    function = FunctionOverHttp(**fields)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, document = function.answer(request)
            body = json.dumps(document).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # whoever called has gone

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    function.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield function
    finally:
        function.release.set()
        server.shutdown()
        server.server_close()
        thread.join(10)

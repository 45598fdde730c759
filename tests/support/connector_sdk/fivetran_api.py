"""As much of Fivetran's API as the SDK's `deploy` calls, on loopback, and a home that leads the SDK there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class FivetranApi:
    """What a test sees: uploads by connection, the connections, and the authorization of every call."""

    uploads: dict[str, bytes] = field(default_factory=dict)
    connections: dict[str, dict] = field(default_factory=dict)
    authorizations: list[str] = field(default_factory=list)
    refusal: str = ""

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if self.refusal:
            return 400, {"code": "Invalid", "message": self.refusal}
        match method, path.strip("/").split("/")[1:]:
            case "GET", ["groups"]:
                return 200, {"data": {"items": [{"id": "group", "name": "Warehouse"}]}}
            case "GET", ["groups", "group", "connectors"]:
                there = self.connections.get(query["schema"][0])
                return 200, {"data": {"items": [there] if there else []}}
            case "POST", ["deploy", "group", name]:
                self.uploads[name] = body[body.index(b"PK\3\4") : body.rindex(b"\r\n--")]
                return 200, {}
            case "POST", ["connectors"]:
                asked = json.loads(body)
                made = {
                    "id": "iron_fox",
                    "service": asked["service"],
                    "config": asked["config"],
                    "paused": asked["paused"],
                }
                self.connections[asked["config"]["schema"]] = made
                return 201, {"data": made}
            case "PATCH", ["connectors", "iron_fox"]:
                config = json.loads(body)["config"]
                [there] = self.connections.values()
                there["config"] = {**there["config"], **config}
                return 200, {"data": there}
        return 404, {"message": "no such thing"}


@contextmanager
def fivetran_api(home: Path) -> Iterator[FivetranApi]:
    """Serve it, and write into `home` where it is, in the file that the SDK looks into."""
    api = FivetranApi()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            api.authorizations.append(self.headers.get("Authorization", ""))
            status, document = api.answer(self.command, self.path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  # the names http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        settings = home / ".ft_sdk_connector_tester" / "_config.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"production_base_url": f"http://127.0.0.1:{server.server_port}"}))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()

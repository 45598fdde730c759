"""The parts of Google's APIs that `gcloud functions` asks, on loopback: the real gcloud can be watched at work.

gcloud is pointed here by endpoint overrides and has a made-up token: no account, no network. It puts a region in front
of the host of Cloud Run's API whatever that host is, so that one is reached through this server as an HTTP proxy.
"""

import io
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

APIS = (
    "CLOUDFUNCTIONS", "CLOUDBUILD", "ARTIFACTREGISTRY", "CLOUDRESOURCEMANAGER", "SERVICEUSAGE", "IAM", "STORAGE",
    "SECRETMANAGER",
)  # fmt: skip
NUMBER = "1234567890"
FUNCTION = r"/v[12]/(projects/[^/]+/locations/[^/]+/functions/[^/:]+)"

needs_gcloud = pytest.mark.skipif(not shutil.which("gcloud"), reason="there is no gcloud on this machine")


@dataclass
class Google:
    """What the fake knows and was asked."""

    url: str = ""
    function_url: str = "https://nothing.invalid/"
    runs: Callable[[bytes], str] | None = None
    """Starts what was uploaded and returns its address, which becomes `function_url`."""
    functions: dict[str, dict] = field(default_factory=dict)
    """By full name, as the API answers them."""
    asked: list[tuple[str, str, object]] = field(default_factory=list)
    """Method, path with query, decoded body."""
    uploads: list[bytes] = field(default_factory=list)
    policies: dict[str, dict] = field(default_factory=dict)
    build_error: str = ""
    """The text with which every build fails; empty: it works."""
    denied: str = ""
    """Answer everything with 403 and this text."""

    def writes(self) -> list[tuple[str, str, dict]]:
        """The requests that created or changed a function."""
        functions = re.compile(r"/v[12]/projects/[^/]+/locations/[^/]+/functions(/[^:]*)?(\?|$)")
        return [one for one in self.asked if isinstance(one[2], dict) and functions.match(one[1])]

    def uploaded(self) -> list[str]:
        """The files in the zip that was uploaded last."""
        names = zipfile.ZipFile(io.BytesIO(self.uploads[-1])).namelist()
        return sorted(name for name in names if not name.endswith("/"))

    def modes(self) -> list[int]:
        """The modes of all that is in the zip that was uploaded last."""
        return [entry.external_attr >> 16 for entry in zipfile.ZipFile(io.BytesIO(self.uploads[-1])).infolist()]

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables that point gcloud here, with its settings and token in a folder."""
        token = folder / "token"
        token.write_text("made-up", encoding="utf-8")
        return {
            **pointed_nowhere(folder),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"{self.url}/" for api in APIS},
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://run.invalid/",
            "http_proxy": self.url,
            "no_proxy": "127.0.0.1",
        }


def pointed_nowhere(folder: Path) -> dict[str, str]:
    """Variables for a gcloud without an account, whatever this machine's own has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDSDK_", "GOOGLE_"))}
    settings = {"CLOUDSDK_CONFIG": str(folder / "gcloud"), "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true"}
    return {**kept, **settings, "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true"}


@contextmanager
def google_apis() -> Iterator[Google]:
    """Serve the fake on a free loopback port for as long as the block lasts."""
    google = Google()

    class Handler(_Handler):
        knows = google

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    google.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield google
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    knows: Google

    def _serve(self) -> None:
        parts = urlsplit(self.path)  # with a host, where this is a proxy
        path = parts.path
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path.startswith("/upload/"):
            self.knows.uploads.append(content)
            self._answer(200, {})
            return
        body = json.loads(content) if content else None
        self.knows.asked.append((self.command, f"{path}?{parts.query}" if parts.query else path, body))
        if self.knows.denied:
            self._answer(403, _error(403, self.knows.denied, "PERMISSION_DENIED"))
            return
        status, answer = self._work(path, parse_qs(parts.query), body)
        self._answer(status, answer)

    do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815  # the base class's names

    def _work(  # noqa: C901  # one line for each address
        self, path: str, query: dict[str, list[str]], body: dict | None
    ) -> tuple[int, dict]:
        google = self.knows
        second = path.startswith("/v2/")
        if path.endswith("/runtimes"):
            names = [(f"python3{minor}", gen) for minor in (11, 12, 13) for gen in ("GEN_1", "GEN_2")]
            return 200, {"runtimes": [{"name": name, "environment": gen, "stage": "GA"} for name, gen in names]}
        if path.endswith(":generateUploadUrl"):
            upload = {"uploadUrl": f"{google.url}/upload/{len(google.uploads)}"}
            return 200, {**upload, "storageSource": {"bucket": "b", "object": "o.zip"}} if second else upload
        if path.endswith("/defaultServiceAccount"):
            return 200, {"serviceAccountEmail": f"projects/p/serviceAccounts/{NUMBER}@cloudbuild.gserviceaccount.com"}
        if "/services/" in path and not path.endswith("IamPolicy"):
            return 200, {"name": path, "state": "ENABLED"}
        if path.endswith(":getIamPolicy"):
            return 200, google.policies.get(_resource(path), {"etag": "BwYl", "version": 1})
        if path.endswith(":setIamPolicy") and body:
            google.policies[_resource(path)] = body["policy"]
            return 200, body["policy"]
        if path.endswith(":testIamPermissions"):
            return 200, {"permissions": ["resourcemanager.projects.setIamPolicy"]}
        if "/operations/" in path:
            failure = {"error": {"code": 3, "message": google.build_error}} if google.build_error else {"response": {}}
            return 200, {"name": path.split("/", 2)[2], "done": True, "metadata": {"stages": []}, **failure}
        if found := re.fullmatch(FUNCTION, path):
            return self._on_function(found[1], body, query, second=second)
        if path.endswith("/functions") and body:  # the first generation names the function in the body
            name = body.get("name") or f"{path.split('/', 2)[2]}/{query['functionId'][0]}"
            return self._keep(name, body, second=second)
        if re.fullmatch(r"/v1/projects/[^/]+/locations", path):
            return 200, {"locations": [{"locationId": "us-central1", "name": f"{path[4:]}/us-central1"}]}
        if path.endswith("/locations/-/functions"):
            mine = path.split("/")[3]
            of_kind = "GEN_2" if second else "GEN_1"
            return 200, {"functions": [
                known for name, known in google.functions.items()
                if name.split("/")[1] == mine and known["environment"] == of_kind
            ]}  # fmt: skip
        if re.fullmatch(r"/v[123]/projects/[^/]+", path):
            return 200, {"projectId": path.rpartition("/")[2], "projectNumber": NUMBER}
        return 501, _error(501, f"the fake does not know {self.command} {path}", "UNIMPLEMENTED")

    def _on_function(
        self, name: str, body: dict | None, query: dict[str, list[str]], *, second: bool
    ) -> tuple[int, dict]:
        known = self.knows.functions.get(name)
        if body is not None:
            fields = {field.split(".")[0] for field in query["updateMask"][0].split(",")}
            changes = {key: value for key, value in body.items() if re.sub("[A-Z]", r"_\g<0>", key).lower() in fields}
            return self._keep(name, {**(known or {}), **(changes if second else body)}, second=second)
        if known is None or (second != (known["environment"] == "GEN_2") and not second):
            return 404, _error(404, f"Resource '{name}' was not found", "NOT_FOUND")
        return 200, known

    def _keep(self, name: str, function: dict, *, second: bool) -> tuple[int, dict]:
        operation = f"{name.partition('/functions/')[0]}/operations/o" if second else "operations/o"
        if self.knows.build_error:
            return 200, {"name": operation, "done": False}
        if self.knows.runs:
            self.knows.function_url = self.knows.runs(self.knows.uploads[-1])
        url, service = self.knows.function_url, name.replace("/functions/", "/services/")
        if second:
            config = {**function.get("serviceConfig", {}), "uri": url, "service": service}
            added = {"environment": "GEN_2", "state": "ACTIVE", "serviceConfig": config, "url": url}
        else:
            added = {"environment": "GEN_1", "status": "ACTIVE", "httpsTrigger": {"url": url}}
        self.knows.functions[name] = {**function, "name": name, **added}
        return 200, {"name": operation, "done": False}

    def _answer(self, status: int, document: dict) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Stay quiet."""


def _resource(path: str) -> str:
    return path.split("/", 2)[2].rpartition(":")[0]


def _error(code: int, message: str, status: str) -> dict:
    return {"error": {"code": code, "message": message, "status": status}}

"""A started simulator, reached as the world reaches it: by its words, its one line and HTTP."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

ROOT = Path(__file__).parents[3]
TOKEN = "open-sesame"


class Simulator:
    def __init__(self, log: Path, *words: str) -> None:
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "simulators.hed_api", *words],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.line = self.process.stdout.readline()
        self.announced: dict[str, dict[str, str]] = json.loads(self.line or "{}")
        self.http = urllib3.PoolManager(retries=False, timeout=30)

    @property
    def url(self) -> str:
        return self.announced["configuration"]["base_url"]

    @property
    def key(self) -> str:
        return self.announced["configuration"]["api_key"]

    def get(self, path: str = "/hed_data", *, key: str | None = None, **query: object) -> urllib3.BaseHTTPResponse:
        headers = {"x-api-key": self.key if key is None else key}
        return self.http.request("GET", self.url + path, fields=query, headers=headers)

    def page(self, **query: object) -> dict[str, Any]:
        answer = self.get(**query)
        assert answer.status == 200, answer.data
        return answer.json()

    def pages(self, **query: object) -> Iterator[dict[str, Any]]:
        while True:
            page = self.page(**query)
            yield page
            if not page["has_more"]:
                return
            query["cursor"] = page["next_cursor"]

    def control(self, method: str, path: str, body: object = None, token: str = TOKEN) -> urllib3.BaseHTTPResponse:
        headers = {"x-control-token": token}
        return self.http.request(method, f"{self.url}/_control{path}", json=body, headers=headers)

    def arm(self, kind: str, **knobs: object) -> None:
        answer = self.control("POST", "/fault", {"kind": kind, **knobs})
        assert answer.status == 200, answer.data

    def close(self) -> int:
        self.http.clear()
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self.process.stdin.close()
        self.process.stdout.close()
        return code


@pytest.fixture(scope="session")
def launch(tmp_path_factory) -> Iterator[Callable[..., Simulator]]:
    """Start a simulator with these words; all of them are ended with the session, and none may have complained."""
    started: list[Simulator] = []

    def start(*words: str) -> Simulator:
        started.append(Simulator(tmp_path_factory.mktemp("simulator") / "stderr", *words))
        return started[-1]

    yield start
    for simulator in started:
        simulator.process.terminate()
    for simulator in started:
        simulator.close()
    assert "".join(simulator.log.read_text() for simulator in started) == ""


@pytest.fixture(scope="session")
def _shared(launch) -> Simulator:
    return launch("--rows", "450", "--control-token", TOKEN)


@pytest.fixture
def simulator(_shared) -> Simulator:
    """450 rows with an open control door and nothing armed; nobody changes its rows."""
    _shared.control("DELETE", "/faults")
    _shared.control("DELETE", "/requests")
    return _shared

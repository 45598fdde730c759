"""How long clients of the local Fivetran wait while many connections sync, against when none does.

    python -m benchmarks.polling_under_load [--connections 20] [--clients 200] [--rows 20000] [--check]

A real `./fivetran serve`, with every connection loading one warehouse from functions that cost next to nothing, so that
calls and landings never pause. The clients ask for a connection (`GET /v1/connections/{id}`) once a second each.

With --check the exit code is 1 where the 99th percentile under load passes 100 ms, or where the slowest sync took more
than twice as long as the fastest: they start together, and none may starve.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from fivetran_local.function_process import run_function

ROOT = Path(__file__).resolve().parents[1]
KEY, SECRET = "benchmark", "benchmark-secret"
FUNCTIONS = 4
MOST_MS = 100.0
MOST_TIMES_SLOWER = 2.0
IDLE_SECONDS = 5.0


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rows", type=int, default=20_000, help="of each connection")
    parser.add_argument("--page-size", type=int, default=200)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        api = _Api(running.enter_context(_serve(folder)), folder)
        functions = [running.enter_context(_function(folder, number)) for number in range(FUNCTIONS)]
        secrets = {"rows": options.page_size, "pages": -(-options.rows // options.page_size)}
        made = [api.connect(f"load_{n}", functions[n % FUNCTIONS], secrets) for n in range(options.connections)]
        with _pollers(api, options.clients, made) as idle:
            time.sleep(IDLE_SECONDS)
        with _pollers(api, options.clients, made) as loaded:
            started = time.perf_counter()
            for identity in made:
                api.ask("POST", f"/v1/connections/{identity}/sync", {})
            syncs = [api.seconds_of_the_sync(identity) for identity in made]
            seconds = time.perf_counter() - started
    rows = options.connections * secrets["pages"] * options.page_size
    print(f"{options.clients} clients, {options.connections} connections, {rows:,} rows in {seconds:.1f} s")
    print(f"{'ms':8}{'requests':>10}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}")
    for name, waits in (("idle", idle), ("loaded", loaded)):
        cuts = statistics.quantiles(waits, n=100)
        print(f"{name:8}{len(waits):10,}{cuts[49]:8.1f}{cuts[94]:8.1f}{cuts[98]:8.1f}{max(waits):8.1f}")
    times_slower = max(syncs) / min(syncs)
    print(f"syncs: fastest {min(syncs):.1f} s, slowest {max(syncs):.1f} s, {times_slower:.2f} times")
    p99 = statistics.quantiles(loaded, n=100)[98]
    return int(options.check and (p99 > MOST_MS or times_slower > MOST_TIMES_SLOWER))


class _Api:
    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder = url, folder
        self._session = requests.Session()
        self._session.auth = (KEY, SECRET)
        self._group = self.ask("GET", "/v1/groups")["items"][0]["id"]

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        answer = self._session.request(method, self.url + path, json=body, timeout=60)
        if not answer.ok:
            raise SystemExit(answer.text)
        return answer.json().get("data")

    def connect(self, schema: str, url: str, secrets: dict[str, int]) -> str:
        config = {
            "schema": schema,
            "function_trigger": url,
            "secrets_list": [{"key": key, "value": str(value)} for key, value in secrets.items()],
        }
        body = {"group_id": self._group, "service": "google_cloud_function", "config": config, "paused": False}
        return str(self.ask("POST", "/v1/connections", {**body, "schedule_type": "manual"})["id"])

    def seconds_of_the_sync(self, identity: str) -> float:
        """Wait for the first sync's end; return how long it was from when all were asked for."""
        while not (connection := self.ask("GET", f"/v1/connections/{identity}"))["succeeded_at"]:
            if connection["failed_at"]:
                raise SystemExit(f"a sync failed: {connection['status']['tasks']}")
            time.sleep(0.25)
        log = self._folder / "fivetran" / "logs" / f"{identity}.jsonl"
        events = {event["event"]: event for event in map(json.loads, log.read_text().splitlines())}
        started, ended = (datetime.fromisoformat(events[name]["created"]) for name in ("sync_start", "sync_end"))
        return (ended - started).total_seconds()


@contextmanager
def _serve(folder: Path) -> Iterator[str]:
    words = [sys.executable, "-m", "fivetran_tools", "serve", "--port", "0", "--folder", str(folder), "--announce-json"]
    environment = {**os.environ, "FIVETRAN_API_KEY": KEY, "FIVETRAN_API_SECRET": SECRET}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")["url"]
        finally:
            process.terminate()


@contextmanager
def _function(folder: Path, number: int) -> Iterator[str]:
    source = ROOT / "benchmarks" / "counting_function"
    with run_function(
        source, folder / f"function-{number}.log", timeout_seconds=60, in_the_background=True
    ) as function:
        yield function.url


@contextmanager
def _pollers(api: _Api, clients: int, connections: list[str]) -> Iterator[list[float]]:
    """Poll while the block runs; the list is filled at its end."""
    waits: list[float] = []
    paths = [f"/v1/connections/{identity}" for identity in connections]
    words = [sys.executable, "-m", "benchmarks.pollers", api.url, KEY, SECRET, str(clients), *paths]
    with subprocess.Popen(  # noqa: S603
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield waits
        waits += json.loads(process.communicate()[0])


if __name__ == "__main__":
    sys.exit(main())

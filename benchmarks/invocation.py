"""What one invocation of the staged `hed` function costs, against a limit and against a plain function.

    python -m benchmarks.invocation [--calls 300] [--runs 5] [--check]

All three read the same page of 100 records from the same source, which serves it from memory, and all are timed in one
go, call by call in turn:

- limit: fetch the page over a kept-alive connection, parse it, serialise it again, in one process
- hed: POST to the staged connector under functions-framework
- plain: POST to a function as tutorials write it, under functions-framework

With --check the exit code is 1 where hed takes more than 4 times the limit or more than half of plain.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from fivetran_local.function_process import run_function
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage

MOST_TIMES_THE_LIMIT = 4.0
MOST_OF_PLAIN = 0.5


def main() -> int:
    """Measure, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    project = Project.here()
    with ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:
        page_file = Path(scratch) / "page.json"
        page_file.write_bytes(_real_page(project))
        base_url = f"http://127.0.0.1:{stack.enter_context(_still_source(project, page_file))}"
        secrets = {"api_key": "a-key-for-the-benchmark", "base_url": base_url, "page_size": "100"}
        hed = stack.enter_context(
            run_function(stage(project, "hed").folder, Path(scratch) / "hed.log", timeout_seconds=540)
        )
        plain = stack.enter_context(
            run_function(project.root / "benchmarks/plain_function", Path(scratch) / "plain.log", timeout_seconds=540)
        )
        # The state is not the page's own cursor: a page that has more with an unmoved cursor is an error.
        body = {
            "agent": "benchmark",
            "state": {"next_cursor": "gAAAAABrARgRTz7qZ1wWhWb7%3D%3D" * 4},
            "secrets": secrets,
        }
        sides = {
            "limit": _limit(base_url),
            "hed": _function(hed.url, body),
            "plain": _function(plain.url, body),
        }
        medians = _measure(sides, options.calls, options.runs)
    hed_times, of_plain = medians["hed"] / medians["limit"], medians["hed"] / medians["plain"]
    print(f"{'':8}{'ms per page':>12}{'x limit':>10}")
    for name, seconds in medians.items():
        print(f"{name:8}{seconds * 1000:12.3f}{seconds / medians['limit']:10.2f}")
    print(
        f"hed: {hed_times:.2f} times the limit (at most {MOST_TIMES_THE_LIMIT:g}), "
        f"{of_plain:.2f} of plain (at most {MOST_OF_PLAIN:g})"
    )
    return int(options.check and (hed_times > MOST_TIMES_THE_LIMIT or of_plain > MOST_OF_PLAIN))


def _measure(sides: dict[str, Callable[[], None]], calls: int, runs: int) -> dict[str, float]:
    """Return for each side the median over the runs of each run's median call, in seconds."""
    for call in sides.values():
        for _ in range(30):
            call()
    runs_of: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(runs):
        calls_of: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(calls):
            for name, call in sides.items():
                started = time.perf_counter()
                call()
                calls_of[name].append(time.perf_counter() - started)
        for name, seconds in calls_of.items():
            runs_of[name].append(statistics.median(seconds))
    return {name: statistics.median(medians) for name, medians in runs_of.items()}


def _limit(base_url: str) -> Callable[[], None]:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc)

    def fetch() -> None:
        connection.request("GET", "/hed_data?page_size=100", headers={"x-api-key": "a-key-for-the-benchmark"})
        orjson.dumps(orjson.loads(connection.getresponse().read()))

    return fetch


def _function(url: str, body: dict[str, object]) -> Callable[[], None]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    content = orjson.dumps(body)

    def call() -> None:
        connection.request("POST", "/", body=content, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        if response.status != http.HTTPStatus.OK:
            raise SystemExit(answer.decode()[:500])

    return call


def _real_page(project: Project) -> bytes:
    with simulated_source(project, "hed") as configuration:
        connection = http.client.HTTPConnection(urlsplit(configuration["base_url"]).netloc)
        connection.request("GET", "/hed_data?page_size=100", headers={"x-api-key": configuration["api_key"]})
        return connection.getresponse().read()


@contextmanager
def _still_source(project: Project, page_file: Path) -> Iterator[int]:
    words = [sys.executable, "-m", "benchmarks.still_source", str(page_file)]
    with subprocess.Popen(words, cwd=project.root, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield int(json.loads(process.stdout.readline() if process.stdout else ""))
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())

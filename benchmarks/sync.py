"""What a whole sync costs, against reading its source alone.

    python -m benchmarks.sync [--rows 100000] [--page-size 100] [--runs 3] [--check]

- source: every page of the simulator fetched over a kept-alive connection and parsed, one after the other
- hed: `./fivetran debug hed` on the same simulator: staged function, local Fivetran, DuckDB

The memory is that of the command's own process, the engine's, without the function and the simulator: its peak at each
quarter of the sync. With --check the exit code is 1 where that peak passes 512 MiB, or where it grows by more than a
quarter from the second quarter to the last.
"""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import orjson
import psutil

from fivetran_tools.project import Project

MOST_MEMORY = 512 * 1024 * 1024
MOST_GROWTH = 1.25


@dataclass(frozen=True)
class Measured:
    """One sync."""

    rows_per_second: float
    memory: list[int]
    """Resident bytes of the engine, sampled all along."""


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--page-size", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    project = Project.here()
    alone, syncs = [], []
    with _simulator(project, options.rows) as configuration:
        configuration["page_size"] = str(options.page_size)
        for _ in range(options.runs):
            alone.append(_read_alone(configuration, options.rows))
            syncs.append(_sync(project, configuration, options.rows))
    source = statistics.median(alone)
    hed = statistics.median(sync.rows_per_second for sync in syncs)
    print(f"{options.rows:,} rows, {options.page_size} per page, median of {options.runs}")
    print(f"{'':8}{'rows/s':>10}{'of source':>12}")
    print(f"{'source':8}{source:10,.0f}{1:12.2f}")
    print(f"{'hed':8}{hed:10,.0f}{hed / source:12.2f}")
    quarters = [max(peaks) for peaks in zip(*(_quarters(sync.memory) for sync in syncs), strict=True)]
    print("engine memory, peak of each quarter: " + ", ".join(f"{q / 2**20:.0f} MiB" for q in quarters))
    too_much = max(quarters) > MOST_MEMORY or quarters[3] > quarters[1] * MOST_GROWTH
    return int(options.check and too_much)


def _read_alone(configuration: dict[str, str], rows: int) -> float:
    connection = http.client.HTTPConnection(urlsplit(configuration["base_url"]).netloc)
    headers = {"x-api-key": configuration["api_key"]}
    seen, cursor, started = 0, None, time.perf_counter()
    while True:
        query = {"page_size": configuration["page_size"]} | ({"cursor": cursor} if cursor else {})
        connection.request("GET", f"/hed_data?{urlencode(query)}", headers=headers)
        page = orjson.loads(connection.getresponse().read())
        seen += len(page["hed_records"])
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    _expect(seen == rows, f"the source gave {seen} rows of {rows}")
    return seen / (time.perf_counter() - started)


def _sync(project: Project, configuration: dict[str, str], rows: int) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "configuration.json").write_text(json.dumps(configuration))
        words = [sys.executable, "-m", "fivetran_tools", "debug", "hed", "--sample", "0"]
        words += ["--configuration", str(folder / "configuration.json"), "--warehouse", str(folder / "warehouse.db")]
        words += ["--summary-json", str(folder / "summary.json")]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(words, cwd=project.root, stdout=output, stderr=output)  # noqa: S603
            memory = list(_resident(process))
        _expect(process.returncode == 0, (folder / "output").read_text())
        summary = json.loads((folder / "summary.json").read_text())
    _expect(summary["rows"] == {"hed_records": rows}, f"the warehouse has {summary['rows']}")
    return Measured(rows / summary["seconds"], memory)


def _resident(process: subprocess.Popen[bytes]) -> Iterator[int]:
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            yield int(watched.memory_info().rss)
        except psutil.NoSuchProcess:
            return
        time.sleep(0.05)


def _quarters(samples: list[int]) -> list[int]:
    """Return the peak of each quarter of the samples."""
    size = max(1, len(samples) // 4)
    return [max(samples[i * size : (i + 1) * size] or [0]) for i in range(4)]


@contextmanager
def _simulator(project: Project, rows: int) -> Iterator[dict[str, str]]:
    words = [sys.executable, "-m", project.simulator("hed"), "--rows", str(rows), "--exit-with-stdin"]
    with subprocess.Popen(  # noqa: S603
        words, cwd=project.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")["configuration"]
        finally:
            process.terminate()


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise SystemExit(otherwise)


if __name__ == "__main__":
    sys.exit(main())

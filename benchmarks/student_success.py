# ruff: noqa: S608  # its SQL is its own
"""StudentSuccess on many records: how long its pages take and what they hold, beside reading everything into pandas.

    python -m benchmarks.student_success [--rows 10000000] [--folder FOLDER] [--runs 3] [--check]

The records are made once and kept in the folder, `.benchmarks` by default. Each figure is from processes of its own,
medians of the runs. Their libraries are loaded, as a server's are, by the page on ten records.

- metrics: one run of the page's script with no answer kept from before, the sidebar's questions with it
- explorer: the same; then a press on "Last", and one on "Previous" there
- pandas: `SELECT *` on the same file, and the figures of the metrics page from the frame, without drawing them. Where
  that might not fit into memory, of fewer rows, which is said

Memory is the peak of what is resident. With --check the exit code is 1 where the metrics page takes 2 s or more, where
turning to a page of the explorer takes 0.5 s or more, or where one of them holds 600 MiB or more.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import duckdb
import psutil

from benchmarks.student_rows import warehouse

ROOT: Final = Path(__file__).resolve().parents[1]
APP: Final = ROOT / "apps" / "student_success" / "streamlit_app.py"
FEW: Final = 10
BYTES_PER_ROW: Final = 1_500
"""What a frame of 24 columns, ten of them text, takes in memory for a row, with what it takes to make it."""
MOST_SECONDS: Final = {"metrics": 2.0, "explorer, last page": 0.5, "explorer, the page before": 0.5}
MOST_MIB: Final = 600


def main() -> int:
    """Measure, print, and return the exit code; or, as a child, measure one thing and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=ROOT / ".benchmarks")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--measure", choices=("metrics", "explorer", "pandas"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure = {"metrics": _metrics, "explorer": _explorer, "pandas": _pandas}[options.measure]
        seconds = measure(options.folder, options.rows)
        print(json.dumps({**seconds, "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return 0
    path = warehouse(options.folder, options.rows)
    warehouse(options.folder, FEW)
    fits = min(options.rows, psutil.virtual_memory().available // BYTES_PER_ROW)
    print(f"{options.rows:,} records, {path.stat().st_size / 2**20:,.0f} MiB; medians of {options.runs}")
    if fits < options.rows:
        print(f"pandas: of {fits:,} records, all that memory has room for")
    print(f"{'':28}{'s':>8}{'MiB':>8}{'of pandas':>12}")
    pandas = _median("pandas", fits, options)
    failed = False
    for what in ("pandas", "metrics", "explorer"):
        found = pandas if what == "pandas" else _median(what, options.rows, options)
        mib = found.pop("MiB")
        for name, seconds in found.items():
            print(f"{name:28}{seconds:8.2f}{mib:8,.0f}{seconds / pandas['pandas']:12.2f}")
            failed |= seconds >= MOST_SECONDS.get(name, float("inf"))
        failed |= what != "pandas" and mib >= MOST_MIB
    return int(options.check and failed)


def _median(what: str, rows: int, options: argparse.Namespace) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.student_success", "--measure", what]
    words += ["--rows", str(rows), "--folder", str(options.folder)]
    runs = []
    for _ in range(options.runs):
        child = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        if child.returncode:
            raise SystemExit(f"{what} failed:\n{child.stderr[-2000:]}")
        runs.append(json.loads(child.stdout.splitlines()[-1]))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _metrics(folder: Path, rows: int) -> dict[str, float]:
    _run(_page("metrics", folder, FEW))
    test = _page("metrics", folder, rows)
    return {"metrics": _run(test), "metrics, again": _run(test)}


def _explorer(folder: Path, rows: int) -> dict[str, float]:
    _run(_page("explorer", folder, FEW))
    test = _page("explorer", folder, rows)
    first = _run(test)
    last = _run(test.button(key="explorer_last").click())
    return {
        "explorer, first page": first,
        "explorer, last page": last,
        "explorer, the page before": _run(test.button(key="explorer_previous").click()),
    }


def _page(name: str, folder: Path, rows: int) -> Any:  # noqa: ANN401  # AppTest, whose import takes a second
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    os.environ["STUDENT_SUCCESS_FILE"] = str(warehouse(folder, rows))
    test = AppTest.from_file(str(APP), default_timeout=300)
    if name != "metrics":  # the first page has no address of its own
        test._page_hash = calc_hash(name)  # noqa: SLF001  # AppTest has no door for the pages of st.navigation
    return test


def _run(test: Any) -> float:  # noqa: ANN401
    """Run a page's script; return the seconds."""
    started = time.perf_counter()
    test = test.run()
    taken = time.perf_counter() - started
    if test.exception or test.error:
        raise SystemExit(f"the page says: {[element.value for element in (*test.exception, *test.error)]}")
    return taken


def _pandas(folder: Path, rows: int) -> dict[str, float]:
    """Read everything, then compute the figures of the metrics page."""
    sizes = sorted(int(path.stem.split("-")[1]) for path in folder.glob("students-*.db"))
    path = warehouse(folder, next(size for size in sizes if size >= rows))
    started = time.perf_counter()
    with duckdb.connect(str(path), read_only=True) as database:
        frame = database.execute(f"SELECT * FROM hed.hed_records LIMIT {rows}").df()
    standings = frame.groupby("academic_standing", dropna=False)
    majors = frame.groupby("major_code", dropna=False)
    measures = ["current_gpa", "course_completion_rate", "engagement_score", "at_risk_flag"]
    figures = [
        len(frame),
        frame["student_id"].nunique(),
        frame[measures].mean(),
        frame.groupby(frame["enrollment_date"].dt.to_period("M"))["course_completion_rate"].agg(["mean", "count"]),
        standings["at_risk_flag"].mean(),
        standings["engagement_score"].quantile([0.05, 0.25, 0.5, 0.75, 0.95]),
        majors[measures].mean(),
        (frame["current_gpa"] * 10 // 1).value_counts(),
        frame["financial_aid_amount"].corr(frame["current_gpa"]),
        frame.groupby([frame["financial_aid_amount"] // 2500, frame["current_gpa"] * 4 // 1]).size(),
        *(frame[name].value_counts() for name in ("major_code", "academic_standing", "advisor_id")),
    ]
    taken = time.perf_counter() - started
    if figures[0] != rows:
        raise SystemExit(f"the frame has {figures[0]} rows")
    return {"pandas": taken}


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa: S608, S311  # a script: it prints, its SQL is its own, its dice need not be safe
"""What one landing costs in a warehouse of a given size: opening the file, writing 10,000 rows, closing it.

    python benchmarks/warehouse_opening.py --rows 10000 1000000 10000000

Rows are like those of the HED connector: 23 columns, keyed by a UUID. For each size the table is filled once, by
DuckDB itself, and then landed into: rows with new keys, and rows whose keys are there. Medians of --landings each; the
ratios are to the smallest size.
"""

import argparse
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil

from fivetran_local.records import OpenSync
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Row, Table

ROWS_PER_PAGE = 100
SCHEMA = {"hed_records": Table(("record_id",))}
COUNTERS = [
    "credit_hours_attempted",
    "credit_hours_earned",
    "total_course_views",
    "assignment_submissions",
    "discussion_posts",
    "plagiarism_incidents",
    "intervention_count",
    "last_updated_epoch",
]
SCORES = [
    "current_gpa",
    "financial_aid_amount",
    "avg_assignment_score",
    "course_completion_rate",
    "writing_quality_score",
    "engagement_score",
]
TIMES = ("enrollment_date", "last_login_date", "last_updated")
FILL_BATCH = 500_000


def hed_row(record_id: str, dice: random.Random) -> Row:
    """One record as the connector sends it."""
    start = datetime(2024, 1, 1)  # noqa: DTZ001  # the source states no zone
    return {
        "academic_standing": dice.choice(("Good Standing", "Academic Warning", "Satisfactory Progress")),
        "advisor_id": f"ADV_{dice.randrange(1000, 1200)}",
        "at_risk_flag": dice.random() < 0.2,
        "major_code": dice.choice(("PHIL", "MATH", "BIOL", "HIST")),
        "record_id": record_id,
        "student_id": f"STU_{dice.randrange(10**9)}",
        **{name: dice.randrange(10_000) for name in COUNTERS},
        **{name: round(dice.random() * 100, 2) for name in SCORES},
        **{name: (start + timedelta(seconds=dice.randrange(50_000_000))).isoformat() for name in TIMES},
    }


def pages(keys: list[str], dice: random.Random) -> list[FunctionResponse]:
    """These keys as gathered responses."""
    rows = [hed_row(key, dice) for key in keys]
    starts = range(0, len(rows), ROWS_PER_PAGE)
    return [
        FunctionResponse({"cursor": at}, {"hed_records": rows[at : at + ROWS_PER_PAGE]}, schema=SCHEMA, has_more=True)
        for at in starts
    ]


def fill(path: Path, rows: int) -> None:
    """Bring the table up to a size without going through a landing."""
    columns = ", ".join(
        [
            "'Good Standing' AS academic_standing",
            "'ADV_' || (random() * 200)::INTEGER AS advisor_id",
            "random() < 0.2 AS at_risk_flag",
            "'PHIL' AS major_code",
            "uuid()::VARCHAR AS record_id",
            "'STU_' || (random() * 1e9)::BIGINT AS student_id",
            *(f"(random() * 10000)::BIGINT AS {name}" for name in COUNTERS),
            *(f"round(random() * 100, 2) AS {name}" for name in SCORES),
            *(f"TIMESTAMP '2024-01-01' + to_seconds((random() * 5e7)::BIGINT) AS {name}" for name in TIMES),
            "TIMESTAMPTZ '2026-01-01 00:00:00+00' AS _fivetran_synced",
        ]
    )
    with duckdb.connect(str(path), config={"threads": 2, "memory_limit": "1GB"}) as database:
        for start in range(0, rows, FILL_BATCH):
            count = min(FILL_BATCH, rows - start)
            database.execute(f"INSERT INTO hed.hed_records BY NAME SELECT {columns} FROM range({count})")


def some_keys(path: Path, count: int) -> list[str]:
    """Keys that are in the table, from all over it."""
    with duckdb.connect(str(path), read_only=True) as database:
        query = f"SELECT record_id FROM hed.hed_records USING SAMPLE reservoir({count} ROWS) REPEATABLE (1)"
        return [key for (key,) in database.execute(query).fetchall()]


def land(warehouse: Warehouse, sync: OpenSync, keys: list[str], dice: random.Random) -> float:
    """Seconds of one landing."""
    gathered = pages(keys, dice)
    start = time.perf_counter()
    warehouse.land(sync, gathered, calls=1)
    return time.perf_counter() - start


def opening(path: Path) -> float:
    """Seconds to open the file and close it, reading nothing."""
    start = time.perf_counter()
    duckdb.connect(str(path)).close()
    return time.perf_counter() - start


def measure(folder: Path, rows: int, per_landing: int, landings: int) -> dict[str, float]:
    """The median figures of one size."""
    dice = random.Random(rows)
    path = folder / f"{rows}.db"
    warehouse = Warehouse(path)
    sync = warehouse.begin("hed", "benchmark", datetime.now(UTC))
    land(warehouse, sync, [str(uuid.uuid4()) for _ in range(per_landing)], dice)
    fill(path, rows - per_landing)
    keys = some_keys(path, per_landing * landings)
    size = path.stat().st_size

    def repeated(batches: Iterator[list[str]]) -> float:
        return statistics.median(land(warehouse, sync, batch, dice) for batch in batches)

    return {
        "open and close, ms": statistics.median(opening(path) for _ in range(landings)) * 1000,
        "fresh keys, ms": repeated([str(uuid.uuid4()) for _ in range(per_landing)] for _ in range(landings)) * 1000,
        "same keys, ms": repeated(keys[i::landings] for i in range(landings)) * 1000,
        "100 fresh keys, ms": repeated([str(uuid.uuid4()) for _ in range(100)] for _ in range(landings)) * 1000,
        "file before, MB": size / 2**20,
        "file after, MB": path.stat().st_size / 2**20,
        "process, MB": psutil.Process().memory_info().rss / 2**20,
    }


def main() -> None:
    """Print one column of figures for each size."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    words.add_argument("--rows-per-landing", type=int, default=10_000)
    words.add_argument("--landings", type=int, default=7)
    words.add_argument("--folder", type=Path, help="where the warehouses are made; default: a temporary folder")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        found = {
            rows: measure(Path(folder), rows, chosen.rows_per_landing, chosen.landings) for rows in sorted(chosen.rows)
        }
    print(f"{'rows in the table':<26}" + "".join(f"{rows:>22,}" for rows in found))
    first = next(iter(found.values()))
    for figure, base in first.items():
        cells = "".join(f"{values[figure]:>12,.1f} ({values[figure] / base:>6.1f}x)" for values in found.values())
        print(f"{figure:<26}{cells}")
    for figure in ("fresh keys, ms", "same keys, ms"):
        speeds = "".join(f"{chosen.rows_per_landing / values[figure] * 1000:>22,.0f}" for values in found.values())
        print(f"{figure.removesuffix(', ms') + ', rows/s':<26}{speeds}")


if __name__ == "__main__":
    main()

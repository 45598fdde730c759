"""StudentSuccess in tests: a warehouse to read, its table's shape as a sync makes it, and a page of the app."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from streamlit import util
from streamlit.testing.v1 import AppTest

from simulators.hed_api.records import Records

_hash = getattr(util, "calc_hash", None) or util.calc_md5  # as Streamlit 1.50 has it

ROOT = Path(__file__).parents[2]
APP = ROOT / "apps" / "student_success" / "streamlit_app.py"
SEED = 20_250_701

TYPES = {
    "academic_standing": "VARCHAR", "advisor_id": "VARCHAR", "assignment_submissions": "BIGINT",
    "at_risk_flag": "BOOLEAN", "avg_assignment_score": "DOUBLE", "course_completion_rate": "DOUBLE",
    "credit_hours_attempted": "BIGINT", "credit_hours_earned": "BIGINT", "current_gpa": "DOUBLE",
    "discussion_posts": "BIGINT", "engagement_score": "DOUBLE", "enrollment_date": "TIMESTAMP",
    "financial_aid_amount": "DOUBLE", "intervention_count": "BIGINT", "last_login_date": "TIMESTAMP",
    "last_updated": "TIMESTAMP", "last_updated_epoch": "BIGINT", "major_code": "VARCHAR",
    "plagiarism_incidents": "BIGINT", "record_id": "VARCHAR", "student_id": "VARCHAR",
    "total_course_views": "BIGINT", "writing_quality_score": "DOUBLE",
}  # fmt: skip
"""The columns of `hed.hed_records` as a sync of the simulator's records makes them, with DuckDB's types."""


def simulated(count: int = 600, seed: int = SEED) -> list[dict[str, Any]]:
    """Return records as the simulator gives them."""
    records = Records(seed)
    return [records.make(index, 0, index) for index in range(count)]


def filled(path: Path, rows: Iterable[Mapping[str, Any]], types: Mapping[str, str] = TYPES) -> Path:
    """Write `hed.hed_records` with these rows and columns, synced at noon (UTC) on 1 September 2025. Returns the path.

    A row's missing keys are null; keys that are no column are left out.
    """
    structure = json.dumps([dict(types)])
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA IF NOT EXISTS hed")
        connection.execute(f"CREATE OR REPLACE TABLE hed.hed_records ({columns}, _fivetran_synced TIMESTAMPTZ)")
        connection.execute(
            "INSERT INTO hed.hed_records BY NAME"
            " SELECT r.*, TIMESTAMPTZ '2025-09-01 12:00:00+00' AS _fivetran_synced"
            " FROM (SELECT unnest(from_json(?::JSON, ?)) AS r)",
            [json.dumps(list(rows), default=str), structure],
        )
    return path


@contextmanager
def settings(path: Path, **more: str) -> Iterator[None]:
    """Let the app read this file while the block runs, and nothing of whoever runs the tests."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("STUDENT_SUCCESS_", "UC_"))}
    with patch.dict(os.environ, {**mine, "STUDENT_SUCCESS_FILE": str(path), **more}, clear=True):
        yield


def page(name: str = "metrics", *, seconds: float = 60) -> AppTest:
    """Return a page of the app, not yet run; the tests run it within `settings`.

    Args:
        name: Its address: metrics, alerts, insights, history or explorer.
        seconds: How long one run of its script may take.
    """
    test = AppTest.from_file(APP, default_timeout=seconds)
    if name != "metrics":  # the first page has no address of its own
        test._page_hash = _hash(name)
    return test


def words(test: AppTest) -> str:
    """Return all text that a page shows outside its charts and tables, one element a line."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind))

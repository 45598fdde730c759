"""Where the reports are kept.

| where the records are | where the reports are |
|---|---|
| a DuckDB file | `insights.db` beside it |
| Snowflake, Databricks | the table `student_success_app.insights` in the records' database |
| BigQuery, which the app only reads | `files/insights.db` |
| anywhere, with `STUDENT_SUCCESS_HISTORY` | the file that it names |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cohort.cohort import Place
from insights.history.protocol import History
from insights.history.sqlite import SQLiteHistory
from insights.history.warehouse_table import WarehouseHistory
from warehouse.duckdb_file import DuckDBFile

FILE: Final = "insights.db"


def history_of(environment: Mapping[str, str], place: Place) -> History:
    """Return where the reports are kept. It opens nothing, and so cannot fail."""
    if path := environment.get("STUDENT_SUCCESS_HISTORY"):
        return SQLiteHistory(Path(path))
    if isinstance(place.warehouse, DuckDBFile):
        return SQLiteHistory(place.warehouse.path.parent / FILE)
    if place.warehouse.dialect in ("snowflake", "databricks"):
        return WarehouseHistory(place.warehouse, place.table.catalog)
    return SQLiteHistory(Path("files") / FILE)

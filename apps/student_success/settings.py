"""Where the student records are, read from what the platform gives: its environment and Streamlit's secrets.

| where it runs | what says so |
|---|---|
| this machine | nothing, or `STUDENT_SUCCESS_FILE` and `STUDENT_SUCCESS_TABLE` |
| Streamlit in Snowflake | there is an active Snowpark session |
| Databricks Apps | `UC_TABLE`, from `app.yaml` |
| anywhere else | `STUDENT_SUCCESS_WAREHOUSE`: duckdb, snowflake, databricks or bigquery |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cohort.cohort import Place
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import TableName

TABLE: Final = "hed.hed_records"
FILE: Final = "files/warehouse.db"


def place_of(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> Place:
    """Return where the student records are.

    Args:
        environment: The process's environment variables.
        secrets: Streamlit's secrets: a table for each warehouse, such as `[snowflake]`.

    Raises:
        WarehouseError: the settings contradict each other, or lack something: which, and where to put it.
    """
    kind = environment.get("STUDENT_SUCCESS_WAREHOUSE", "duckdb")
    if kind != "duckdb":
        raise WarehouseError(f"STUDENT_SUCCESS_WAREHOUSE={kind} is none that the app knows: duckdb")
    path = Path(environment.get("STUDENT_SUCCESS_FILE", FILE))
    return Place(DuckDBFile(path), _table(environment.get("STUDENT_SUCCESS_TABLE", TABLE)))


def _table(words: str) -> TableName:
    match words.split("."):
        case [schema, name] if schema and name:
            return TableName(schema, name)
        case [catalog, schema, name] if catalog and schema and name:
            return TableName(schema, name, catalog)
    raise WarehouseError(f"STUDENT_SUCCESS_TABLE={words} is no table's name: write it as schema.table")

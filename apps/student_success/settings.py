"""Where the student records are, read from what the platform gives: its environment and Streamlit's secrets.

| where it runs | what says so |
|---|---|
| this machine | nothing, or `STUDENT_SUCCESS_FILE` |
| Streamlit in Snowflake | Snowflake's own session, or a container's token |
| Databricks Apps | `UC_TABLE`, from `app.yaml` |
| anywhere else | `STUDENT_SUCCESS_WAREHOUSE`: duckdb, snowflake, databricks or bigquery |

`STUDENT_SUCCESS_TABLE` is the table's name as the warehouse's SQL has it: what is not quoted there is in upper case for
Snowflake. Credentials are nowhere but in Streamlit's secrets and in what a platform gives to its apps.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cohort.cohort import Place
from warehouse import snowpark
from warehouse.bigquery import MOST_BYTES, BigQuery
from warehouse.databricks import Databricks
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import TableName, Warehouse
from warehouse.snowflake import TOKEN, Snowflake

TABLE: Final = "hed.hed_records"
FILE: Final = "files/warehouse.db"
SECRETS: Final = ".streamlit/secrets.toml"
"""Where Streamlit reads secrets, in the app's folder."""


def place_of(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> Place:
    """Return where the student records are.

    Args:
        environment: The process's environment variables.
        secrets: Streamlit's secrets: a table for each warehouse, such as `[snowflake]`.

    Raises:
        WarehouseError: the settings contradict each other, or lack something: which, and where to put it.
    """
    kind = environment.get("STUDENT_SUCCESS_WAREHOUSE") or _platform(environment)
    match kind:
        case "duckdb":
            table = _table(environment, "duckdb")
            path = Path(environment.get("STUDENT_SUCCESS_FILE") or FILE)
            return Place(DuckDBFile(path), table)
        case "snowflake":
            table = _table(environment, "snowflake")
            return Place(_snowflake(table, _section(secrets, "snowflake")), table)
        case "databricks":
            table = _unity_catalog(environment) or _table(environment, "databricks")
            return Place(_databricks(table, environment, _section(secrets, "databricks")), table)
        case "bigquery":
            table = _table(environment, "bigquery")
            return Place(_bigquery(table, environment, _section(secrets, "bigquery")), table)
    known = "duckdb, snowflake, databricks, bigquery"
    raise WarehouseError(f"STUDENT_SUCCESS_WAREHOUSE={kind} is none that the app knows: {known}")


def _platform(environment: Mapping[str, str]) -> str:
    if snowpark.is_given() or (TOKEN.exists() and environment.get("SNOWFLAKE_HOST")):
        return "snowflake"
    return "databricks" if environment.get("UC_TABLE") else "duckdb"


def _snowflake(table: TableName, secrets: Mapping[str, Any]) -> Warehouse:
    if not secrets:
        if not snowpark.is_given() and not TOKEN.exists():
            raise _missing("account", "snowflake")
        return Snowflake(table)
    for name in ("account", "user"):
        if not secrets.get(name):
            raise _missing(name, "snowflake")
    if secrets.get("protocol", "https") != "https" and secrets.get("host") != "127.0.0.1":
        raise WarehouseError(f"[snowflake] protocol in {SECRETS} must be https: a login is sent over it")
    role = f", role {secrets['role']}" if secrets.get("role") else ""
    return Snowflake(table, secrets, f"Snowflake account {secrets['account']}{role}")


def _databricks(table: TableName, environment: Mapping[str, str], secrets: Mapping[str, Any]) -> Warehouse:
    host = str(secrets.get("host") or environment.get("DATABRICKS_HOST") or "")
    warehouse = str(secrets.get("warehouse_id") or environment.get("DATABRICKS_WAREHOUSE_ID") or "")
    if not host:
        raise _missing("host", "databricks", "DATABRICKS_HOST")
    if not warehouse:
        raise _missing("warehouse_id", "databricks", "DATABRICKS_WAREHOUSE_ID, in app.yaml")
    if host.startswith("http://"):
        raise WarehouseError("DATABRICKS_HOST must be https: a login is sent over it")
    token = secrets.get("token")
    client = secrets.get("client_id") or environment.get("DATABRICKS_CLIENT_ID")
    secret = secrets.get("client_secret") or environment.get("DATABRICKS_CLIENT_SECRET")
    if not token and not (client and secret):
        raise _missing("token", "databricks", "DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET")
    return Databricks(
        table,
        urlsplit(host).netloc or host.strip("/"),
        f"/sql/1.0/warehouses/{warehouse}",
        client_id=None if token else client,
        client_secret=None if token else secret,
        token=token,
    )


def _bigquery(table: TableName, environment: Mapping[str, str], secrets: Mapping[str, Any]) -> Warehouse:
    account = secrets.get("service_account") or {}
    project = (
        secrets.get("project") or table.catalog or account.get("project_id") or environment.get("GOOGLE_CLOUD_PROJECT")
    )
    if not project:
        raise _missing("project", "bigquery", "GOOGLE_CLOUD_PROJECT")
    try:
        most = int(secrets.get("maximum_bytes_billed", MOST_BYTES))
    except (TypeError, ValueError):
        raise WarehouseError(f"[bigquery] maximum_bytes_billed in {SECRETS} must be a whole number of bytes") from None
    return BigQuery(table, str(project), secrets.get("location"), most, account)


def _section(secrets: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = secrets.get(name, {})
    if not isinstance(section, Mapping):
        raise WarehouseError(f"{name} in {SECRETS} must be a table: begin it with the line [{name}]")
    return section


def _missing(name: str, section: str, instead: str = "") -> WarehouseError:
    otherwise = f", or set {instead}" if instead else ""
    return WarehouseError(f"{section} needs {name}: put it under [{section}] into {SECRETS}{otherwise}")


def _unity_catalog(environment: Mapping[str, str]) -> TableName | None:
    catalog, schema, name = (environment.get(f"UC_{part}") for part in ("CATALOG", "SCHEMA", "TABLE"))
    if not name:
        return None
    for part, value in (("UC_CATALOG", catalog), ("UC_SCHEMA", schema)):
        if not value:
            raise WarehouseError(f"UC_TABLE={name} needs {part} as well: set it in app.yaml")
    return TableName(str(schema), name, catalog)


def _table(environment: Mapping[str, str], dialect: str) -> TableName:
    words = environment.get("STUDENT_SUCCESS_TABLE") or TABLE
    parts = _PART.findall(words)
    if len(parts) not in (2, 3) or ".".join(parts) != words:
        raise WarehouseError(f"STUDENT_SUCCESS_TABLE={words} is no table's name: write it as schema.table")
    *catalog, schema, name = (_unquoted(part, upper=dialect == "snowflake") for part in parts)
    return TableName(schema, name, catalog[0] if catalog else None)


_PART: Final = re.compile(r"""\"(?:[^"]|"")+"|`[^`]+`|[^\s."'`();,]+""")
"""One part of a table's name: in quotes as SQL has them, or of signs that need none."""


def _unquoted(part: str, *, upper: bool) -> str:
    if part[0] in '"`':
        return part[1:-1].replace('""', '"')
    return part.upper() if upper else part

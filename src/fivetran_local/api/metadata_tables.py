"""Tables and columns of a connection in the words of an older metadata API, which Airflow's lineage still asks."""

import base64
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from fivetran_local.api.composition import Local
from fivetran_local.api.envelope import success
from fivetran_local.api.pagination import Paged
from fivetran_local.connection_schemas import ConnectionSchemas
from fivetran_local.schema_config import ColumnConfig, TableConfig

router = APIRouter(prefix="/v1/metadata/connectors/{connection_id}")


@router.get("/tables")
def tables(local: Local, page: Paged, connection_id: str) -> Response:
    """List the tables."""
    config = ConnectionSchemas(local.connections).config(connection_id)
    parent = _identity(config.schema)
    data = page.of(
        "tables",
        config.tables,
        lambda table: (table.name, ""),
        lambda table: {
            "id": _identity(config.schema, table.name),
            "parent_id": parent,
            "name_in_source": table.source,
            "name_in_destination": table.name,
        },
    )
    return success(data)


@router.get("/columns")
def columns(local: Local, page: Paged, connection_id: str) -> Response:
    """List the columns of all tables."""
    config = ConnectionSchemas(local.connections).config(connection_id)
    data = page.of(
        "columns",
        ((table, column) for table in config.tables for column in table.columns),
        lambda pair: (pair[0].name, pair[1].name),
        lambda pair: _column(config.schema, *pair),
    )
    return success(data)


def _column(schema: str, table: TableConfig, column: ColumnConfig) -> dict[str, Any]:
    return {
        "id": _identity(schema, table.name, column.name),
        "parent_id": _identity(schema, table.name),
        "name_in_source": column.source,
        "name_in_destination": column.name,
        "type_in_source": column.type.name if column.type else None,
        "type_in_destination": column.type.sql if column.type else None,
        "is_primary_key": column.is_primary_key,
        "is_foreign_key": False,
    }


def _identity(*names: str) -> str:
    return base64.urlsafe_b64encode(".".join(names).encode()).decode().rstrip("=")

"""What a connection loads: its schema config, shown, made, changed and reloaded."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fivetran_local.api.bodies import body_of
from fivetran_local.api.composition import Local
from fivetran_local.api.envelope import success
from fivetran_local.api.schema_object import columns_object, schema_object
from fivetran_local.api.schema_requests import (
    ColumnBody,
    ConfigBody,
    DropColumnsBody,
    NewConfigBody,
    ReloadBody,
    SchemaBody,
    TableBody,
)
from fivetran_local.connection_schemas import ConnectionSchemas
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.schema_config import SchemaConfig
from fivetran_local.schema_edits import ExcludeMode, SchemaEdit, TableEdit

router = APIRouter(prefix="/v1/connections/{connection_id}/schemas")


@dataclass(frozen=True, slots=True)
class _Connection:
    """The connection that a path names, and its one schema."""

    identity: str
    schema: str
    schemas: ConnectionSchemas

    def edit(self, edit: SchemaEdit) -> SchemaConfig:
        return self.schemas.edit(self.identity, edit)


async def _connection_of(request: Request, local: Local) -> _Connection:
    identity, named = request.path_params["connection_id"], request.path_params.get("schema_name")
    schema = local.connections.settings(identity).schema
    if named not in (None, schema):
        raise NotFoundError("Schema", named)
    return _Connection(identity, schema, ConnectionSchemas(local.connections))


Connection = Annotated[_Connection, Depends(_connection_of)]


@router.get("")
def schema_config(connection: Connection) -> Response:
    """Show what a connection loads."""
    config = connection.schemas.config(connection.identity)
    return success(schema_object(config), "Schema configuration retrieved successfully")


@router.post("")
def create_schema_config(
    connection: Connection, body: Annotated[NewConfigBody, Depends(body_of(NewConfigBody))]
) -> Response:
    """Say what a connection is to load before its first sync shows what there is."""
    config = connection.schemas.create(connection.identity, body.edit(connection.schema))
    return success(schema_object(config), "Schema configuration pre-created successfully")


@router.patch("")
def modify_schema_config(connection: Connection, body: Annotated[ConfigBody, Depends(body_of(ConfigBody))]) -> Response:
    """Change what a connection loads."""
    config = connection.edit(body.edit(connection.schema))
    return success(schema_object(config), "Schema configuration has been modified")


@router.post("/reload")
def reload_schema_config(
    connection: Connection, body: Annotated[ReloadBody, Depends(body_of(ReloadBody, may_be_absent=True))]
) -> Response:
    """Make a config where there is none, and switch all tables where that is wanted.

    A function does not say what tables it has: they are known from what was loaded.
    """
    config = connection.schemas.reload(connection.identity, body.exclude_mode or ExcludeMode.PRESERVE)
    return success(schema_object(config), "Schema configuration has been reloaded")


@router.post("/drop-columns")
def drop_columns(
    connection: Connection, body: Annotated[DropColumnsBody, Depends(body_of(DropColumnsBody))]
) -> Response:
    """Drop blocked columns from the warehouse. That is done at once; Fivetran waits for the next sync."""
    connection.schemas.drop_columns(connection.identity, body.columns(connection.schema))
    return success(message="Column(s) successfully marked for deletion")


@router.post("/tables/resync")
async def resync_tables(connection: Connection) -> Response:
    """Refuse it: a function has one state for all of its tables."""
    path = f"/v1/connections/{connection.identity}/resync"
    raise InvalidInputError(f"a function's connection is re-synced as a whole: POST {path}")


@router.patch("/{schema_name}")
def modify_schema(connection: Connection, body: Annotated[SchemaBody, Depends(body_of(SchemaBody))]) -> Response:
    """Change the connection's one schema."""
    return success(schema_object(connection.edit(body.edit())), "Database schema configuration has been modified")


@router.patch("/{schema_name}/tables/{table_name}")
def modify_table(
    connection: Connection, table_name: str, body: Annotated[TableBody, Depends(body_of(TableBody))]
) -> Response:
    """Change a table."""
    config = connection.edit(SchemaEdit(tables={table_name: body.edit()}))
    return success(schema_object(config), "Table configuration has been modified")


@router.get("/{schema_name}/tables/{table_name}/columns")
def table_columns(connection: Connection, table_name: str) -> Response:
    """Show all columns of a table that were seen so far."""
    table = connection.schemas.config(connection.identity).table(table_name)
    return success(columns_object(table), "Column configuration retrieved successfully")


@router.patch("/{schema_name}/tables/{table_name}/columns/{column_name}")
def modify_column(
    connection: Connection,
    table_name: str,
    column_name: str,
    body: Annotated[ColumnBody, Depends(body_of(ColumnBody))],
) -> Response:
    """Change a column."""
    config = connection.edit(SchemaEdit(tables={table_name: TableEdit(columns={column_name: body.edit()})}))
    return success(schema_object(config), "Column configuration has been modified")


@router.delete("/{schema_name}/tables/{table_name}/columns/{column_name}")
def drop_column(connection: Connection, table_name: str, column_name: str) -> Response:
    """Drop a blocked column from the warehouse."""
    connection.schemas.drop_columns(connection.identity, {table_name: [column_name]})
    return success(message="Column successfully marked for deletion")

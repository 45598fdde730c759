"""The schema of a connection: its tables and columns, which of them are loaded, and what becomes of new ones."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.account.settings import SchemaChangeHandling, SchemaSettings
from fivetran_local.connection_schemas import ConnectionSchemas
from fivetran_local.errors import InvalidInputError, NotFoundError, WarehouseError
from fivetran_local.pages.about import About, about, row_counts
from fivetran_local.pages.forms import Form, SentForm
from fivetran_local.pages.history import patient
from fivetran_local.pages.site import Site
from fivetran_local.schema_config import SchemaConfig, TableConfig, schema_config
from fivetran_local.schema_edits import ColumnEdit, SchemaEdit, TableEdit

HANDLINGS: Final = {
    SchemaChangeHandling.ALLOW_ALL: "are loaded",
    SchemaChangeHandling.ALLOW_COLUMNS: "columns are loaded, tables are not",
    SchemaChangeHandling.BLOCK_ALL: "are not loaded",
}
"""What may become of tables and columns that appear after the initial sync, in words."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What the page shows."""

    config: SchemaConfig
    rows: dict[str, int]
    """How many each table has in the warehouse."""


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()
    schemas = ConnectionSchemas(site.connections)

    @router.get("/connections/{connection_id}/schema")
    def schema(connection_id: str, request: Request) -> Response:
        return _page(site, request, about(site, connection_id))

    @router.post("/connections/{connection_id}/schema")
    def save(connection_id: str, request: Request, form: SentForm) -> Response:
        one = about(site, connection_id)
        before = site.connections.get(connection_id).settings.wanted
        try:
            schemas.edit(connection_id, _edit(schema_of(site, one).config, form))
        except (InvalidInputError, NotFoundError) as error:
            return _page(site, request, one, str(error), status=422)
        again = site.connections.get(connection_id).is_historical_sync and before is None
        return site.see(f"{one.address}/schema", "schema-resync" if again and one.is_set_up else "schema")

    return router


def schema_of(site: Site, one: About) -> Schema:
    """Return the schema of a connection; an empty one before anything was loaded.

    Raises:
        WarehouseError: the warehouse is busy, or cannot be read.
    """
    settings = one.view.settings
    tables = patient(site.connections.warehouse(one.id)).tables(settings.schema)
    config = schema_config(settings.schema, settings.schemas or SchemaSettings(), tables)
    return Schema(config, dict(row_counts(site, one.id)))


def handling_in(form: Form) -> SchemaChangeHandling | None:
    """Return what was chosen for tables and columns that appear later; None where nothing was."""
    chosen = form.raw("schema_change_handling")
    return SchemaChangeHandling(chosen) if chosen in set(SchemaChangeHandling) else None


def _page(site: Site, request: Request, one: About, error: str = "", *, status: int = 200) -> Response:
    context: dict[str, Any] = {"about": one, "error": error, "handlings": HANDLINGS, "schema": None, "busy": ""}
    try:
        context["schema"] = schema_of(site, one)
    except WarehouseError as problem:
        context["busy"] = str(problem)
    return site.page(request, "schema.html", status, **context)


def _edit(config: SchemaConfig, form: Form) -> SchemaEdit:
    """Return what is to change: of what the form showed, whatever is not as it was when it was saved last."""
    shown, checked = set(form.all("shown")), set(form.all("load")) | set(form.all("hash"))
    tables = {}
    for table in config.tables:
        edit = _table_edit(table, shown, checked)
        if edit != TableEdit():
            tables[table.name] = edit
    return SchemaEdit(schema_change_handling=handling_in(form), tables=tables)


def _table_edit(table: TableConfig, shown: set[str], checked: set[str]) -> TableEdit:
    columns = {}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if name not in shown:
            continue
        loads = column.is_primary_key or name in checked
        edit = ColumnEdit(_changed(column.enabled, loads), _changed(column.hashed, f"hash {name}" in checked))
        if edit != ColumnEdit():
            columns[column.name] = edit
    loads = table.name in checked
    return TableEdit(_changed(table.enabled, loads) if table.name in shown else None, columns)


def _changed(old: bool, new: bool) -> bool | None:  # noqa: FBT001  # both are values of one setting
    return None if old == new else new

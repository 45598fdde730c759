"""Setting a connection up, step by step: test, schema, the initial sync with its progress, and what it created."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.connection_schemas import ConnectionSchemas
from fivetran_local.errors import WarehouseError
from fivetran_local.pages.about import About, about, row_counts
from fivetran_local.pages.forms import SentForm
from fivetran_local.pages.history import patient
from fivetran_local.pages.schema import HANDLINGS, handling_in
from fivetran_local.pages.site import Site
from fivetran_local.pages.steps import Step, progress_of
from fivetran_local.schema_edits import SchemaEdit
from fivetran_local.usage import ActiveRows, monthly_active_rows


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()
    schemas = ConnectionSchemas(site.connections)

    @router.get("/connections/{connection_id}/setup")
    def setup(connection_id: str, request: Request) -> Response:
        one = about(site, connection_id)
        return site.page(request, "setup.html", about=one, **setup_of(site, one))

    @router.post("/connections/{connection_id}/setup/schema")
    def choose(connection_id: str, form: SentForm) -> Response:
        schemas.create(connection_id, SchemaEdit(schema_change_handling=handling_in(form)))
        return site.see(f"/connections/{connection_id}/setup")

    return router


def setup_of(site: Site, one: About) -> dict[str, Any]:
    """Return what the steps show."""
    progress = progress_of(one.view)
    tables: dict[str, int] | None = {}
    active: ActiveRows | None = None
    if progress.now in (Step.SCHEMA, Step.DONE):
        try:
            tables = dict(row_counts(site, one.id))
            active = active_rows(site, one)
        except WarehouseError:
            tables = None
    return {"progress": progress, "Step": Step, "tables": tables, "active": active, "handlings": HANDLINGS}


def active_rows(site: Site, one: About) -> ActiveRows:
    """Return a connection's active rows of the month.

    Raises:
        WarehouseError: the warehouse is busy, or cannot be read.
    """
    return monthly_active_rows(patient(site.connections.warehouse(one.id)), one.name, one.view.now)

"""What is sent to change what a connection loads. Clients leave fields out, or send null, for what is to stay."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fivetran_local.account.settings import SchemaChangeHandling
from fivetran_local.api.bodies import Fields
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.schema_edits import ColumnEdit, ExcludeMode, SchemaEdit, TableEdit

SyncMode = Literal["SOFT_DELETE", "HISTORY", "LIVE"]


class Changes(Fields):
    """A body that is there to change something."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("no field to change is in it")
        return self


class ColumnBody(Changes):
    """What is to become of a column."""

    enabled: bool | None = None
    hashed: bool | None = None
    is_primary_key: bool | None = None

    def edit(self) -> ColumnEdit:
        """Return it as an edit."""
        return ColumnEdit(self.enabled, self.hashed, self.is_primary_key)


class TableBody(Changes):
    """What is to become of a table."""

    enabled: bool | None = None
    sync_mode: SyncMode | None = None
    columns: dict[str, ColumnBody] | None = None

    def edit(self) -> TableEdit:
        """Return it as an edit.

        Raises:
            InvalidInputError: it wants what tables of functions do not have.
        """
        if self.sync_mode == "HISTORY":
            raise InvalidInputError("sync_mode: tables of functions have no history mode")
        return TableEdit(self.enabled, {name: column.edit() for name, column in (self.columns or {}).items()})


class SchemaBody(Changes):
    """What is to become of a schema."""

    enabled: bool | None = None
    tables: dict[str, TableBody] | None = None

    def edit(self) -> SchemaEdit:
        """Return it as an edit."""
        tables = {name: table.edit() for name, table in (self.tables or {}).items()}
        return SchemaEdit(enabled=self.enabled, tables=tables)


class ConfigBody(Changes):
    """What is to become of a schema config."""

    schema_change_handling: Annotated[SchemaChangeHandling | None, Field(strict=False)] = None
    schemas: dict[str, SchemaBody] | None = None
    is_type_locked: bool | None = None

    def edit(self, schema: str) -> SchemaEdit:
        """Return it as an edit of the one schema that a function's connection has.

        Raises:
            NotFoundError: it names another schema.
            InvalidInputError: it wants what connections of functions do not have here.
        """
        if self.is_type_locked:
            raise InvalidInputError("is_type_locked: types are not locked here: a column is widened when it has to be")
        bodies = self.schemas or {}
        _check_only(schema, bodies)
        edit = bodies[schema].edit() if schema in bodies else SchemaEdit()
        return SchemaEdit(self.schema_change_handling, edit.enabled, edit.tables)


class NewConfigBody(ConfigBody):
    """A schema config that is made before the first sync."""

    schemas: dict[str, SchemaBody]


class ReloadBody(Fields):
    """How a schema config is reloaded."""

    exclude_mode: Annotated[ExcludeMode | None, Field(strict=False)] = None


class _DroppedTable(Fields):
    columns: list[str]


class _DroppedSchema(Fields):
    tables: dict[str, _DroppedTable]


class DropColumnsBody(Fields):
    """Columns to drop from the warehouse."""

    schemas: dict[str, _DroppedSchema]

    def columns(self, schema: str) -> dict[str, list[str]]:
        """Return them by table.

        Raises:
            NotFoundError: it names another schema than the connection's.
        """
        _check_only(schema, self.schemas)
        return {name: table.columns for dropped in self.schemas.values() for name, table in dropped.tables.items()}


def _check_only(schema: str, named: Iterable[str]) -> None:
    """Refuse the name of any schema but the connection's."""
    for name in named:
        if name != schema:
            raise NotFoundError("Schema", name)

"""A connection's schema config as it looks from outside: what its settings and its warehouse together say it loads."""

from collections.abc import Mapping
from dataclasses import dataclass

from fivetran_local.account.settings import ColumnSettings, SchemaSettings, TableSettings
from fivetran_local.catalog import KnownTable
from fivetran_local.columns import ColumnType
from fivetran_local.errors import NotFoundError
from fivetran_local.naming import column_name


@dataclass(frozen=True, slots=True)
class ColumnConfig:
    """A column of the source."""

    source: str
    """Its name in the function; where nobody said it, that in the warehouse."""
    name: str
    """Its name in the warehouse."""
    type: ColumnType | None
    """None where the warehouse does not have it."""
    enabled: bool = True
    hashed: bool = False
    is_primary_key: bool = False
    was_set: bool = False
    """Whether the settings say something of it."""


@dataclass(frozen=True, slots=True)
class TableConfig:
    """A table of the source."""

    source: str
    """Its name in the function."""
    name: str
    """Its name in the warehouse."""
    enabled: bool
    columns: tuple[ColumnConfig, ...]
    """By name."""
    is_known: bool
    """Whether the warehouse has it."""

    def column(self, key: str) -> ColumnConfig | None:
        """Return the column that somebody means: by its name here or there, or by a spelling that gets that name."""
        exact = (column for column in self.columns if key in (column.source, column.name))
        named = (column for column in self.columns if column.name == column_name(key))
        return next(exact, None) or next(named, None)


@dataclass(frozen=True, slots=True)
class SchemaConfig:
    """What a connection loads."""

    schema: str
    """The one schema of the connection, which is called like it; the same name in the source and the warehouse."""
    settings: SchemaSettings
    tables: tuple[TableConfig, ...]
    """By name: those in the warehouse and those that the settings name."""

    def table(self, key: str) -> TableConfig:
        """Return the table of a name, in the function's exact spelling or the warehouse's.

        Raises:
            NotFoundError: there is none.
        """
        found = next((table for table in self.tables if key in (table.source, table.name)), None)
        if found is None:
            raise NotFoundError("Table", key)
        return found


def schema_config(schema: str, settings: SchemaSettings, known: Mapping[str, KnownTable]) -> SchemaConfig:
    """Join what somebody set and what the warehouse has.

    Args:
        schema: name of the connection.
        settings: its settings.
        known: its tables in the warehouse, by their names there.
    """
    names = sorted({*known, *settings.tables})
    return SchemaConfig(
        schema, settings, tuple(_table(name, settings.tables.get(name), known.get(name)) for name in names)
    )


def _table(name: str, settings: TableSettings | None, known: KnownTable | None) -> TableConfig:
    set_columns = settings.columns if settings else {}
    types = known.columns if known else {}
    keys = {column_name(column): column for column in known.primary_key} if known else {}
    names = dict.fromkeys((*keys, *types, *set_columns))
    columns = (_column(column, set_columns.get(column), types.get(column), keys.get(column)) for column in names)
    return TableConfig(
        source=known.source if known else settings.source if settings else name,
        name=name,
        enabled=settings.enabled if settings else True,
        columns=tuple(sorted(columns, key=lambda column: column.name)),
        is_known=known is not None,
    )


def _column(name: str, settings: ColumnSettings | None, kind: ColumnType | None, key: str | None) -> ColumnConfig:
    given = settings or ColumnSettings()
    return ColumnConfig(
        source=given.source or key or name,
        name=name,
        type=kind,
        enabled=given.enabled or key is not None,
        hashed=given.hashed,
        is_primary_key=key is not None,
        was_set=settings is not None,
    )

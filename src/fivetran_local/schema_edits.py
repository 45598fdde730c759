"""Changing what a connection loads, as values: what somebody asks for, what a sync finds, what a reload does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from fivetran_local.account.settings import ColumnSettings, SchemaChangeHandling, SchemaSettings, TableSettings
from fivetran_local.blocking import LeftOut
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.naming import SYSTEM_COLUMNS, column_name, table_name
from fivetran_local.schema_config import SchemaConfig, TableConfig

_Switch = TypeVar("_Switch", SchemaSettings, TableSettings)


@dataclass(frozen=True, slots=True)
class ColumnEdit:
    """What is to become of a column; None: as it is."""

    enabled: bool | None = None
    hashed: bool | None = None
    is_primary_key: bool | None = None


@dataclass(frozen=True, slots=True)
class TableEdit:
    """What is to become of a table; None: as it is."""

    enabled: bool | None = None
    columns: Mapping[str, ColumnEdit] = field(default_factory=dict)
    """By name in the function or the warehouse."""


@dataclass(frozen=True, slots=True)
class SchemaEdit:
    """What is to become of a schema config; None: as it is."""

    schema_change_handling: SchemaChangeHandling | None = None
    enabled: bool | None = None
    tables: Mapping[str, TableEdit] = field(default_factory=dict)
    """By name in the function or the warehouse."""


class ExcludeMode(StrEnum):
    """What a reload does with the tables that are known."""

    PRESERVE = "PRESERVE"
    """They stay as they are."""
    EXCLUDE = "EXCLUDE"
    """None is loaded from now on."""
    INCLUDE = "INCLUDE"
    """All are loaded from now on."""


def edited(config: SchemaConfig, edit: SchemaEdit, now: datetime) -> SchemaSettings:
    """Return the settings after an edit.

    Before a whole first sync nobody knows what the source has, so any table and column may be named; after it, only
    those that are there.

    Raises:
        NotFoundError: it names a table or a column that is not there.
        InvalidInputError: it would leave out a column of a key, or touch one of Fivetran's own.
    """
    old = config.settings
    tables = dict(old.tables)
    for key, table_edit in edit.tables.items():
        table = _table_of(config, key)
        before = tables.get(table.name) or TableSettings(source=table.source)
        tables[table.name] = replace(
            _switched(before, table_edit.enabled, now), columns=_columns(old, table, before, table_edit)
        )
    handling = edit.schema_change_handling or old.schema_change_handling
    return replace(_switched(old, edit.enabled, now), schema_change_handling=handling, tables=tables)


def reloaded(config: SchemaConfig, mode: ExcludeMode, now: datetime) -> SchemaSettings:
    """Return the settings after a reload: tables and columns are known from what was loaded, so none is found by it."""
    if mode is ExcludeMode.PRESERVE:
        return config.settings
    enabled = mode is ExcludeMode.INCLUDE
    return edited(config, SchemaEdit(tables={table.name: TableEdit(enabled) for table in config.tables}), now)


def with_left_out(settings: SchemaSettings | None, found: LeftOut, at: datetime) -> SchemaSettings:
    """Return the settings with what a sync, started at `at`, saw for the first time and left out, as not loaded."""
    settings = settings or SchemaSettings()
    tables = {
        name: TableSettings(enabled=False, source=source, disabled_at=at) for name, source in found.tables.items()
    }
    tables.update(settings.tables)
    for name, columns in found.columns.items():
        table = tables.get(name, TableSettings())
        new = {column: ColumnSettings(enabled=False, source=source) for column, source in columns.items()}
        tables[name] = replace(table, columns={**new, **table.columns})
    return replace(settings, tables=tables)


def after_success(settings: SchemaSettings | None, *, historical: bool) -> SchemaSettings:
    """Return the settings after a sync that succeeded; `historical`: whether it has yet to come to its end."""
    settings = settings or SchemaSettings()
    return replace(settings, captured=settings.captured or not historical)


def needs_resync(config: SchemaConfig, new: SchemaSettings, last_started_at: datetime | None) -> bool:
    """Tell whether only a sync from the beginning brings what the new settings let in.

    Functions are re-synced as a whole or not at all. It takes one when a table is loaded again of which a sync since
    left something out, and when a column of a key is hashed, or no longer: the rows under the other keys are the
    same rows.

    Args:
        config: as it was.
        new: the settings that follow.
        last_started_at: when the connection's last sync started.
    """
    old = config.settings
    if last_started_at is None:
        return False
    if not old.enabled and new.enabled and _was_missed(old, last_started_at):
        return True
    for table in config.tables:
        before, after = old.tables.get(table.name), new.tables.get(table.name)
        is_loaded = new.enabled and (after is None or after.enabled)
        if not is_loaded:
            continue
        if before and not before.enabled and _was_missed(before, last_started_at):
            return True
        hashes = after.columns if after else {}
        for column in table.columns:
            if column.is_primary_key and hashes.get(column.name, ColumnSettings()).hashed != column.hashed:
                return True
    return False


def _was_missed(disabled: SchemaSettings | TableSettings, last_started_at: datetime) -> bool:
    return disabled.disabled_at is None or last_started_at >= disabled.disabled_at


def _table_of(config: SchemaConfig, key: str) -> TableConfig:
    try:
        return config.table(key)
    except NotFoundError:
        if config.settings.captured:
            raise
    name = table_name(key)
    if not name:
        raise InvalidInputError("tables: the name of a table is empty")
    return TableConfig(key, name, enabled=True, columns=(), is_known=False)


def _columns(
    settings: SchemaSettings, table: TableConfig, before: TableSettings, edit: TableEdit
) -> dict[str, ColumnSettings]:
    columns = dict(before.columns)
    for key, column_edit in edit.columns.items():
        where, name = f"{table.source}.{key}", column_name(key)
        if not name or name in SYSTEM_COLUMNS:
            raise InvalidInputError(f"{where}: no column of a source is called so; Fivetran's own are always there")
        known = table.column(key)
        if known is None and settings.captured and table.is_known:
            raise NotFoundError("Column", key)
        is_key = bool(known and known.is_primary_key)
        if is_key and column_edit.enabled is False:
            raise InvalidInputError(f"{where}: a column of the primary key cannot be left out; it can be hashed")
        if known and table.is_known and column_edit.is_primary_key not in (None, is_key):
            raise InvalidInputError(f"{where}: is_primary_key: the function declares the keys of its tables")
        name = known.name if known else name
        old = columns.get(name, ColumnSettings())
        columns[name] = ColumnSettings(
            enabled=old.enabled if column_edit.enabled is None else column_edit.enabled,
            hashed=old.hashed if column_edit.hashed is None else column_edit.hashed,
            source=key if key != name else old.source,
        )
    return columns


def _switched(settings: _Switch, enabled: bool | None, now: datetime) -> _Switch:  # noqa: FBT001  # None: as it is
    if enabled is None or enabled == settings.enabled:
        return settings
    return replace(settings, enabled=enabled, disabled_at=None if enabled else now)

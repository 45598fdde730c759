"""The schema config as the REST API shows it."""

from typing import Any, Final

from fivetran_local.account.settings import SchemaChangeHandling
from fivetran_local.schema_config import ColumnConfig, SchemaConfig, TableConfig

_KEY: Final = "it is of the primary key, by which rows are told apart"


def schema_object(config: SchemaConfig) -> dict[str, Any]:
    """Return a whole config: every table, and of its columns those that somebody, or a sync, ever set."""
    handling = config.settings.schema_change_handling
    return {
        "schema_change_handling": handling.value,
        "enable_new_by_default": handling is SchemaChangeHandling.ALLOW_ALL,
        "schemas": {
            config.schema: {
                "name_in_destination": config.schema,
                "enabled": config.settings.enabled,
                "tables": {table.source: _table(table) for table in config.tables},
            }
        },
    }


def columns_object(table: TableConfig) -> dict[str, Any]:
    """Return all columns of a table."""
    return {"columns": {column.source: _column(column) for column in table.columns}}


def _table(table: TableConfig) -> dict[str, Any]:
    return {
        "name_in_destination": table.name,
        "enabled": table.enabled,
        "enabled_patch_settings": {"allowed": True},
        "supports_columns_config": True,
        "supports_history_mode": False,
        "columns": {column.source: _column(column) for column in table.columns if column.was_set},
    }


def _column(column: ColumnConfig) -> dict[str, Any]:
    fixed = {"allowed": False, "reason_code": "SYSTEM_COLUMN", "reason": _KEY}
    return {
        "name_in_destination": column.name,
        "enabled": column.enabled,
        "hashed": column.hashed,
        "is_primary_key": column.is_primary_key,
        "enabled_patch_settings": fixed if column.is_primary_key else {"allowed": True},
    }

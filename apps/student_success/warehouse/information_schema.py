"""Which columns a table of Snowflake's has, from the information schema of its database."""

from typing import Final

from warehouse.protocol import Column, Kind, Session, Statement, TableName

_COLUMNS: Final = (
    "SELECT column_name, data_type, numeric_scale FROM {catalog}information_schema.columns"
    " WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position"
)
_KINDS: Final[dict[str, Kind]] = {
    "TEXT": "text", "FLOAT": "number", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP_NTZ": "time", "TIMESTAMP_LTZ": "time", "TIMESTAMP_TZ": "time",
}  # fmt: skip


def columns_of(session: Session, table: TableName) -> tuple[Column, ...]:
    """Return a table's columns in its order; none where there is no such table, or none that the role may see."""
    catalog = "" if table.catalog is None else '"' + table.catalog.replace('"', '""') + '".'
    found = session.rows(Statement(_COLUMNS.format(catalog=catalog), [table.schema, table.name]))
    return tuple(Column(row["column_name"], _kind(row["data_type"], row["numeric_scale"])) for row in found)


def _kind(type_: str, scale: int | None) -> Kind:
    if type_ == "NUMBER":
        return "number" if scale else "integer"
    return _KINDS.get(type_, "other")

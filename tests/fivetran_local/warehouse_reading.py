"""Looking into a warehouse file as anybody could, without our own readers."""

from pathlib import Path
from typing import Any

import duckdb


def query(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as database:
        database.execute("SET TimeZone = 'UTC'")
        return database.execute(sql, list(parameters)).fetchall()


def types(path: Path, schema: str, table: str) -> dict[str, str]:
    sql = (
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = ? AND table_name = ? AND database_name = current_database() ORDER BY column_index"
    )
    return dict(query(path, sql, schema, table))


def rows(path: Path, schema: str, table: str) -> list[dict[str, str | None]]:
    """Every row, each cell as DuckDB's own text for it."""
    names = list(types(path, schema, table))
    cells = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in names)
    found = query(path, f'SELECT {cells} FROM "{schema}"."{table}"')
    return [dict(zip(names, row, strict=True)) for row in found]


def dump(path: Path, schema: str) -> dict[str, Any]:
    """All tables of a schema: types and rows, in no particular order."""
    sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? ORDER BY 1"
    return {
        table: (
            dict(sorted(types(path, schema, table).items())),
            sorted(tuple(sorted((k, v or "") for k, v in row.items())) for row in rows(path, schema, table)),
        )
        for (table,) in query(path, sql, schema)
    }

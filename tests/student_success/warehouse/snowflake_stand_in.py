"""fakesnow behind Snowflake's own connector, with the table as Fivetran writes it: every name in upper case."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import fakesnow

from warehouse.protocol import Statement, TableName
from warehouse.snowflake import Snowflake

TYPES = {
    "VARCHAR": "TEXT", "BIGINT": "NUMBER(38,0)", "DOUBLE": "FLOAT", "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP_NTZ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ",
}  # fmt: skip
TABLE = TableName("HED", "HED_RECORDS", "SYNCED")
ROWS_AT_ONCE = 50


@contextmanager
def snowflake(records: str) -> Iterator[Snowflake]:
    """Run a server with the records of a Parquet file until the block ends."""
    with fakesnow.server() as address:
        login = {**address, "database": TABLE.catalog, "schema": TABLE.schema, "network_timeout": 60}
        warehouse = Snowflake(TABLE, login, "Snowflake account fakesnow")
        rows = duckdb.sql("SET TimeZone = 'UTC'; SELECT * FROM read_parquet(?)", params=[records])
        with warehouse.connect() as session:
            names = [f'"{name.upper()}"' for name in rows.columns]
            types = ", ".join(f"{name} {TYPES[str(type_)]}" for name, type_ in zip(names, rows.types, strict=True))
            session.execute(Statement(f'CREATE TABLE "HED_RECORDS" ({types})', []))
            cells = rows.fetchall()
            for start in range(0, len(cells), ROWS_AT_ONCE):
                some = cells[start : start + ROWS_AT_ONCE]
                marks = ", ".join([f"({', '.join('?' * len(names))})"] * len(some))
                bound = [cell for row in some for cell in row]
                session.execute(Statement(f'INSERT INTO "HED_RECORDS" VALUES {marks}', bound))
        yield warehouse

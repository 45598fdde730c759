"""A stand-in for a remote warehouse, with the app's own client before it; run in an environment of its own.

stand_in.py snowflake|databricks RECORDS.parquet

It answers statements from its input, each pickled, with rows, columns or an error, each pickled.
"""

import os
import pickle
import sys
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, TableName, Warehouse


def main(name: str, records: str) -> None:
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints is no answer
    if name == "snowflake":
        from snowflake_stand_in import snowflake as stand_in
    else:
        from databricks_stand_in import databricks as stand_in
    with stand_in(records) as warehouse, warehouse.connect() as session:
        while asked := _asked():
            pickle.dump(_answer(asked, warehouse, session), answers)
            answers.flush()


def _asked() -> Any:
    try:
        return pickle.load(sys.stdin.buffer)
    except EOFError:
        return None


def _answer(asked: Any, warehouse: Warehouse, session: Any) -> Any:
    try:
        match asked:
            case TableName():
                return session.columns(asked)
            case Statement():
                return session.rows(asked)
            case ("version",):
                return warehouse.version()
            case ("batches", Statement() as statement, int() as size):
                return list(session.batches(statement, size))
            case ("active session", Statement() as statement):
                return _active(session).rows(statement)
            case ("execute", Statement() as statement):
                return session.execute(statement)
    except WarehouseError as error:
        return error
    raise AssertionError(asked)


def _active(session: Any) -> Any:
    """Return the adapter over Snowpark's active session, which Streamlit in Snowflake gives to an app."""
    from snowflake.snowpark import Session

    from warehouse.snowpark import ActiveSession

    Session.builder.configs({"connection": session._lease.connection}).getOrCreate()
    return ActiveSession("Snowflake")


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # a client's own threads may wait for each other

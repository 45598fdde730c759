"""The session that Streamlit in Snowflake's warehouse runtime gives to an app: logged in as the app's owner."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from warehouse.errors import WarehouseError
from warehouse.information_schema import columns_of
from warehouse.protocol import Column, Statement, TableName
from warehouse.query import Row
from warehouse.remote import QUERY_SECONDS, told
from warehouse.values import plain

_one_at_a_time: Final = threading.RLock()
"""The active session is one for all threads, and is not made for two of them at once."""


def is_given() -> bool:
    """Return whether this process runs where Snowflake gives it a session."""
    return importlib.util.find_spec("_snowflake") is not None


class ActiveSession:
    """Snowpark's active session: what it is asked is bound by position, and it is never closed."""

    def __init__(self, place: str) -> None:
        self._place = place

    def columns(self, table: TableName) -> tuple[Column, ...]:
        """Return the table's columns."""
        return columns_of(self, table)

    def rows(self, statement: Statement) -> list[Row]:
        """Return the whole answer."""
        with self._sent(statement) as (frame, settings):
            return [_row(row) for row in frame.collect(statement_params=settings)]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        """Return a long answer, `size` rows at a time."""
        with self._sent(statement) as (frame, settings):
            batch = []
            for row in frame.to_local_iterator(statement_params=settings):
                batch.append(_row(row))
                if len(batch) == size:
                    yield batch
                    batch = []
            if batch:
                yield batch

    def execute(self, statement: Statement) -> None:
        """Run a statement that has no answer."""
        self.rows(statement)

    @contextmanager
    def _sent(self, statement: Statement) -> Iterator[tuple[Any, dict[str, str]]]:
        try:
            from snowflake.snowpark.context import get_active_session
            from snowflake.snowpark.exceptions import SnowparkClientException
        except ModuleNotFoundError:
            message = "no login for Snowflake: put one under [snowflake] into .streamlit/secrets.toml"
            raise WarehouseError(message) from None
        with _one_at_a_time:
            try:
                frame = get_active_session().sql(statement.text, params=list(statement.parameters))
                yield frame, {"STATEMENT_TIMEOUT_IN_SECONDS": str(QUERY_SECONDS)}
            except SnowparkClientException as error:
                raise told(self._place, error) from None


def _row(row: Any) -> Row:  # noqa: ANN401  # Snowpark has no types here
    return {name.strip('"').lower(): plain(value) for name, value in row.as_dict().items()}

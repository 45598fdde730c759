"""This connector through Fivetran's Connector SDK: plays Fivetran for `main(request)`, page after page.

`./fivetran deploy NAME --target connector-sdk` stages it beside `main.py` and the runtime; nothing in the connector
knows of it. What is mapped how, and what differs from the function route: docs/connector-sdk.md.
"""

import importlib
import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent))  # what stands beside this file wins over what is installed

import fivetran_connector_sdk  # type: ignore[import-not-found]  # it has an environment of its own
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log  # noqa: N813  # the SDK's manual names it so
from fivetran_connector_sdk import Operations as op  # noqa: N813

from fivetran_function import wire
from fivetran_function.secrets import Secrets
from fivetran_protocol import (
    ErrorReport,
    FunctionRequest,
    FunctionResponse,
    Row,
    Severity,
    State,
    read_response,
)
from fivetran_protocol.limits import MAX_CONSECUTIVE_EMPTY_RESPONSES

main: Final = importlib.import_module("main").main
BUILD: Final[str] = importlib.import_module("connector_build").BUILD
DECLARATION: Final = main.declaration
VERSION_1: Final = fivetran_connector_sdk.__version__.startswith("1.")
LONGEST_INTEGER: Final = 2**63 - 1


def schema(configuration: Mapping[str, str]) -> list[dict[str, Any]]:
    """Name every table and its key. Types are left to be inferred, as they are from a function's rows."""
    _ = configuration
    return [
        {"table": name, "primary_key": list(table.primary_key)} if table.primary_key else {"table": name}
        for name, table in DECLARATION.tables.items()
    ]


def update(configuration: Mapping[str, str], state: State) -> Iterator[object]:
    """Sync once: call `main` while it says `hasMore`, and send each page's rows, its deletes and its state.

    Raises:
        RuntimeError: what Fivetran would show of a function's failure, or refuse of its answer. Pages before it stay.
    """
    conversation = Conversation(dict(configuration))
    while True:
        page = conversation.page_after(state)
        for table, rows in page.insert.items():
            for row in rows:
                yield exactly(op.upsert(table, sendable(row)), row)
        for table, rows in page.delete.items():
            for row in rows:
                yield op.delete(table, {column: row[column] for column in page.primary_key(table)})
        yield op.checkpoint(dict(page.state))
        if not page.has_more:
            return
        state = page.state


class Conversation:
    """One sync's calls of `main`, with what ends them before their time."""

    def __init__(self, secrets: dict[str, Any]) -> None:
        self._secrets = secrets
        self._redact = Secrets(secrets, DECLARATION.public_keys).redact
        self._sync_id = str(uuid.uuid4())
        self._empty_pages = 0
        self._warned: set[str] = set()
        log.info(f"{BUILD}, sync {self._sync_id}")

    def page_after(self, state: State) -> FunctionResponse:
        """Return the page that follows a state.

        Raises:
            RuntimeError: the call failed, or the page cannot be used.
        """
        page = self._read(self._call(state))
        if page.has_more and json.dumps(page.state, sort_keys=True) == json.dumps(state, sort_keys=True):
            self._refuse("it says hasMore but returns the state it was given: move the state with every page")
        self._empty_pages = self._empty_pages + 1 if page.is_empty else 0
        if page.has_more and self._empty_pages > MAX_CONSECUTIVE_EMPTY_RESPONSES:
            self._refuse(f"{self._empty_pages} pages in a row had no row and said hasMore: say false at the end")
        if isinstance(page.soft_delete, tuple) and page.soft_delete:
            table = page.soft_delete[0]
            self._refuse(f"softDelete lists '{table}': the SDK cannot mark unsent rows; return them in 'delete'")
        for table, rows in page.delete.items():
            if rows and not page.primary_key(table):
                self._refuse(f"'{table}' has rows to delete and no primary key: declare one in @connector")
        return page

    def _call(self, state: State) -> object:
        request = FunctionRequest("Fivetran Connector SDK", state, self._secrets, self._sync_id)
        answer = main(SimpleNamespace(json=request.to_wire()))
        body = answer[0] if isinstance(answer, tuple) else answer
        report = ErrorReport.from_wire(body)
        if report:
            self._refuse(str(report))
        try:
            return json.loads(wire.encode(body))  # by the way of HTTP a date is text and NaN is null: here as well
        except (TypeError, ValueError, RecursionError) as error:
            self._refuse(f"its answer cannot be written as JSON: {error}")

    def _read(self, body: object) -> FunctionResponse:
        reading = read_response(body)
        for finding in reading.findings:
            if finding.severity is Severity.WARNING and str(finding) not in self._warned:
                self._warned.add(str(finding))
                log.warning(self._redact(str(finding)))
        if reading.response is None:
            self._refuse(str(reading.refusals[0]))
        return reading.response

    def _refuse(self, reason: str) -> NoReturn:
        raise RuntimeError(f"{DECLARATION.name}: {self._redact(reason)}") from None


def sendable(row: Row) -> dict[str, Any]:
    """Replace what `op.upsert` refuses, or reads as a shorter number, by its JSON text; `exactly` mends the type."""
    return {
        column: json.dumps(value)
        if (type(value) is list and VERSION_1) or (type(value) is int and abs(value) > LONGEST_INTEGER)
        else value
        for column, value in row.items()
    }


def exactly(upserted: Any, row: Row) -> Any:  # noqa: ANN401  # a list of the SDK's messages in 1.x, afterwards nothing
    """Give the values of an upserted row back what version 1 of the SDK takes for something else.

    It takes a boolean for 0 or 1 and a float for one of 32 bits, and does not take lists. Later versions send the row
    themselves and return nothing that could be mended; their release notes mend booleans (2.2.0) and lists (2.3.1).
    """
    if VERSION_1:
        from fivetran_connector_sdk.helpers import get_renamed_column_name  # type: ignore[import-not-found]

        for message in upserted:
            values = message.operation.record.data
            for column, value in row.items():
                match value:
                    case bool():
                        values[get_renamed_column_name(column)].bool = value
                    case float():
                        values[get_renamed_column_name(column)].double = value
                    case list():
                        values[get_renamed_column_name(column)].json = json.dumps(value)
                    case int() if abs(value) > LONGEST_INTEGER:
                        values[get_renamed_column_name(column)].decimal = str(value)
    return upserted


connector = Connector(update=update, schema=schema)

"""`@connector`: a function from a request to a page becomes the entry point `main(request)` of a Cloud Function."""

import functools
import os
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeAlias

from fivetran_function import logs, wire
from fivetran_function.budget import TimeBudget
from fivetran_function.declaration import Declaration
from fivetran_function.errors import FunctionError
from fivetran_function.secrets import Secrets
from fivetran_function.source import Source
from fivetran_protocol import ErrorReport, FunctionRequest, Json, MalformedRequestError, State, Table
from fivetran_protocol import FunctionResponse as Response

FOLDER_VARIABLE: Final = "FUNCTION_FOLDER"
"""Set by the local Fivetran to the staged folder that it runs."""

Answer: TypeAlias = dict[str, Json] | tuple[dict[str, Json], int]
"""What `main` returns: a plain dict, or for a failure the error report and its HTTP status."""


@dataclass(frozen=True, slots=True)
class Request:
    """One invocation, as a connector sees it."""

    state: State
    """Where the last page left off; empty at the very start."""
    secrets: Secrets
    source: Source
    """Asks the source, within this invocation's time."""
    budget: TimeBudget
    sync_id: str | None = None
    setup_test: bool = False
    """True: ask for as little as proves the credentials. Rows and state of the answer are dropped."""
    custom_payload: Mapping[str, Json] = field(default_factory=dict)


def connector(
    name: str, schema: Mapping[str, Mapping[str, Sequence[str]]], public_keys: Collection[str] = ()
) -> Callable[[Callable[[Request], Response]], Callable[[object], Answer]]:
    """Make `main(request)` of a function that turns a `Request` into one page.

    Args:
        name: The connector's name, for its log lines.
        schema: Every table it can fill, as Fivetran reads it: `{"users": {"primary_key": ["id"]}}`, `{}` for no key.
        public_keys: The settings that are no secret; every other value in `secrets` is masked wherever it appears.

    Returns:
        A decorator. The decorated function takes Flask's request (or a double with `.get_json()` or `.json`) and
        returns a plain dict; a failure becomes `(error report, status)`, never an exception. Its attribute
        `declaration` holds what was declared here.

    Example:
        @connector("users", schema={"users": {"primary_key": ["id"]}}, public_keys=("base_url",))
        def main(request: Request) -> Response: ...
    """
    tables = {table: Table(tuple(declared.get("primary_key", ()))) for table, declared in schema.items()}
    declaration = Declaration(name, tables, tuple(public_keys))
    pages = logs.PageCounter()

    def decorate(read_page: Callable[[Request], Response]) -> Callable[[object], Answer]:
        _assert_this_copy_is_meant()
        wire.speak_fast_json()  # functions-framework imports a connector inside its application's context

        @functools.wraps(read_page)
        def main(http_request: object) -> Answer:
            logs.install()
            started = time.perf_counter()
            context = logs.LogContext(name, trace=logs.trace_of(http_request))
            token = logs.CONTEXT.set(context)
            try:
                budget = TimeBudget.from_environment()
                call = FunctionRequest.from_wire(wire.read_body(http_request))
                secrets = Secrets(call.secrets, public_keys)
                context.sync_id, context.page, context.redact = call.sync_id, pages.next(call.sync_id), secrets.redact
                request = _request(call, secrets, budget)
                answer = _answer(request, read_page(request), tables)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # Fivetran is told, and the server lives
                return _report(error, context, started)
            else:
                _log_page(answer, started, setup_test=call.setup_test)
                return answer.to_wire()
            finally:
                logs.CONTEXT.reset(token)

        main.declaration = declaration  # type: ignore[attr-defined]  # functions-framework wants a plain function
        return main

    return decorate


def _assert_this_copy_is_meant() -> None:
    """Stop a function that would run on another copy of this runtime than the one staged beside its `main.py`.

    functions-framework puts a function's folder last on `sys.path`, so a copy that is installed would win unnoticed.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and not Path(__file__).resolve().is_relative_to(folder):
        message = f"the runtime was imported from {Path(__file__).parent}, not from the staged folder {folder}"
        raise ImportError(message)


def _request(call: FunctionRequest, secrets: Secrets, budget: TimeBudget) -> Request:
    return Request(
        state=call.state,
        secrets=secrets,
        source=Source(budget),
        budget=budget,
        sync_id=call.sync_id,
        setup_test=call.setup_test,
        custom_payload=call.custom_payload,
    )


def _answer(request: Request, response: object, tables: Mapping[str, Table]) -> Response:
    """Complete a connector's response with the schema of the tables it names, or empty it after a setup test."""
    if not isinstance(response, Response):
        message = f"the connector returned a {type(response).__name__}: end it with `return Response(...)`"
        raise FunctionError(message)
    named = {*response.insert, *response.delete}
    if unknown := sorted(named - tables.keys()):
        message = f"the connector fills the table '{unknown[0]}' without declaring it: add it to @connector(schema=...)"
        raise FunctionError(message)
    schema = {name: table for name, table in tables.items() if name in named}
    if request.setup_test:
        return Response(state=request.state, schema=schema)
    return replace(response, schema=schema)


def _log_page(response: Response, started: float, *, setup_test: bool) -> None:
    rows = sum(map(len, response.insert.values()))
    deletes = sum(map(len, response.delete.values()))
    fields: dict[str, object] = {"rows": rows, "ms": round((time.perf_counter() - started) * 1000, 1)}
    if deletes:
        fields["deletes"] = deletes
    fields["has_more"] = response.has_more
    logs.write("INFO", "setup test passed" if setup_test else "page", fields)


def _report(error: BaseException, context: logs.LogContext, started: float) -> Answer:
    """Turn any failure into Fivetran's error report, its secrets taken out, and log it."""
    redact = context.redact
    status = int(error.status) if isinstance(error, FunctionError) else int(HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, MalformedRequestError):
        status = int(HTTPStatus.BAD_REQUEST)
    kind = type(error).__name__
    message = redact(str(error)) or kind
    lines = [line for part in traceback.format_exception(error) for line in part.splitlines()]
    report = ErrorReport(message, kind, tuple(redact("\n".join(lines)).splitlines()))
    fields = {"error_type": kind, "status": status, "ms": round((time.perf_counter() - started) * 1000, 1)}
    # Expected failures speak for themselves; only a defect needs its stack in the log.
    text = message if isinstance(error, FunctionError | MalformedRequestError) else "\n".join(report.stack_trace)
    logs.write("ERROR", text, fields)
    return report.to_wire(), status

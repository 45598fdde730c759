"""Structured logs: one JSON object a line, as Google's log collector reads them, without a secret in any."""

import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Final, TextIO

from fivetran_function import wire

_SYNCS_REMEMBERED: Final = 256


@dataclass(slots=True)
class LogContext:
    """What every line of one invocation carries."""

    connector: str
    sync_id: str | None = None
    page: int | None = None
    """Which invocation of this sync this is, as counted by this instance: the protocol numbers no pages."""
    trace: str | None = None
    redact: Callable[[str], str] = str


CONTEXT: Final[ContextVar[LogContext | None]] = ContextVar("fivetran_function_log_context", default=None)


class JsonLines(logging.Handler):
    """Writes each record as one JSON line with `severity`, `message`, the invocation's context and `extra` fields."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; of one that cannot be written, say only where it comes from."""
        try:
            stream = self._stream or sys.stdout
            stream.write(self.format(record) + "\n")
            stream.flush()
        except Exception as error:  # noqa: BLE001  # logging's own contract: a handler never raises into the caller
            # logging would print the record with its arguments, and whatever secret is among them.
            with suppress(OSError, ValueError):
                place = f"{record.pathname}:{record.lineno}"
                sys.stderr.write(f"a log record of {place} could not be written ({type(error).__name__})\n")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
        return _line(record.levelname, message, getattr(record, "fields", {}))


def write(severity: str, message: str, fields: Mapping[str, object]) -> None:
    """Write a line of the runtime's own, without `logging`, which would cost several times the rest of the line."""
    with suppress(OSError, ValueError):  # a stream that is gone must not cost a page
        sys.stdout.write(_line(severity, message, fields) + "\n")
        sys.stdout.flush()


def _line(severity: str, message: str, fields: Mapping[str, object]) -> str:
    context = CONTEXT.get()
    redact = context.redact if context else str
    line: dict[str, object] = {"severity": severity, "message": redact(message)}
    if context:
        line["connector"] = context.connector
        if context.sync_id:
            line["sync_id"] = context.sync_id
        if context.page:
            line["page"] = context.page
        if context.trace:
            line["logging.googleapis.com/trace"] = context.trace
    for name, value in fields.items():
        # A number is no secret's carrier; anything else is text by the time somebody reads it.
        line[name] = value if isinstance(value, bool | int | float) else redact(str(value))
    return wire.encode(line).decode()


def install() -> None:
    """Give the root logger this handler, once; loggers of libraries then speak JSON as well.

    Where LOG_EXECUTION_ID is set, as Google does, functions-framework gives it a plain handler, which would write every
    record a second time, secrets and all: that one goes. Handlers of any other kind stay.
    """
    root = logging.getLogger()
    if not any(isinstance(handler, JsonLines) for handler in root.handlers):
        for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
            root.removeHandler(handler)
        root.addHandler(JsonLines())
        if root.level in (logging.NOTSET, logging.WARNING):
            root.setLevel(logging.INFO)


def trace_of(http_request: object) -> str | None:
    """Return the resource name of the request's trace, so that Google shows its log lines together.

    From `X-Cloud-Trace-Context` (`TRACE/SPAN;o=1`) or `traceparent` (`00-TRACE-SPAN-FLAGS`); None without either, or
    where the project is not known.
    """
    project = os.environ.get("GOOGLE_CLOUD_PROJECT") or os.environ.get("GCP_PROJECT")
    header = getattr(getattr(http_request, "headers", None), "get", None)
    if not project or header is None:
        return None
    trace = str(header("X-Cloud-Trace-Context") or "").partition("/")[0]
    if not trace:
        parts = str(header("traceparent") or "").split("-")
        trace = parts[1] if len(parts) == 4 else ""
    return f"projects/{project}/traces/{trace}" if trace.isalnum() else None


class PageCounter:
    """Counts an instance's invocations for each sync, remembering the latest few hundred syncs."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def next(self, sync_id: str | None) -> int | None:
        """Count one more invocation of this sync; None where there is no sync to count for."""
        if sync_id is None:
            return None
        with self._lock:
            page = self._pages.pop(sync_id, 0) + 1
            self._pages[sync_id] = page
            if len(self._pages) > _SYNCS_REMEMBERED:
                self._pages.popitem(last=False)
            return page

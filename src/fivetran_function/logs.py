"""Structured logs: one JSON object a line, as Google's log collector reads them, without a secret in any."""

import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Final, TextIO

import orjson

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
        """Write one record; a stream that is gone is reported as logging always does."""
        try:
            stream = self._stream or sys.stdout
            stream.write(self.format(record) + "\n")
            stream.flush()
        except Exception:  # noqa: BLE001  # logging's own contract: a handler never raises into the caller
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        context = CONTEXT.get()
        redact = context.redact if context else str
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
        line: dict[str, object] = {"severity": record.levelname, "message": redact(message)}
        if context:
            line["connector"] = context.connector
            if context.sync_id:
                line["sync_id"] = context.sync_id
            if context.page:
                line["page"] = context.page
            if context.trace:
                line["logging.googleapis.com/trace"] = context.trace
        for name, value in getattr(record, "fields", {}).items():
            # A number is no secret's carrier; anything else is text by the time somebody reads it.
            line[name] = value if isinstance(value, bool | int | float) else redact(str(value))
        return orjson.dumps(line).decode()


def install() -> None:
    """Give the root logger this handler, once; loggers of libraries then speak JSON as well."""
    root = logging.getLogger()
    if not any(isinstance(handler, JsonLines) for handler in root.handlers):
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

"""Calling a function and keeping what was said: request, answer, time, and what the function logged meanwhile."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import IO

from fivetran_local.errors import LocalFivetranError, TooLargeError
from fivetran_local.exchanges import SYNC, Exchange
from fivetran_local.function import Answer, FunctionClient, Received, answer_in
from fivetran_local.json_text import compact
from fivetran_protocol import FunctionRequest, Json


class ObservedFunction:
    """A function whose every exchange is handed to `keep`; it answers `run_sync` as `FunctionClient` does.

    Args:
        client: Reaches the function.
        log: The function's log, where it runs on this machine. One call at a time, or lines are told of the wrong one.
        keep: Given each exchange, unmasked, before its answer is used.
        numbers: Counts the exchanges; from 1 where none are given.
    """

    def __init__(
        self,
        client: FunctionClient,
        log: Path | None,
        keep: Callable[[Exchange], None],
        *,
        numbers: Iterator[int] | None = None,
    ) -> None:
        self._client = client
        self._log = _LogReader(log) if log else None
        self._keep = keep
        self._numbers = count(1) if numbers is None else numbers
        self.first_seconds = 0.0
        """How long the first call took; nothing before it."""

    def call(self, request: FunctionRequest) -> Answer:
        """Send one request of a sync and decode its answer; raises what `FunctionClient.call` does."""
        document = request.to_wire()
        exchange, received = self._exchange(SYNC, document, compact(document))
        self._keep(exchange)
        if isinstance(received, LocalFivetranError):
            raise received
        return answer_in(received)

    def send(
        self, scenario: str, request: Json, *, body: bytes | None = None, method: str = "POST", about: int | None = None
    ) -> Exchange:
        """Send anything, and return the exchange, also where it failed.

        Args:
            scenario: What the call is part of.
            request: The body, decoded.
            body: The bytes to send, where they are not `request` as JSON.
            method: The HTTP method.
            about: The number of the exchange that this one repeats or goes on from.
        """
        content = compact(request) if body is None else body
        exchange, _ = self._exchange(scenario, request, content, method, about)
        self._keep(exchange)
        return exchange

    def close(self) -> None:
        """Stop reading the log; the client stays open."""
        if self._log:
            self._log.close()

    def _exchange(
        self, scenario: str, request: Json, body: bytes, method: str = "POST", about: int | None = None
    ) -> tuple[Exchange, Received | LocalFivetranError]:
        number = next(self._numbers)
        if self._log:
            self._log.skip()
        started = time.monotonic()
        received: Received | LocalFivetranError
        try:
            received = self._client.send(body, method=method)
        except LocalFivetranError as error:
            received = error
        self.first_seconds = self.first_seconds or time.monotonic() - started
        asked = Exchange(
            scenario=scenario, number=number, request=request, method=method, about=about, log=self._lines()
        )
        if isinstance(received, LocalFivetranError):
            too_large, seconds = isinstance(received, TooLargeError), time.monotonic() - started
            return replace(asked, failure=str(received), too_large=too_large, seconds=seconds), received
        return replace(
            asked,
            status=received.status,
            content_type=received.content_type,
            content=received.content,
            seconds=received.seconds,
            size_bytes=len(received.content),
            headers=received.headers,
        ), received

    def _lines(self) -> tuple[str, ...]:
        return self._log.lines() if self._log else ()


class _LogReader:
    """Reads what is added to a log."""

    def __init__(self, log: Path) -> None:
        self._path = log
        self._file: IO[bytes] | None = None

    def skip(self) -> None:
        """Pass over what stands there already."""
        if self._file is None:
            self._file = self._path.open("rb")
        self._file.seek(0, 2)

    def lines(self) -> tuple[str, ...]:
        """Return what was added since."""
        if self._file is None:
            return ()
        return tuple(self._file.read().decode("utf-8", "replace").splitlines())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

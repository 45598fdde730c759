"""Calling a function and keeping what was said: request, answer, time, and what the function logged meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO

from fivetran_local.errors import LocalFivetranError
from fivetran_local.exchanges import SYNC, Exchange
from fivetran_local.function import Answer, FunctionClient, Received, answer_in, encode
from fivetran_protocol import FunctionRequest, Json


class ObservedFunction:
    """A function whose every exchange is handed to `keep`; it answers `run_sync` as `FunctionClient` does.

    Args:
        client: Reaches the function.
        log: The function's log, where it runs on this machine. One call at a time, or lines are told of the wrong one.
        keep: Given each exchange, unmasked, before its answer is used.
        first_number: What the first exchange is counted as.
    """

    def __init__(
        self, client: FunctionClient, log: Path | None, keep: Callable[[Exchange], None], *, first_number: int = 1
    ) -> None:
        self._client = client
        self._log = _LogReader(log) if log else None
        self._keep = keep
        self._number = first_number - 1

    def call(self, request: FunctionRequest) -> Answer:
        """Send one request of a sync and decode its answer; raises what `FunctionClient.call` does."""
        exchange, received = self._exchange(SYNC, request.to_wire(), encode(request), "POST")
        self._keep(exchange)
        if isinstance(received, LocalFivetranError):
            raise received
        return answer_in(received)

    def send(self, scenario: str, request: Json, *, body: bytes | None = None, method: str = "POST") -> Exchange:
        """Send anything, and return the exchange, also where it failed.

        Args:
            scenario: What the call is part of.
            request: The body, decoded.
            body: The bytes to send, where they are not `request` as JSON.
            method: The HTTP method.
        """
        content = json.dumps(request).encode() if body is None else body
        exchange, _ = self._exchange(scenario, request, content, method)
        self._keep(exchange)
        return exchange

    def _exchange(
        self, scenario: str, request: Json, body: bytes, method: str
    ) -> tuple[Exchange, Received | LocalFivetranError]:
        self._number += 1
        if self._log:
            self._log.skip()
        try:
            received = self._client.send(body, method=method)
        except LocalFivetranError as error:
            return Exchange(
                scenario, self._number, request, failure=str(error), log=self._lines(), method=method
            ), error
        exchange = Exchange(
            scenario,
            self._number,
            request,
            received.status,
            received.content_type,
            received.content,
            received.seconds,
            len(received.content),
            log=self._lines(),
            method=method,
        )
        return exchange, received

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

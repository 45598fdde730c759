"""Gathering pages into landings, each landed on a thread of its own while the next pages are fetched.

A landing costs some milliseconds however few rows it has, so pages are put together. Nothing is lost by it: a page's
state is committed with its rows, and what was gathered but not landed when a process dies is read again.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from fivetran_protocol import FunctionResponse

ROWS_PER_LANDING: Final = 10_000
BYTES_PER_LANDING: Final = 16 * 1024 * 1024
SECONDS_PER_LANDING: Final = 1.0
"""A landing starts at any of these, when none is under way."""

MOST_ROWS_GATHERED: Final = 40_000
MOST_BYTES_GATHERED: Final = 48 * 1024 * 1024
"""At any of these, fetching waits for the landing that is under way."""


class Gathering:
    """Collects responses and hands them to `land`, in order and one landing at a time.

    While one is under way the next grows, so that landings are as large as the warehouse is slow; memory stays bounded.
    """

    def __init__(self, land: Callable[[Sequence[FunctionResponse], int], None]) -> None:
        """Args: `land` takes the responses and the number of calls made so far; it runs on another thread."""
        self._land = land
        self._thread = ThreadPoolExecutor(1, "landing")
        self._failure: Exception | None = None
        self._busy = False
        self._last_landing = time.monotonic()
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown(wait=True)

    def add(self, response: FunctionResponse, size_bytes: int, calls: int) -> None:
        """Take one response; start a landing when there is enough for one, or when the last was long ago.

        Raises:
            WarehouseError: an earlier landing failed.
        """
        self._responses.append(response)
        self._rows += response.row_count
        self._bytes += size_bytes
        waited = time.monotonic() - self._last_landing
        enough = self._rows >= ROWS_PER_LANDING or self._bytes >= BYTES_PER_LANDING or waited >= SECONDS_PER_LANDING
        too_much = self._rows >= MOST_ROWS_GATHERED or self._bytes >= MOST_BYTES_GATHERED
        if too_much or (enough and not self._busy):
            self.settle()
            responses = self._responses
            self._forget()  # first: Ctrl-C between these lines must leave no page to be landed twice
            self._busy = True
            self._thread.submit(self._run, responses, calls)
            self._last_landing = time.monotonic()

    def settle(self) -> None:
        """Wait for the landing that is under way.

        Raises:
            WarehouseError: it, or one before it, failed.
        """
        # There is one thread, so what comes last to it has everything behind it, also a landing whose handing over
        # Ctrl-C cut short.
        self._thread.submit(_nothing).result()
        if self._failure:
            self._forget()
            raise self._failure

    def take(self) -> list[FunctionResponse]:
        """Return what was gathered and not yet given to a landing, after the one under way has ended.

        Raises:
            WarehouseError: that one, or one before it, failed; nothing that came after it is ever returned.
        """
        self.settle()
        responses = self._responses
        self._forget()
        return responses

    def finish(self, land: Callable[[Sequence[FunctionResponse]], None]) -> None:
        """Have `land` take what `take` returns, on the thread of the landings, where no Ctrl-C cuts it short.

        Ctrl-C ends only the waiting for it; `settle` then waits again.

        Raises:
            WarehouseError: this landing failed, or one before it.
        """
        self._thread.submit(land, self.take()).result()

    def _run(self, responses: Sequence[FunctionResponse], calls: int) -> None:
        try:
            self._land(responses, calls)
        except Exception as error:  # noqa: BLE001  # raised by `settle`, on the thread that waits for it
            # Never forgotten: were what follows to land, its state would step over the rows that are missing.
            self._failure = error
        self._busy = False

    def _forget(self) -> None:
        self._responses: list[FunctionResponse] = []
        self._rows = 0
        self._bytes = 0


def _nothing() -> None:
    pass

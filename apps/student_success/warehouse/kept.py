"""Connections that outlive a page: opening one takes seconds, and most questions a fraction of that."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

KEPT: Final = 4
"""Connections that wait for the next page; more are opened when more people look, and closed afterwards."""

FRESH_SECONDS: Final = 60.0
"""A connection that rested longer is asked whether it still lives."""

REST_SECONDS: Final = 1_200.0
"""A connection that rested longer is not used again: sessions and tokens end."""

C = TypeVar("C")


@dataclass(slots=True)
class Lease(Generic[C]):
    """A connection in somebody's hands. Whoever sees it fail marks it, and nobody else gets it."""

    connection: C
    spoiled: bool = False


@dataclass(slots=True)
class Kept(Generic[C]):
    """The open connections to one place.

    Args:
        opened: Opens one.
        closed: Closes one; it may be broken, and closing it must not raise.
        alive: Says whether one that rested still answers.
    """

    opened: Callable[[], C]
    closed: Callable[[C], None]
    alive: Callable[[C], bool]
    _resting: list[tuple[float, C]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lent(self) -> Iterator[Lease[C]]:
        """Give a connection to this block alone, and keep it for the next unless something went wrong with it."""
        lease = Lease(self._taken() or self.opened())
        try:
            yield lease
        except BaseException:
            lease.spoiled = True
            raise
        finally:
            if lease.spoiled or not self._put(lease.connection):
                self.closed(lease.connection)

    def _taken(self) -> C | None:
        while True:
            with self._lock:
                if not self._resting:
                    return None
                since, connection = self._resting.pop()
            rested = time.monotonic() - since
            if rested < FRESH_SECONDS or (rested < REST_SECONDS and self.alive(connection)):
                return connection
            self.closed(connection)

    def _put(self, connection: C) -> bool:
        with self._lock:
            if len(self._resting) >= KEPT:
                return False
            self._resting.append((time.monotonic(), connection))
            return True

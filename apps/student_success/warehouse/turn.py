"""Standing in line for a file that a sync lands rows into, one landing after the other: its own lock has no line.

The local Fivetran locks a file beside the warehouse, `FILE.turn`, while it has the warehouse open. Who waits for that
lock comes next; who only tries the warehouse again and again may never meet it closed.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_line(file: Path, seconds: float) -> Iterator[bool]:
    """Wait for our turn at a file, and keep it while the block runs; gives whether it came in time.

    Where nobody made the file's lock, there is no line to stand in: it is our turn at once.
    """
    try:
        descriptor = os.open(f"{os.path.realpath(file)}.turn", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield True
        return
    place = _Place(descriptor)
    if not place.came_within(seconds):
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


class _Place:
    """A place in the kernel's line. Its wait has no limit, so a thread waits, and can be left behind."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._came = threading.Event()
        self._left = False
        self._deciding = threading.Lock()

    def came_within(self, seconds: float) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            threading.Thread(target=self._wait, name="turn", daemon=True).start()
            self._came.wait(seconds)
            with self._deciding:
                self._left = not self._came.is_set()
            return not self._left
        return True

    def _wait(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._deciding:
            self._came.set()
            if self._left:  # nobody waits any more: it goes to the next
                os.close(self._descriptor)

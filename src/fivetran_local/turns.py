"""Standing in line for a warehouse: many processes of ours want it at once, and DuckDB's own lock has no line."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fivetran_local.errors import WarehouseError


@contextmanager
def turn_at(path: Path, wait_seconds: float) -> Iterator[None]:
    """Wait for our turn at a file, on a lock file beside it, and keep it for as long as the block runs.

    Raises:
        WarehouseError: it did not come in time.
    """
    try:
        descriptor = os.open(path.with_name(f"{path.name}.turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:  # a folder that is missing, or not to be written: opening the database says what is wrong
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting = _Waiting(descriptor)
        if not waiting.came_within(wait_seconds):
            message = f"{path} was in use by other syncs for {wait_seconds:.0f} s: wait for them, or run fewer at once"
            raise WarehouseError(message) from None
    except OSError as error:
        os.close(descriptor)
        raise WarehouseError(f"the lock file {path}.turn cannot be locked: {error.strerror}") from error
    try:
        yield
    finally:
        os.close(descriptor)


class _Waiting:
    """Waits in the kernel's line, which has no time limit, on a thread that can be left behind."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._came = threading.Event()
        self._deciding = threading.Lock()
        self._given_up = False
        threading.Thread(target=self._wait, name="turn", daemon=True).start()

    def came_within(self, seconds: float) -> bool:
        """Return whether our turn came; once it did not, it goes to the next when it comes."""
        try:
            self._came.wait(max(0.0, seconds))
        except BaseException:
            if not self._gave_up():
                os.close(self._descriptor)
            raise
        return not self._gave_up()

    def _gave_up(self) -> bool:
        with self._deciding:
            self._given_up = not self._came.is_set()
        return self._given_up

    def _wait(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._deciding:
            if self._given_up:
                os.close(self._descriptor)
            else:
                self._came.set()

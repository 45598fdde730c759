"""Starting the process of a sync, hearing what it says, and ending it."""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

from fivetran_local.errors import LocalFivetranError
from fivetran_local.syncing.job import CANCEL, Message, SyncJob
from fivetran_local.syncing.process import run

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_CONTEXT: Final = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["fivetran_local.syncing.background", "fivetran_local.syncing.process", "duckdb", "pyarrow", "pytz", "anyascii"]
)


class SyncProcess:
    """One sync's process.

    Args:
        job: what it runs.
        hear: told each message, on the thread that calls `listen`.
    """

    def __init__(self, job: SyncJob, hear: Callable[[Message], None]) -> None:
        self._hear = hear
        self._asked_to_end = False
        self._ours, theirs = _CONTEXT.Pipe()
        self._process: BaseProcess = _CONTEXT.Process(target=run, args=(job, theirs), daemon=True)
        try:
            self._process.start()
        except OSError as error:
            self._ours.close()
            raise LocalFivetranError(f"a process for the sync cannot be started: {error.strerror or error}") from error
        finally:
            theirs.close()

    def listen(self) -> None:
        """Hear it to its end. Where it did not say how it ended, it died."""
        try:
            while True:
                self._hear(self._ours.recv())
        except (EOFError, OSError):
            pass
        self._process.join()
        self._process.close()
        self._close(self._ours)

    def cancel(self) -> None:
        """Ask it to end: what it has read it lands, and the next sync goes on from there."""
        if not self._asked_to_end:  # a process that does not listen would fill the pipe, and hold up who asks
            self._asked_to_end = True
            with suppress(OSError):  # it has ended
                self._ours.send(CANCEL)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        with suppress(ValueError):  # it has ended
            self._process.kill()

    @staticmethod
    def _close(connection: Connection) -> None:
        with suppress(OSError):
            connection.close()

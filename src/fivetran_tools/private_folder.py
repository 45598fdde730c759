"""A folder for what only this run and this user may see, which does not outlive the run by much.

A run that is ended by `kill -9` removes nothing. Each run holds a lock on its folders, which the system lets go with
the process, so that the next run finds and removes those that nobody holds any more.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fivetran_tools.errors import CommandError

_PREFIX: Final = "fivetran-private-"


@contextmanager
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder that goes with the block, and remove what ended runs have left behind beside it.

    Args:
        parent: Where it is; among the system's temporary files where none is given.

    Raises:
        CommandError: it cannot be made.
    """
    parent = parent or Path(tempfile.gettempdir()).resolve()
    _sweep(parent)
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
        lock = os.open(made, os.O_RDONLY)
    except OSError as error:
        message = f"cannot make a temporary folder in {parent}: {error.strerror or error}: name another in TMPDIR"
        raise CommandError(message) from error
    try:
        with suppress(OSError):  # a file system without such locks, on which nothing is swept either
            fcntl.flock(lock, fcntl.LOCK_EX)
        folder = made.with_name(made.name.removeprefix("."))  # by this name it is swept, and not before it is held
        made.rename(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        with suppress(OSError):
            made.rmdir()
        os.close(lock)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is held, somebody else's, or went meanwhile
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(lock).st_uid == os.getuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)

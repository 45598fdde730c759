"""Files that are written whole or not at all, on the disk before anybody reads them, for their owner alone."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there; a failure leaves what was there before.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sweep(paths: Iterable[Path]) -> None:
    """Remove what killed writers of these files left beside them; nobody may be writing one meanwhile."""
    for path in paths:
        for left in path.parent.glob(f"{_prefix(path)}*"):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk, those of files just made or moved among them.

    Raises:
        OSError: they cannot be brought there.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prefix(path: Path) -> str:
    return f".{path.stem}-"

"""The logs of the processes that a command starts: one file for each start, and the last few of each name are kept."""

import os
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project

_KEPT: Final = 10
_starts: Final = count(1)


def new_log(project: Project, name: str) -> Path:
    """Return a file for the log of a process that is about to start, and drop the oldest logs of that name.

    No two starts share a file: a second `check` of a connector must not write into what the first one reads.

    Raises:
        CommandError: the folder cannot be written.
    """
    folder = project.root / "files" / "logs"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    new = folder / f"{name}.{stamp}-{os.getpid()}-{next(_starts)}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.touch()
        for file in sorted(folder.glob(f"{name}.*.log"))[:-_KEPT]:
            file.unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot keep a log in {folder}: {error.strerror or error}: make the folder writable"
        raise CommandError(message) from error
    return new

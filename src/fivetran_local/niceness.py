"""Standing back where processors are scarce: what works for long makes room for whoever answers questions meanwhile."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

NICENESS: Final = 5

_TRIES: Final = 10
_PAUSE_SECONDS: Final = 0.11
"""Linux lets one of a user's sessions change in a tenth of a second."""


def stand_back(pid: int) -> None:
    """Have a process, which leads a session of its own, and what it starts from now on, give way to others.

    Where Linux shares processors out between sessions first (`sched_autogroup_enabled`), a process's own niceness
    counts within its session only; so both are set. A system that has neither lets it be.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    for _ in range(_TRIES):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS))
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            return
        else:
            return

"""Filling an empty warehouse: one command, which whoever started the app gave to it, run once whoever asks.

`./fivetran app` gives it as `STUDENT_SUCCESS_FILL`, a JSON list of words. Without it nothing can be filled from here.
"""

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

VARIABLE: Final = "STUDENT_SUCCESS_FILL"
SIMULATED: Final = "STUDENT_SUCCESS_SIMULATED"
"""Is "1" where the rows are known to be the simulator's, which they are once they were filled in from here."""

USUAL_ROWS: Final = 600
"""What the simulator makes where nobody said how many."""

MOST_SECONDS: Final = 300.0
LINES_KEPT: Final = 12
_END_SECONDS: Final = 10.0


def command_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command's words; none where there is no command."""
    try:
        words = json.loads(environment.get(VARIABLE) or "[]")
    except ValueError:
        return ()
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else ()


def rows_of(command: Sequence[str]) -> int:
    """Return how many records the command lands."""
    after = dict(pairwise(command)).get("--rows", "")
    return int(after) if after.isdecimal() else USUAL_ROWS


@dataclass(slots=True)
class Filling:
    """The command and its last run. Several threads may ask; one run at a time is all there is."""

    command: tuple[str, ...]
    most_seconds: float = MOST_SECONDS
    failure: str = ""
    """Why the last run failed, on one line."""
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _run: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self._run is not None and self._run.is_alive()

    @property
    def lines(self) -> list[str]:
        """The last lines that it said."""
        return list(self._lines)

    def start(self) -> None:
        """Run the command, unless it runs already. Returns at once."""
        with self._lock:
            if self.is_running:
                return
            self.failure = ""
            self._lines.clear()
            self._run = threading.Thread(target=self._fill, name="filling", daemon=True)
            self._run.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of a run, for so long; return whether it has ended."""
        if self._run is not None:
            self._run.join(seconds)
        return not self.is_running

    def _fill(self) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603  # the words of whoever started the app, and no shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # rows: what it does is said on standard error
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self.failure = f"the command could not be started: {error.strerror or error}"
            return
        late = threading.Event()
        patience = threading.Timer(self.most_seconds, _end, (process, late))
        patience.start()
        with process:
            for line in process.stderr or ():
                self._lines.append(line.rstrip())
        patience.cancel()
        if late.is_set():
            self.failure = f"it took longer than {self.most_seconds:.0f} s and was ended"
        elif process.returncode:
            self.failure = f"it ended with exit code {process.returncode}"
        else:
            os.environ[SIMULATED] = "1"


def _end(process: "subprocess.Popen[str]", late: threading.Event) -> None:
    late.set()
    process.terminate()  # it ends what it started, given a moment
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    process.kill()

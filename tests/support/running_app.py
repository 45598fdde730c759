"""StudentSuccess as its users have it: `./fivetran app` as a process that answers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class RunningApp:
    """The app on one warehouse; it can be ended and started again."""

    def __init__(self, warehouse: Path, words: tuple[str, ...], variables: dict[str, str]) -> None:
        self.warehouse = warehouse
        self.words = words
        self.url = ""
        self.said: list[str] = []
        self._variables = variables
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The command's."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait for its address."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("STUDENT_SUCCESS_", "UC_"))}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "fivetran_tools",
                "app",
                "--warehouse",
                str(self.warehouse),
                "--port",
                "0",
                *self.words,
            ],
            cwd=ROOT,
            env={**mine, "PYTHONPATH": str(ROOT / "src"), **self._variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("StudentSuccess: "):
                self.url = line.split()[1]
                return
        raise AssertionError(self.said)

    def end(self) -> int:
        """End it as a terminal's closing would; return its exit code."""
        process = self._process
        if process is None:
            return 0
        process.terminate()
        try:
            return process.wait(20)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
            self._process = None


@contextmanager
def running_app(warehouse: Path, *words: str, **variables: str) -> Iterator[RunningApp]:
    """Run `./fivetran app` on a free port until the block ends.

    Args:
        warehouse: The file that it reads, which may be missing.
        words: Further ones of the command.
        variables: Further variables of its environment.
    """
    app = RunningApp(warehouse, words, variables)
    try:
        app.start()
        yield app
    finally:
        app.end()

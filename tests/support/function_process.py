"""A function as Google runs it: functions-framework in a process of its own, on a free port of loopback."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.functions import FUNCTIONS

SRC = Path(__file__).parents[2] / "src"
PATIENCE_SECONDS = 30


@dataclass
class FunctionProcess:
    """What a test sees: the address, and after the block the two outputs, whole."""

    url: str = ""
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)


@contextmanager
def function_process(folder: str | Path, **environment: str) -> Iterator[FunctionProcess]:
    """Run a function of `tests/functions` until the block ends, on a port that the system chooses."""
    command = [sys.executable, "-m", "functions_framework", "--target", "main", "--host", "127.0.0.1", "--port", "0"]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SRC),
        "PYTHONUNBUFFERED": "1",
        "GUNICORN_LOG_LEVEL": "info",
    }
    process = subprocess.Popen(
        command,
        cwd=FUNCTIONS / folder,
        env={**variables, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    function, listening = FunctionProcess(), threading.Event()

    def follow_errors() -> None:
        for line in process.stderr:
            if found := re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", line):
                function.url = found[1]
                listening.set()
            function.err.append(line)
        listening.set()

    readers = [
        threading.Thread(target=follow_errors),
        threading.Thread(target=lambda: function.out.extend(process.stdout)),
    ]
    for reader in readers:
        reader.start()
    try:
        assert listening.wait(PATIENCE_SECONDS), "it did not start in time"
        assert function.url, "".join(function.err)
        yield function
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in readers:
            reader.join(PATIENCE_SECONDS)
        process.stdout.close()
        process.stderr.close()

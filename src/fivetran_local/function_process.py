"""Running a staged function on this machine, in the process that Google runs it in."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from fivetran_local.errors import FunctionStartError
from fivetran_local.function import TOKEN_VARIABLE
from fivetran_local.niceness import stand_back

_LISTENING: Final = r"Listening at: (http://127\.0\.0\.1:\d+) \({pid}\)"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.005

_NOT_FOR_FUNCTIONS: Final = frozenset(
    {
        # Anything that could put another copy of the runtime before the staged one.
        *("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME"),
        # What opens Fivetran, here and in production: a deployed function has none of it.
        *("FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_KEY", "FIVETRAN_SECRET", "FIVETRAN_LOCAL_CONTROL_TOKEN"),
        TOKEN_VARIABLE,
    }
)

_END_WITH_PARENT: Final = """
import ctypes, os, signal, sys
parent = int(sys.argv[1])
# PR_SET_PDEATHSIG, which outlives the exec below. SIGQUIT is gunicorn's quick end: nobody waits for the answer.
ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
if os.getppid() == parent:  # else the parent died before the line above
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@dataclass(frozen=True, slots=True)
class FunctionProcess:
    """A function that is running."""

    url: str
    pid: int
    log: Path
    _process: "subprocess.Popen[bytes]" = field(repr=False)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None


@contextmanager
def run_function(
    folder: Path,
    log: Path,
    *,
    timeout_seconds: int,
    environment: Mapping[str, str] | None = None,
    python: str = "",
    port: int = 0,
    in_the_background: bool = False,
) -> Iterator[FunctionProcess]:
    """Run the `main` of a staged folder under functions-framework on a loopback port, and end it afterwards.

    Args:
        folder: The staged folder; the process runs in it, so that its own copy of the runtime is the one imported.
        log: Where its standard output and error go; made anew.
        timeout_seconds: The function's timeout, told to it as FUNCTION_TIMEOUT_SECONDS.
        environment: More variables for the process, which otherwise has this one's, less what logs in to Fivetran.
        python: The interpreter to use; this one's where none is given.
        port: Where it listens; 0 for any port that is free.
        in_the_background: Whether it gives way to others where processors are scarce.

    Raises:
        FunctionStartError: it ended before it listened, in the words of its log; or it did not listen within a minute.
    """
    words = [python or sys.executable, "-m", "functions_framework", "--source", "main.py", "--target", "main"]
    words += ["--host", "127.0.0.1", "--port", str(port)]
    if sys.platform == "linux":
        words = [words[0], "-I", "-S", "-c", _END_WITH_PARENT, str(os.getpid()), *words[1:]]
    process, output = _start(words, folder, log, _environment(folder, timeout_seconds, environment))
    try:
        if in_the_background:
            stand_back(process.pid)
        with output:
            url = _wait_until_listening(process, folder, output)
        yield FunctionProcess(url, process.pid, log, process)
    finally:
        _stop(process)


def tail(log: Path, lines: int) -> str:
    """Return the last lines of a file, or nothing where it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 200 * lines))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def _start(
    words: list[str], folder: Path, log: Path, environment: dict[str, str]
) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Return the process, and its log, open to be read."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)  # another start of this function may still be writing to a log of this name
        with ExitStack() as undo:
            output = undo.enter_context(log.open("w+b"))
            process = subprocess.Popen(  # noqa: S603  # our own words, no shell
                words,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to handle: the function must live until its last answer is in
            )
            undo.pop_all()
            return process, output
    except OSError as error:
        message = f"the function in {folder} did not start: {error.filename}: {error.strerror}"
        raise FunctionStartError(message) from error


def _environment(folder: Path, timeout_seconds: int, more: Mapping[str, str] | None) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name not in _NOT_FOR_FUNCTIONS},
        "FUNCTION_TIMEOUT_SECONDS": str(timeout_seconds),
        "FUNCTION_FOLDER": str(folder.resolve()),
        "GUNICORN_LOG_LEVEL": "info",  # the only place where the port that the system chose is said
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # the staged folder stays what is deployed
        **(more or {}),
    }


def _wait_until_listening(process: subprocess.Popen[bytes], folder: Path, output: IO[bytes]) -> str:
    listening = re.compile(_LISTENING.format(pid=process.pid))
    log = output.name
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        # Read at a place of its own: the process writes through a copy of this very file handle.
        text = os.pread(output.fileno(), os.fstat(output.fileno()).st_size, 0).decode("utf-8", "replace")
        if found := listening.search(text):
            return found[1]
        if ended:
            message = f"the function in {folder} did not start: {_reason(text)}; its log is {log}"
            raise FunctionStartError(message)
        time.sleep(_POLL_SECONDS)
    message = f"the function in {folder} did not listen within {_START_SECONDS:.0f} s; its log is {log}"
    raise FunctionStartError(message)


def _reason(log_text: str) -> str:
    """Return the line in which Python, or functions-framework, says why it stopped."""
    lines = [line.strip() for line in log_text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Exit)\b", line)]
    return (errors or lines or ["it said nothing"])[-1]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # The worker hangs in the function's code: end the whole session, which is this process's own.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

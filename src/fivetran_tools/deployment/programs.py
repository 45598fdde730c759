"""Running a program that is not ours, to its end or to a limit in time: no shell, no question, nothing left behind."""

import codecs
import io
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fivetran_tools.errors import CommandError

_STOP_SECONDS: Final = 5.0
"""What a program is given to end by itself when it is told to."""
_LOOK_SECONDS: Final = 0.1
_CHUNK: Final = 1 << 16

_KILL_AT_THE_END: Final = 'read -r _; kill -s KILL -- "-$1"'
"""Waits for the end of standard input, which comes when who holds its other side is gone, in whatever way."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    status: int | None
    """Its exit status; None where it did not end in time and was ended."""
    output: str
    """What it wrote on standard output, where that was kept apart."""


def run_program(
    words: Sequence[str],
    *,
    seconds: float,
    tell: Callable[[str], None],
    typed: str | None = None,
    environment: Mapping[str, str] | None = None,
    together: bool = False,
) -> Ended:
    """Run a program in a session of its own, and end all that it started with it, or with us if we are killed.

    A process that it leaves behind, and that holds its output open, is not waited for.

    Args:
        words: The command.
        seconds: The most it may take.
        tell: Told each line on standard error as it comes, without its end.
        typed: What it reads on standard input; None for nothing at all.
        environment: Its environment variables; None for ours.
        together: Whether the lines on standard output are told as well, instead of being kept.

    Raises:
        OSError: it cannot be started.
    """
    error_lines, kept = _Lines(tell), bytearray()
    with _started(words, typed, environment, together=together) as process, selectors.DefaultSelector() as selector:
        if process.stderr:
            selector.register(process.stderr, selectors.EVENT_READ, error_lines.take)
        if process.stdout:
            take = error_lines.take if together else kept.extend
            selector.register(process.stdout, selectors.EVENT_READ, take)
        _type(process, typed)
        in_time = _read(process, selector, time.monotonic() + seconds)
        error_lines.end()
    output = kept.decode("utf-8", "replace")
    return Ended(process.returncode if in_time else None, output)


@contextmanager
def log_file(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Make a log anew, and yield what writes a line into it; without a path, what does nothing.

    Raises:
        CommandError: it cannot be written, now or later.
    """
    if path is None:
        yield lambda _: None
        return

    def refusal(error: OSError) -> CommandError:
        return CommandError(f"cannot write the log {path}: {error.strerror or error}")

    def write(line: str) -> None:
        try:
            print(line, file=file, flush=True)
        except OSError as error:
            raise refusal(error) from error

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise refusal(error) from error
    try:
        yield write
    finally:
        with suppress(OSError):  # what could not be written has been said
            file.close()


class _Lines:
    """Makes lines of what comes in pieces, whichever way their ends are written."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        utf_8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._decode = io.IncrementalNewlineDecoder(utf_8, translate=True).decode
        self._tell, self._rest = tell, ""

    def take(self, piece: bytes, *, final: bool = False) -> None:
        *lines, self._rest = (self._rest + self._decode(piece, final=final)).split("\n")
        for line in lines:
            self._tell(line)

    def end(self) -> None:
        self.take(b"", final=True)
        if self._rest:
            self._tell(self._rest)


def _read(process: "subprocess.Popen[bytes]", selector: selectors.BaseSelector, deadline: float) -> bool:
    """Read what the program writes until it ends; return whether that was in time."""
    while selector.get_map():
        ended = process.poll() is not None
        left = deadline - time.monotonic()
        if left <= 0:
            return ended
        ready = selector.select(0 if ended else min(left, _LOOK_SECONDS))
        for key, _ in ready:
            if piece := os.read(key.fd, _CHUNK):
                key.data(piece)
            else:
                selector.unregister(key.fileobj)
        if ended and not ready:
            return True  # all that it wrote itself has been read
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _type(process: "subprocess.Popen[bytes]", typed: str | None) -> None:
    if process.stdin and typed is not None:
        with suppress(BrokenPipeError), process.stdin as keyboard:  # it may have ended before it asks
            keyboard.write(typed.encode())


@contextmanager
def _started(
    words: Sequence[str], typed: str | None, environment: Mapping[str, str] | None, *, together: bool
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603  # no shell
        words,
        stdin=subprocess.DEVNULL if typed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        env=environment,
        start_new_session=True,  # so that what it starts itself can be ended with it
    )
    try:
        with _ended_with_us(process):
            yield process
    finally:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
        _signal(process, signal.SIGKILL)
        process.wait()
        pipes: tuple[IO[bytes] | None, ...] = (process.stdin, process.stdout, process.stderr)
        for pipe in pipes:
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def _ended_with_us(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Have somebody who ends the program's session when this process is killed, which it cannot do itself then."""
    words = ["/bin/sh", "-c", _KILL_AT_THE_END, "sh", str(process.pid)]
    quiet = subprocess.DEVNULL
    watch = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True)  # noqa: S603
    try:
        yield
    finally:
        watch.kill()
        watch.communicate()


def _signal(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """Send a signal to all of its session that is still there."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says the second of a process that has just ended
        os.killpg(process.pid, how)

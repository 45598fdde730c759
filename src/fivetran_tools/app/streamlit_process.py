"""Streamlit as a child process: started on a loopback port, waited for until it answers, and ended with its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fivetran_local.function_process import tail
from fivetran_tools.errors import CommandError

HOST: Final = "127.0.0.1"

_MAY_PASS: Final = re.compile(
    "PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LANGUAGE|LC_.*|TMPDIR|TEMP|TMP|XDG_.*|VIRTUAL_ENV|PYTHON.*|PIP_.*"
    "|LD_LIBRARY_PATH|DYLD_.*|((HTTPS?|ALL|NO)_PROXY)|((https?|all|no)_proxy)"
    "|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|STREAMLIT_.*|STUDENT_SUCCESS_.*|FIVETRAN_LOCAL_FOLDER"
)
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class StreamlitProcess:
    """An app that answers."""

    url: str
    log: Path
    _process: "subprocess.Popen[bytes]" = field(repr=False)

    def wait(self) -> None:
        """Wait for it to end by itself, which it should not.

        Raises:
            CommandError: it did.
        """
        self._process.wait()
        raise CommandError(f"the app ended by itself: {_reason(self.log)}; its log is {self.log}")


@contextmanager
def streamlit(
    script: Path, folder: Path, port: int, log: Path, variables: Mapping[str, str]
) -> Iterator[StreamlitProcess]:
    """Run an app until the block ends, and yield it once it answers.

    Args:
        script: The app's; settings are in `.streamlit/config.toml` beside it.
        folder: Where it runs.
        port: On 127.0.0.1; 0 for any that is free.
        log: Where what it says goes.
        variables: More variables of its environment, which otherwise has of this process's what it needs to run.

    Raises:
        CommandError: the port is taken, or it does not start, in the last words of its log.
    """
    port = port or _free_port()
    url = f"http://{HOST}:{port}"
    words = ["run", str(script), "--server.address", HOST, "--server.port", str(port), "--server.headless", "true"]
    words += ["--browser.gatherUsageStats", "false", "--server.showEmailPrompt", "false"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own words, no shell
            [sys.executable, "-P", "-m", "fivetran_tools.app.child", *words],
            cwd=folder,
            env={**_passed_on(), **variables, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,  # closes when this process dies, however it dies, and the app ends with it
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, url, log)
        yield StreamlitProcess(url, log, process)
    finally:
        _end(process)


def _passed_on() -> dict[str, str]:
    """Return the variables that may pass: none that logs in anywhere, or that says where another warehouse is."""
    return {name: value for name, value in os.environ.items() if _MAY_PASS.fullmatch(name)}


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the environment names
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CommandError(f"the app did not start: {_reason(log)}; its log is {log}")
        with suppress(OSError), directly.open(f"{url}/_stcore/health", timeout=_ANSWER_SECONDS) as answer:
            if answer.status == 200:
                return
        time.sleep(_POLL_SECONDS)
    raise CommandError(f"the app did not answer within {_START_SECONDS:.0f} s; its log is {log}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process and those it started, which are of its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _reason(log: Path) -> str:
    return tail(log, 1).strip() or "it said nothing"


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        port: int = trial.getsockname()[1]
    return port

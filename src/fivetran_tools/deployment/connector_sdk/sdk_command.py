"""The SDK's own `fivetran deploy`: its exact words, and running it where nobody can answer its questions."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from fivetran_tools.deployment.connector_sdk.options import SdkAnswers
from fivetran_tools.errors import CommandError

_DEPLOY_SECONDS: Final = 900.0
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_QUESTION: Final = re.compile(r"^Provide your API Key.*?\]: ")
_STAMP: Final = re.compile(r"^\w{3} \d\d, \d{4} \d\d:\d\d:\d\d [AP]M (?P<level>[A-Z]+) Fivetran-Connector-SDK: ")


def deploy_words(program: Path, project: Path, answers: SdkAnswers, configuration: Path | None) -> list[str]:
    """Return the command that deploys a staged project. The API key is not in it: every process could read it there.

    Args:
        program: The SDK's command.
        project: The staged folder.
        answers: Where it goes.
        configuration: The file with the connection's settings; without one, the connection keeps those it has.
    """
    return [
        str(program),
        "deploy",
        str(project),
        "--force",  # or it asks whether an existing connection may be updated, and nobody answers
        f"--destination={answers.destination}",
        f"--connection={answers.connection}",
        *([f"--configuration={configuration}"] if configuration else []),
        f"--python-version={answers.python_version}",
    ]


def run_deploy(
    words: list[str],
    api_key: str,
    log: Path,
    *,
    redact: Callable[[str], str] = str,
    show: Callable[[str], None] = lambda _: None,
    seconds: float = _DEPLOY_SECONDS,
) -> list[str]:
    """Run the command to its end and return the lines that it printed, without secrets.

    Args:
        words: The command.
        api_key: Given to it in its environment.
        log: Where all its lines are kept.
        redact: Takes secrets out of a line.
        show: Told what the SDK says itself; what the tools it calls print is in the log only.
        seconds: Ended after so long.

    Raises:
        CommandError: it could not be started, failed, or did not end in time.
        OSError: the log cannot be written.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as kept:
        process = _start(words, api_key)
        late = threading.Timer(seconds, _end, [process])
        late.start()
        try:
            lines = []
            for line in _lines(process, redact):
                lines.append(line)
                print(line, file=kept, flush=True)
                if _STAMP.match(line):
                    show(_STAMP.sub("", line))
            status = process.wait()
        finally:
            in_time = late.is_alive()
            late.cancel()
            _end(process)
            process.wait()
    if not in_time:
        message = f"the SDK's deploy did not end within {seconds:g} s: see {log}, and the connection in the dashboard"
        raise CommandError(message)
    if status:
        message = f"the SDK's deploy failed with status {status}: {_reason(lines)} ({log} has it all)"
        raise CommandError(message)
    return lines


def _start(words: list[str], api_key: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "FIVETRAN_API_KEY": api_key, "PYTHONUNBUFFERED": "1"}
    environment.pop("FIVETRAN_STATE", None)  # 1.7.0 fails on it in a deploy
    environment["PATH"] = f"{Path(words[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # it calls pipreqs
    try:
        return subprocess.Popen(  # noqa: S603  # our own words, no shell
            words,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that what it started itself can be ended with it
        )
    except OSError as error:
        message = f"cannot start {words[0]}: {error.strerror or error}"
        raise CommandError(message) from error


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _lines(process: "subprocess.Popen[str]", redact: Callable[[str], str]) -> Iterator[str]:
    """Press Enter once, which takes the offered API key, then nothing more; yield what is printed, to its end."""
    if process.stdin and process.stdout:
        with process.stdout as output:
            with suppress(BrokenPipeError), process.stdin as keyboard:  # it may end before it asks
                keyboard.write("\n")
            for line in output:
                if text := redact(_QUESTION.sub("", _COLOUR.sub("", line))).strip():
                    yield text


def _reason(lines: list[str]) -> str:
    """Return the SDK's last complaint, or the last line where it ended by an exception after that."""
    complaints = [i for i, line in enumerate(lines) if (stamp := _STAMP.match(line)) and stamp["level"] == "SEVERE"]
    after = lines[complaints[-1] + 1 :] if complaints else lines
    if complaints and not any(line.startswith("Traceback") for line in after):
        return _STAMP.sub("", lines[complaints[-1]])
    return _STAMP.sub("", lines[-1]) if lines else "it said nothing"

"""The SDK's own `fivetran deploy`: its exact words, and running it where nobody can answer its questions."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fivetran_tools.credentials import without_credentials
from fivetran_tools.deployment.connector_sdk.options import SdkAnswers
from fivetran_tools.deployment.programs import log_file, run_program
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
        CommandError: it could not be started, failed, or did not end in time, or the log cannot be written.
    """
    lines: list[str] = []
    with log_file(log) as keep:

        def tell(said: str) -> None:
            if line := redact(_QUESTION.sub("", _COLOUR.sub("", said))).strip():
                lines.append(line)
                keep(line)
                if _STAMP.match(line):
                    show(_STAMP.sub("", line))

        try:
            ended = run_program(
                words,
                seconds=seconds,
                tell=tell,
                typed="\n",  # Enter, once, which takes the API key that it offers
                environment=_environment(Path(words[0]).parent, api_key),
                together=True,
            )
        except OSError as error:
            message = f"cannot start {words[0]}: {error.strerror or error}"
            raise CommandError(message) from error
    if ended.status is None:
        message = f"the SDK's deploy did not end within {seconds:g} s: see {log}, and the connection in the dashboard"
        raise CommandError(message)
    if ended.status:
        message = f"the SDK's deploy failed with status {ended.status}: {_reason(lines)} ({log} has it all)"
        raise CommandError(message)
    return lines


def _environment(programs: Path, api_key: str) -> dict[str, str]:
    environment = {**without_credentials(), "FIVETRAN_API_KEY": api_key, "PYTHONUNBUFFERED": "1"}
    environment.pop("FIVETRAN_STATE", None)  # 1.7.0 fails on it in a deploy
    environment["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # it calls pipreqs
    return environment


def _reason(lines: list[str]) -> str:
    """Return the SDK's last complaint, or the last line where it ended by an exception after that."""
    complaints = [i for i, line in enumerate(lines) if (stamp := _STAMP.match(line)) and stamp["level"] == "SEVERE"]
    after = lines[complaints[-1] + 1 :] if complaints else lines
    if complaints and not any(line.startswith("Traceback") for line in after):
        return _STAMP.sub("", lines[complaints[-1]])
    return _STAMP.sub("", lines[-1]) if lines else "it said nothing"

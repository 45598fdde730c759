"""The Connector SDK's own Python: it pins grpcio and requests, and installs a command of our name."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fivetran_tools.credentials import without_credentials
from fivetran_tools.deployment.connector_sdk.options import PYTHON_VERSIONS
from fivetran_tools.deployment.connector_sdk.project import SDK
from fivetran_tools.deployment.programs import log_file, run_program
from fivetran_tools.errors import CommandError

_ASK_SECONDS: Final = 30
_INSTALL_SECONDS: Final = 900


def ensure_environment(folder: Path, requirements: Path, announce: Callable[[str], None] = lambda _: None) -> Path:
    """Have an environment with the SDK and a project's requirements, made or renewed where it is not there yet.

    Args:
        folder: Where it is, or will be.
        requirements: The staged project's `requirements.txt`.
        announce: Told when it has to be made, which takes a while.

    Returns:
        The folder of its programs: `python` and the SDK's `fivetran` are in it.

    Raises:
        CommandError: there is no Python for it, or pip failed.
    """
    programs, stamp = folder / "bin", folder / "installed.txt"
    try:
        wanted = f"{folder.resolve()}\n{SDK}\n{requirements.read_text(encoding='utf-8')}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if (programs / "python").exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
                return programs
            announce(f"installing {SDK} into {folder}; this takes a minute, once")
            _make(folder, requirements)
            stamp.write_text(wanted, encoding="utf-8")
    except OSError as error:
        message = f"cannot make the Connector SDK's environment in {folder}: {error.strerror or error}"
        raise CommandError(message) from error
    return programs


def find_python() -> Path:
    """Return a Python that the SDK and the runtime both run on: this one, or one on PATH that really starts.

    Raises:
        CommandError: there is none.
    """
    names = [f"python{version}" for version in PYTHON_VERSIONS]
    on_path = (Path(folder) / name for name in names for folder in os.get_exec_path())
    for candidate in (Path(sys.executable).resolve(), *on_path):
        if os.access(candidate, os.X_OK) and _version(candidate) in PYTHON_VERSIONS:
            return candidate
    message = f"the SDK needs Python {' or '.join(PYTHON_VERSIONS)}, with its venv module: install one of them"
    raise CommandError(message)


def _version(python: Path) -> str:
    question = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603  # a Python, and a question of ours
            [python, "-I", "-c", question],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""  # such as a version manager's stand-in for a Python that it does not have
    return done.stdout.strip() if done.returncode == 0 else ""


def _make(folder: Path, requirements: Path) -> None:
    log = folder.with_name(f"{folder.name}.log")
    pip = [str(folder / "bin" / "python"), "-I", "-m", "pip", "--no-input", "--disable-pip-version-check", "install"]
    with log_file(log) as keep:
        for words in (
            [str(find_python()), "-I", "-m", "venv", "--clear", str(folder)],
            [*pip, str(SDK), "-r", str(requirements)],
        ):
            said: list[str] = []

            def tell(line: str, said: list[str] = said) -> None:
                said.append(line)
                keep(line)

            settings = {**without_credentials(), "PIP_USER": "0"}
            ended = run_program(words, seconds=_INSTALL_SECONDS, tell=tell, environment=settings, together=True)
            if ended.status is None:
                message = f"installing {SDK} took longer than {_INSTALL_SECONDS / 60:.0f} minutes: see {log}"
                raise CommandError(message)
            if ended.status:
                message = f"installing {SDK} failed: {_reason(said)} ({log} has it all)"
                raise CommandError(message)


def _reason(lines: list[str]) -> str:
    said = [line.strip() for line in lines if line.strip()] or ["it said nothing"]
    return next((line for line in said if line.startswith("ERROR: ")), said[-1]).removeprefix("ERROR: ")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for whoever else makes this environment, and keep others waiting."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

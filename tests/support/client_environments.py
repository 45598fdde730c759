"""Environments for public clients of Fivetran: made once each, by the test run that needs one."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fivetran_tools.credentials import without_credentials

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "build" / "environments"
INSTALL_SECONDS = 900


class EnvironmentNotMadeError(Exception):
    """An environment cannot be made: the reason in one line. The tests that need it fail; none of them is skipped."""


def client_python(name: str, folder: Path = ENVIRONMENTS) -> Path:
    """Return the Python of an environment with what `tests/NAME/requirements.txt` pins, made where it is not there yet.

    Other processes wait for whoever makes it. One that was left half made has no stamp, and is made anew.

    Raises:
        EnvironmentNotMadeError: pip or venv failed, such as without a network.
    """
    return environment_python(folder / name, ROOT / "tests" / name / "requirements.txt")


def environment_python(environment: Path, requirements: Path) -> Path:
    """Return the Python of an environment with what a file of requirements asks for; see `client_python`."""
    python, stamp = environment / "bin" / "python", environment / "stamp"
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = f"{environment} {version} {hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    environment.parent.mkdir(parents=True, exist_ok=True)
    with _alone(environment.with_name(f"{environment.name}.lock")):
        if not (python.exists() and stamp.is_file() and stamp.read_text() == wanted):
            shutil.rmtree(environment, ignore_errors=True)
            log = environment.with_name(f"{environment.name}.log")
            log.write_bytes(b"")
            _run(log, [os.path.realpath(sys.executable), "-I", "-m", "venv", str(environment)])
            pip = [str(python), "-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]
            _run(log, [*pip, "install", "--requirement", str(requirements)])
            _run(log, [*pip, "check"])
            stamp.write_text(wanted)
    return python


def _run(log: Path, words: list[str]) -> None:
    settings = {**without_credentials(), "PIP_USER": "0"}
    start = log.stat().st_size
    with log.open("ab") as file:
        try:
            done = subprocess.run(
                words, env=settings, stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=INSTALL_SECONDS,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            message = f"{words[3]} took longer than {INSTALL_SECONDS} s: {log} has what it said"
            raise EnvironmentNotMadeError(message) from None
    if done.returncode:
        said = [line for line in log.read_bytes()[start:].decode(errors="replace").splitlines() if line.strip()]
        reason = next((line for line in said if line.startswith("ERROR: ")), said[-1] if said else "it said nothing")
        message = f"{words[3]} failed ({reason.removeprefix('ERROR: ')}): {log} has it all; is there a network?"
        raise EnvironmentNotMadeError(message)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""What a connector needs beyond the runtime, installed where its code runs on this machine."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from packaging.requirements import Requirement

from fivetran_tools.credentials import without_credentials
from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project
from fivetran_tools.requirements_txt import read_requirements

_SECONDS: Final = 600.0


def ensure_requirements(
    project: Project, connectors: Iterable[str], announce: Callable[[str], None] = lambda _: None
) -> None:
    """Install what connectors ask for in their requirements.txt and the environment does not have.

    The versions in requirements.lock stay: a requirement that contradicts them is an error.

    Args:
        project: The checkout.
        connectors: The names of those that are about to run.
        announce: Told what is installed.

    Raises:
        CommandError: a requirement cannot be read or installed.
    """
    for connector in connectors:
        missing = list(_missing(project, connector))
        if missing:
            announce(f"installing {', '.join(missing)} for connectors/{connector}")
            _install(project, connector, missing)


def _missing(project: Project, connector: str) -> Iterator[str]:
    file = project.connector(connector) / "requirements.txt"
    for requirement in read_requirements(file) if file.exists() else ():
        if (not requirement.marker or requirement.marker.evaluate()) and not _is_here(requirement):
            yield str(requirement)


def _is_here(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def _install(project: Project, connector: str, requirements: list[str]) -> None:
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    lock = project.root / "requirements.lock"
    words += [*(["--constraint", str(lock)] if lock.exists() else []), *requirements]
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            words, env=without_credentials(), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"connectors/{connector}/requirements.txt could not be installed: {type(error).__name__}"
        raise CommandError(message) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip said nothing"]
        message = (
            f"connectors/{connector}/requirements.txt asks for {', '.join(requirements)}, which could not be installed "
            f"beside requirements.lock: {lines[-1].removeprefix('ERROR: ')}"
        )
        raise CommandError(message)

"""What a deploy through the Connector SDK has to be told, and where it is taken from."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.errors import UsageError

PYTHON_VERSIONS: Final = ("3.12", "3.11")
"""What SDK 1.7.0 knows, less what is too old for the runtime. The first is the default."""

_CHARACTERS_SHOWN: Final = 6
_CONNECTION_NAME: Final = re.compile(r"[_a-z][_a-z0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkOptions:
    """What the command was told. What is None is asked for, or taken from the environment."""

    api_key: str | None = field(default=None, repr=False)
    """Base64 of "key:secret", as Fivetran's dashboard shows it."""
    destination: str | None = None
    """Its name in the dashboard."""
    connection: str | None = None
    """The connection's name, which is the schema it loads into."""
    configuration: Path | None = None
    """The flat JSON file with the connection's settings; without one, the connection keeps those it has."""
    python_version: str | None = None
    allow_modified: bool = False
    """Deploy files that differ from their commit."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class SdkAnswers:
    """The same, complete and checked. In a dry run the key may be empty, and the destination a stand-in."""

    api_key: str = field(repr=False)
    destination: str
    connection: str
    configuration: Path | None
    python_version: str


Ask: TypeAlias = Callable[[str, str, str], str]
"""Asks a person: the question, what Enter means, and how that is shown."""


def complete(given: SdkOptions, deployment: Deployment, ask: Ask | None = None) -> SdkAnswers:
    """Fill in what was not given: ask where somebody can answer, the environment's values being the defaults.

    Args:
        given: What the command was told.
        deployment: Names the connection and the Python where nothing else does.
        ask: None where nobody can answer, as in CI. A dry run asks nothing either.

    Raises:
        UsageError: something is missing or cannot be used. The API key is in no text.
    """
    asked = None if given.dry_run else ask

    def value(told: str | None, question: str, variable: str, default: str = "", shown: str | None = None) -> str:
        if told is not None:
            return told.strip()
        default = os.environ.get(variable, "").strip() or default
        return asked(question, default, default if shown is None else shown).strip() if asked else default

    key = os.environ.get("FIVETRAN_API_KEY", "").strip()
    configuration = value(
        str(given.configuration) if given.configuration else None,
        "Configuration file (none: the connection keeps its settings)",
        "FIVETRAN_CONFIGURATION",
    )
    answers = SdkAnswers(
        destination=value(
            given.destination, "Destination", "FIVETRAN_DESTINATION_NAME", "DESTINATION" if given.dry_run else ""
        ),
        connection=value(
            given.connection, "Connection", "FIVETRAN_CONNECTION_NAME", deployment.function.replace("-", "_")
        ),
        configuration=Path(configuration).expanduser().absolute() if configuration else None,
        python_version=value(given.python_version, "Python", "FIVETRAN_PYTHON_VERSION", _python(deployment)),
        api_key=value(given.api_key, "API key, in base64", "FIVETRAN_API_KEY", shown=shown_key(key) if key else ""),
    )
    _check(answers, dry_run=given.dry_run)
    return answers


def shown_key(api_key: str) -> str:
    """Return the first characters of an API key: enough to tell it from another, too few to be one."""
    return f"{api_key[:_CHARACTERS_SHOWN]}…" if len(api_key) > 2 * _CHARACTERS_SHOWN else "…"


def _python(deployment: Deployment) -> str:
    """Return the Python that a function of this deployment would run on, where the SDK has it."""
    digits = deployment.runtime.removeprefix("python")
    version = f"{digits[:1]}.{digits[1:]}"
    return version if version in PYTHON_VERSIONS else PYTHON_VERSIONS[0]


def _check(answers: SdkAnswers, *, dry_run: bool) -> None:
    if not _CONNECTION_NAME.fullmatch(answers.connection):
        message = (
            f"{answers.connection!r} cannot name a connection: begin with a lower-case letter or '_', and go on with "
            "those and digits (--connection)"
        )
        raise UsageError(message)
    if answers.python_version not in PYTHON_VERSIONS:
        message = f"no Python {answers.python_version!r} for the Connector SDK: choose {' or '.join(PYTHON_VERSIONS)}"
        raise UsageError(message)
    if dry_run:
        return
    if not answers.destination:
        message = "which destination? pass --destination, or set FIVETRAN_DESTINATION_NAME"
        raise UsageError(message)
    if not answers.api_key:
        message = "no API key: set FIVETRAN_API_KEY to the base64 form that Fivetran's dashboard shows"
        raise UsageError(message)
    if ":" in answers.api_key or not answers.api_key.isascii() or not answers.api_key.isprintable():
        message = "the API key is not base64: take that form, which Fivetran's dashboard shows beside key and secret"
        raise UsageError(message)

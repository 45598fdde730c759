"""What a connector declares of itself: its tables, their keys, and which settings are public."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fivetran_tools.credentials import without_credentials
from fivetran_tools.errors import CommandError
from fivetran_tools.staging import RUNTIME_PACKAGES, StagedFunction

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Declaration:
    """Read from `@connector`; a function without our runtime declares nothing."""

    tables: dict[str, list[str]] = field(default_factory=dict)
    """Primary key by table."""
    public_keys: frozenset[str] | None = None
    """The settings that are no secret; None where it is not known which."""


def read_declaration(staged: StagedFunction) -> Declaration:
    """Import a staged connector in a process of its own and return what it declares.

    Raises:
        CommandError: its `main.py` cannot be imported.
    """
    main = f"connectors/{staged.connector}/main.py"
    words = [sys.executable, "-m", "fivetran_function.declaration"]  # -m puts the staged folder first on the path
    environment = {**without_credentials(), "PYTHONDONTWRITEBYTECODE": "1"}  # the folder is uploaded as it is
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            words,
            cwd=staged.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"{main} was not imported within {_SECONDS:.0f} s: keep work out of its top level"
        raise CommandError(message) from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        message = f"{_place(staged, done.stderr)} cannot be imported: {reason}"
        raise CommandError(message)
    try:
        document = json.loads(lines[-1])  # whatever the connector itself prints comes before it
        return (
            Declaration() if document is None else Declaration(document["tables"], frozenset(document["public_keys"]))
        )
    except (ValueError, KeyError, TypeError):
        message = f"{main} writes to standard output when its process ends: let it write no more there"
        raise CommandError(message) from None


def _place(staged: StagedFunction, trace: str) -> str:
    """Return the last line of the connector's own code in a traceback, by its name in `connectors/`."""
    place = f"connectors/{staged.connector}/main.py"
    for file, line in re.findall(r'File "([^"]+)", line (\d+)', trace):
        path = Path(file)
        if path.is_relative_to(staged.folder):
            inside = path.relative_to(staged.folder)
            if inside.parts[0] not in RUNTIME_PACKAGES:
                place = f"connectors/{staged.connector}/{inside}:{line}"
    return place

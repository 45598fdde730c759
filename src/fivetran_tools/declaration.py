"""What a connector declares of itself: its tables, their keys, and which settings are public."""

import json
import subprocess
import sys
from dataclasses import dataclass, field

from fivetran_tools.errors import CommandError
from fivetran_tools.staging import StagedFunction

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
    words = [sys.executable, "-m", "fivetran_function.declaration"]  # -m puts the staged folder first on the path
    try:
        done = subprocess.run(words, cwd=staged.folder, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        message = f"{staged.folder}/main.py was not imported within {_SECONDS:.0f} s: keep work out of its top level"
        raise CommandError(message) from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        message = f"{staged.folder}/main.py cannot be imported: {reason}"
        raise CommandError(message)
    document = json.loads(lines[-1])  # whatever the connector itself prints comes before it
    return Declaration(document["tables"], frozenset(document["public_keys"])) if document else Declaration()

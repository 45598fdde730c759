"""What the last check of a connector said, kept for `connector list`."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project
from fivetran_tools.writing import write_whole


@dataclass(frozen=True, slots=True)
class LastCheck:
    """The counts of a check of all rules."""

    checked_at: str
    """ISO 8601, in UTC."""
    build: str
    """The BUILD line of what was checked."""
    passed: int
    errors: int
    warnings: int
    waived: int
    not_run: int


def write_last_check(project: Project, connector: str, note: LastCheck) -> None:
    """Note what came of a check.

    Raises:
        CommandError: the file cannot be written.
    """
    file = project.last_check(connector)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(asdict(note), indent=2) + "\n")
    except OSError as error:
        message = f"cannot note the check in {file}: {error.strerror or error}"
        raise CommandError(message) from error


def read_last_check(project: Project, connector: str) -> LastCheck | None:
    """Return what was noted; None where nothing was, or nothing that can be read."""
    try:
        note = json.loads(project.last_check(connector).read_text(encoding="utf-8"))
        counts = {name: int(note[name]) for name in ("passed", "errors", "warnings", "waived", "not_run")}
        datetime.fromisoformat(note["checked_at"])
        return LastCheck(note["checked_at"], str(note["build"]), **counts)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None

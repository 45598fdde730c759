"""`connector list`: every connector, what it fills, where it is deployed, and what its last check said."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment.deployments import DEPLOY_FILE
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import stage

_AT_ONCE: Final = 4
"""Each connector is imported in a process of its own, which keeps a core busy."""


@dataclass(frozen=True, slots=True)
class LastCheck:
    """What `check` noted of a connector."""

    checked_at: str
    """As ISO 8601."""
    passed: int
    errors: int
    warnings: int
    changed_since: bool
    """Whether the connector's code, or the runtime's, was written later."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One connector."""

    name: str
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    """Primary key by table."""
    deployments: Mapping[str, str] = field(default_factory=dict)
    """Environment by function."""
    last_check: LastCheck | None = None
    error: str = ""
    """Why its tables are not known."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All connectors, sorted by name."""

    connectors: list[Listed]
    error: str = ""
    """Why it is not known what is deployed."""


def list_connectors(project: Project) -> Listing:
    """Look at all connectors at once; one that is broken says so in its own row, and deploy.yaml beside them."""
    deployments: dict[str, dict[str, str]] = {}
    error = ""
    try:
        deployments = _deployments(project)
    except (UsageError, CommandError) as problem:
        error = str(problem)
    names = project.connectors
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Listing(list(pool.map(partial(_look, project, deployments), names)), error)


def _look(project: Project, deployments: Mapping[str, dict[str, str]], name: str) -> Listed:
    deployed = deployments.get(name, {})
    try:
        staged = stage(project, name)
    except (UsageError, CommandError) as error:
        return Listed(name, {}, deployed, _last_check(project, name), str(error))
    last_check = _last_check(project, name)
    try:
        return Listed(name, read_declaration(staged).tables, deployed, last_check)
    except CommandError as error:
        return Listed(name, {}, deployed, last_check, str(error))


def _deployments(project: Project) -> dict[str, dict[str, str]]:
    """Return the functions of deploy.yaml by connector, each with its environment; nothing where there is no file."""
    if not (project.root / DEPLOY_FILE).exists():
        return {}
    from fivetran_tools.deployment.deploy_file import read_deployments

    found: dict[str, dict[str, str]] = {}
    for deployment in sorted(read_deployments(project).functions.values(), key=lambda each: each.function):
        found.setdefault(deployment.connector, {})[deployment.function] = deployment.environment.name
    return found


def _last_check(project: Project, name: str) -> LastCheck | None:
    """Read what `check` noted; None where it has noted nothing that can be read."""
    file = project.root / "files" / "checks" / f"{name}.json"
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
        return LastCheck(
            note["checked_at"],
            int(note["passed"]),
            int(note["errors"]),
            int(note["warnings"]),
            _last_written(project, name) > datetime.fromisoformat(note["checked_at"]).timestamp(),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _last_written(project: Project, name: str) -> float:
    """Return when the newest of the staged programs was written, in seconds since 1970; copies keep the time."""
    return max((file.stat().st_mtime for file in project.staged(name).rglob("*.py")), default=0.0)

"""`connector list`: every connector, what it fills, where it is deployed, and what its last check said."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from fivetran_tools.checking.last_check import LastCheck, read_last_check
from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment.deployments import DEPLOY_FILE
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import StagedFunction, stage

_AT_ONCE: Final = 4
"""Each connector is imported in a process of its own, which keeps a core busy."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One connector."""

    name: str
    tables: Mapping[str, list[str]] = field(default_factory=dict)
    """Primary key by table."""
    deployments: Mapping[str, str] = field(default_factory=dict)
    """Environment by function."""
    last_check: LastCheck | None = None
    changed_since: bool = False
    """Whether the connector's code, or the runtime's, was written after its last check."""
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
    known = Listed(name, deployments=deployments.get(name, {}), last_check=read_last_check(project, name))
    try:
        staged = stage(project, name)
        known = replace(known, changed_since=_changed_since(project, staged, known.last_check))
        return replace(known, tables=read_declaration(staged).tables)
    except (UsageError, CommandError) as error:
        return replace(known, error=str(error))


def _deployments(project: Project) -> dict[str, dict[str, str]]:
    """Return the functions of deploy.yaml by connector, each with its environment; nothing where there is no file."""
    if not (project.root / DEPLOY_FILE).exists():
        return {}
    from fivetran_tools.deployment.deploy_file import read_deployments

    found: dict[str, dict[str, str]] = {}
    for deployment in sorted(read_deployments(project).functions.values(), key=lambda each: each.function):
        found.setdefault(deployment.connector, {})[deployment.function] = deployment.environment.name
    return found


def _changed_since(project: Project, staged: StagedFunction, last_check: LastCheck | None) -> bool:
    """Tell whether the newest of the programs that are staged was written after a check."""
    if last_check is None:
        return False
    checked = datetime.fromisoformat(last_check.checked_at).timestamp()
    folders = (project.connector(staged.connector), project.root / "src")
    sources = (folder / name for name in staged.files if name.endswith(".py") for folder in folders)
    return any(file.stat().st_mtime > checked for file in sources if file.is_file())

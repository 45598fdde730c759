"""Whether a connector or a function changed since another commit, and what of it did.

Two commits are compared by what they hold, not by their history: the files that belong to the thing by git's own
hashes, what it needs of pyproject.toml, and its entry of deploy.yaml by value. What cannot be compared counts as
changed, since a test or a deploy too many is better than one that is missing.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from fivetran_tools.deployment.commits import Commits
from fivetran_tools.deployment.deploy_file import parse_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Target
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import NEVER_STAGED, RUNTIME_PACKAGES

MAIN_BRANCH: Final = "origin/main"
REQUIREMENTS: Final = "pyproject.toml (extra 'function')"
_PYPROJECT: Final = "pyproject.toml"
_RUNTIME: Final = tuple(f"src/{package}" for package in RUNTIME_PACKAGES)
_HASH: Final = re.compile(r"[0-9a-f]{7,64}")
_MOST_SHOWN: Final = 3

Snapshot = Mapping[str, object]
"""What belongs to a thing at a commit: the name of each part, and a value that is equal where the part is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something changed, and why that is said."""

    changed: bool
    reason: str


def connector_changed(project: Project, connector: str, *, main: str = MAIN_BRANCH) -> Verdict:
    """Compare a connector, its tests and simulator included, with where its branch left the main branch.

    On the main branch itself everything counts as changed: what is deployed from there must have been tested there,
    also when an earlier run did not come to its end.
    """
    commits = Commits(project.root)
    base = commits.merge_base("HEAD", main)
    if base is None:
        return _counts_as_changed(connector, f"this clone knows no commit that is also in {main}")
    if base == commits.resolve("HEAD"):
        return _counts_as_changed(connector, f"this commit is in {main}, where everything is tested")
    return _compare(
        connector, base, lambda: _tested(commits, base, connector), lambda: _tested(commits, "HEAD", connector)
    )


def function_changed(project: Project, deployment: Deployment) -> Verdict:
    """Compare what would be deployed with the commit in the label of the function that runs.

    Raises:
        CommandError: Google Cloud cannot be asked.
    """
    name = deployment.function
    if deployment.target is Target.CONNECTOR_SDK:
        return _counts_as_changed(name, "Fivetran does not tell which commit a connection runs")
    from fivetran_tools.deployment.gcloud import running

    function = running(deployment)
    if function is None:
        return _counts_as_changed(name, "it is not deployed yet")
    if not function.is_active:
        return _counts_as_changed(name, f"its last deploy did not go through ({function.state or 'no state'})")
    return since_commit(project, deployment, function.commit)


def since_commit(project: Project, deployment: Deployment, label: str, *, main: str = MAIN_BRANCH) -> Verdict:
    """Compare what would be deployed with a commit, as the label of a function gives it.

    A later commit of the main branch is left where it is: an older run that comes late does not undo a newer deploy.
    """
    name, commits = deployment.function, Commits(project.root)
    commit = commits.resolve(label) if _HASH.fullmatch(label) else None
    if commit is None:
        why = f"it runs {label}, which is no commit of this clone" if label else "its labels do not say what runs"
        return _counts_as_changed(name, why)
    is_newer = commit != commits.resolve("HEAD") and commits.is_ancestor("HEAD", commit)
    if is_newer and commits.is_ancestor(commit, main):
        return Verdict(changed=False, reason=f"{name} is left alone: it runs {commit[:12]}, which is newer than this")
    return _compare(
        name,
        commit,
        lambda: _deployed(commits, commit, deployment, _entry(commits, commit, name)),
        lambda: _deployed(commits, "HEAD", deployment, deployment),
    )


def _counts_as_changed(name: str, why: str) -> Verdict:
    return Verdict(changed=True, reason=f"{name} counts as changed: {why}")


def _compare(name: str, since: str, old: Callable[[], Snapshot], new: Callable[[], Snapshot]) -> Verdict:
    try:
        before, now = old(), new()
    except UsageError as error:
        return _counts_as_changed(name, str(error))
    parts = sorted(part for part in before.keys() | now.keys() if before.get(part) != now.get(part))
    if not parts:
        return Verdict(changed=False, reason=f"{name} is unchanged since {since[:12]}")
    more = f" and {len(parts) - _MOST_SHOWN} more" if len(parts) > _MOST_SHOWN else ""
    return Verdict(changed=True, reason=f"{name} changed since {since[:12]}: {', '.join(parts[:_MOST_SHOWN])}{more}")


def _tested(commits: Commits, commit: str, connector: str) -> Snapshot:
    """Return all that the tests of a connector can see of it."""
    folders = (f"connectors/{connector}", f"simulators/{connector}_api", *_RUNTIME, "requirements.lock")
    return {**commits.files(commit, *folders), REQUIREMENTS: _requirements(commits, commit)}


def _deployed(commits: Commits, commit: str, deployment: Deployment, entry: Deployment | None) -> Snapshot:
    """Return what a deploy makes of a function: what is staged, its requirements, its entry of deploy.yaml."""
    folder = f"connectors/{deployment.connector}"
    files = commits.files(commit, folder, *_RUNTIME)
    own = {path: PurePosixPath(path).relative_to(folder) for path in files if path.startswith(f"{folder}/")}
    packages = {path.parts[0] for path in own.values() if len(path.parts) == 2 and path.name == "__init__.py"}
    staged = [path for path, inside in own.items() if _is_staged(inside, packages)]
    runtime = [path for path in files if path not in own and _is_copied(PurePosixPath(path))]
    return {
        **{path: files[path] for path in (*staged, *runtime)},
        REQUIREMENTS: _requirements(commits, commit),
        f"{DEPLOY_FILE} ({deployment.function})": entry,
    }


def _is_staged(path: PurePosixPath, packages: set[str]) -> bool:
    """Tell whether staging takes a file of a connector: see fivetran_tools.staging."""
    if len(path.parts) == 1:
        return path.name in ("main.py", "requirements.txt")
    return path.parts[0] in packages and _is_copied(path)


def _is_copied(path: PurePosixPath) -> bool:
    return not any(part in NEVER_STAGED or part.startswith(".") or part.endswith(".pyc") for part in path.parts)


def _requirements(commits: Commits, commit: str) -> object:
    text = (commits.text(commit, _PYPROJECT) or b"").decode("utf-8", "replace")
    try:
        return sorted(tomllib.loads(text)["project"]["optional-dependencies"]["function"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return text


def _entry(commits: Commits, commit: str, function: str) -> Deployment | None:
    text = commits.text(commit, DEPLOY_FILE)
    if text is None:
        return None
    return parse_deployments(text, f"{DEPLOY_FILE} of {commit[:12]}", None).functions.get(function)

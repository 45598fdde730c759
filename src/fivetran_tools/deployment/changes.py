"""Whether a connector or a function changed since another commit, and what of it did.

Two commits are compared by what they hold, not by their history: the files that belong to the thing by git's own
hashes, what it needs of pyproject.toml, and its entry of deploy.yaml by value. What cannot be compared counts as
changed, since a test or a deploy too many is better than one that is missing.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from fivetran_tools.commits import Commits
from fivetran_tools.deployment.deploy_file import parse_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Target
from fivetran_tools.deployment.handover import settings_of
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import NEVER_STAGED, RUNTIME_PACKAGES

MAIN_BRANCH: Final = "origin/main"
REQUIREMENTS: Final = "pyproject.toml (extra 'function')"
_PYPROJECT: Final = "pyproject.toml"
_RUNTIME: Final = tuple(f"src/{package}" for package in RUNTIME_PACKAGES)
_DEPLOYING: Final = tuple(
    f"src/fivetran_tools/{name}.py" for name in ("deployment/deployments", "deployment/gcloud_arguments", "staging")
)
"""What deploying means: the defaults of what deploy.yaml leaves out, the words for gcloud, and what is staged."""
_MOST_SHOWN: Final = 3

Snapshot = Mapping[str, object]
"""What belongs to a thing at a commit: the name of each part, and a value that is equal where the part is."""


@dataclass(frozen=True, slots=True)
class Change:
    """Whether something changed, and why that is said."""

    changed: bool
    reason: str


def connector_changed(project: Project, connector: str, *, main: str = MAIN_BRANCH) -> Change:
    """Compare a connector, its tests and simulator included, with where its branch left the main branch.

    On the main branch itself everything counts as changed: what is deployed from there must have been tested there,
    also when an earlier run did not come to its end.
    """
    commits = Commits(project.root)
    if commits.branch() == main.rpartition("/")[2]:  # also where somebody forced it back, and nothing seems to differ
        return _counts_as_changed(connector, f"this is the branch {commits.branch()}, where everything is tested")
    base = commits.merge_base("HEAD", main)
    if base is None:
        return _counts_as_changed(connector, f"this clone knows no commit that is also in {main}")
    if base == commits.resolve("HEAD"):
        return _counts_as_changed(connector, f"this commit is in {main}, where everything is tested")
    return _compare(
        connector, base, lambda: _tested(commits, base, connector), lambda: _tested(commits, "HEAD", connector)
    )


def function_changed(
    project: Project,
    deployment: Deployment,
    *,
    main: str = MAIN_BRANCH,
    announce: Callable[[str], None] = lambda _: None,
) -> Change:
    """Compare what would be deployed with the commit in the label of the function that runs, and see that it answers.

    Only the newest commit of the main branch is deployed: a run of an older one that comes late, or of one that was
    forced off the branch, does not undo a newer deploy. A version that is deployed and does not answer counts as
    changed: its deploy failed, whatever its label says.

    Args:
        project: The checkout.
        deployment: What would be deployed.
        main: The main branch, as git knows it.
        announce: Told of the call of what runs.

    Raises:
        CommandError: Google Cloud cannot be asked.
    """
    name = deployment.function
    if why := _not_to_be_deployed(Commits(project.root), main):
        return Change(changed=False, reason=f"{name} is left alone: {why}")
    if deployment.target is Target.CONNECTOR_SDK:
        return _counts_as_changed(name, "Fivetran does not tell which commit a connection runs")
    from fivetran_tools.deployment.calling import call_deployed
    from fivetran_tools.deployment.gcloud import what_runs
    from fivetran_tools.deployment.smoke import SmokeVerdict

    function = what_runs(deployment)
    if function is None:
        return _counts_as_changed(name, "it is not deployed yet")
    if not function.is_active:
        return _counts_as_changed(name, f"its last deploy did not go through ({function.state or 'no state'})")
    change = since_commit(project, deployment, function.commit)
    if change.changed:
        return change
    wanted = settings_of(project, deployment.connector)
    smoke = call_deployed(deployment, function.url, wanted=wanted, announce=announce)
    if smoke.verdict is not SmokeVerdict.PASSED:
        return _counts_as_changed(name, f"what runs does not answer: {smoke.text}")
    return change


def since_commit(project: Project, deployment: Deployment, label: str) -> Change:
    """Compare what would be deployed with a commit, as the label of a function gives it."""
    name, commits = deployment.function, Commits(project.root)
    commit = commits.labelled(label)
    if commit is None:
        why = f"it runs {label}, which is no commit of this clone" if label else "its labels do not say what runs"
        return _counts_as_changed(name, why)
    return _compare(
        name,
        commit,
        lambda: _deployed(commits, commit, deployment, _entry(commits, commit, name)),
        lambda: _deployed(commits, "HEAD", deployment, deployment),
    )


def _not_to_be_deployed(commits: Commits, main: str) -> str | None:
    """Say why this commit is not the one to deploy; None where it is, or the main branch is not known."""
    head, tip = commits.resolve("HEAD"), commits.resolve(main)
    if tip is None or head == tip:
        return None
    if commits.is_ancestor("HEAD", main):
        return f"a newer commit of {main.rpartition('/')[2]} deploys"
    return f"this commit is not on {main}"


def _counts_as_changed(name: str, why: str) -> Change:
    return Change(changed=True, reason=f"{name} counts as changed: {why}")


def _compare(name: str, since: str, old: Callable[[], Snapshot], new: Callable[[], Snapshot]) -> Change:
    try:
        before, now = old(), new()
    except UsageError as error:
        return _counts_as_changed(name, str(error))
    parts = sorted(part for part in before.keys() | now.keys() if before.get(part) != now.get(part))
    if not parts:
        return Change(changed=False, reason=f"{name} is unchanged since {since[:12]}")
    more = f" and {len(parts) - _MOST_SHOWN} more" if len(parts) > _MOST_SHOWN else ""
    return Change(changed=True, reason=f"{name} changed since {since[:12]}: {', '.join(parts[:_MOST_SHOWN])}{more}")


def _tested(commits: Commits, commit: str, connector: str) -> Snapshot:
    """Return all that the tests of a connector can see of it."""
    folders = (f"connectors/{connector}", f"simulators/{connector}_api", *_RUNTIME, "requirements.lock")
    return {**commits.files(commit, *folders), REQUIREMENTS: _requirements(commits, commit)}


def _deployed(commits: Commits, commit: str, deployment: Deployment, entry: Deployment | None) -> Snapshot:
    """Return what a deploy makes of a function: what is staged, its requirements, its entry, what deploying means."""
    folder = f"connectors/{deployment.connector}"
    files = commits.files(commit, folder, *_RUNTIME, *_DEPLOYING)
    own = {path: PurePosixPath(path).relative_to(folder) for path in files if path.startswith(f"{folder}/")}
    packages = {path.parts[0] for path in own.values() if len(path.parts) == 2 and path.name == "__init__.py"}
    staged = [path for path, inside in own.items() if _is_staged(inside, packages)]
    shared = [path for path in files if path not in own and _is_copied(PurePosixPath(path))]
    return {
        **{path: files[path] for path in (*staged, *shared)},
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

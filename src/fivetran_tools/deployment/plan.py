"""What a deploy would do, worked out before anything is changed: which function, staged, and the exact command."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_tools.commits import Commits
from fivetran_tools.deployment.checkout import at_commit, building_alone
from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Target
from fivetran_tools.deployment.gcloud_arguments import deploy_arguments
from fivetran_tools.deployment.handover import settings_of
from fivetran_tools.printable import printable
from fivetran_tools.project import Project
from fivetran_tools.staging import MODIFIED, NO_COMMIT, StagedFunction, stage

PLACEHOLDER_PROJECT: Final = "your-project-id"
"""What a fresh deploy.yaml names, until somebody writes their own project there."""


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """What to deploy, and how careful to be."""

    name: str
    """A function of deploy.yaml, or a connector that only one function uses."""
    environment: str | None = None
    """Where it goes instead of where deploy.yaml says."""
    target: Target | None = None
    commit: str | None = None
    """Deploy what this commit holds, its deploy.yaml included."""
    allow_modified: bool = False
    roll_back: bool = False
    member: str | None = None
    """Who else may call the function, as IAM writes it."""
    configuration: Path | None = None
    """Settings for the smoke call."""
    dry_run: bool = False
    """Only look: what is staged stays, to be looked at as well."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A function, staged, and the command that deploys it."""

    deployment: Deployment
    staged: StagedFunction
    commit: str
    """That of what was staged; MODIFIED also where only deploy.yaml differs."""
    command: list[str]
    hindrances: list[str]
    """Why a real deploy is refused, one line each."""
    wanted: list[str] | None = None
    """The names of the connector's settings; None where it does not tell."""


@contextmanager
def chosen(project: Project, options: DeployOptions) -> Iterator[tuple[Project, Deployment]]:
    """Yield the checkout to deploy from and what its deploy.yaml says: those of now, or of the commit asked for.

    Raises:
        UsageError: there is no such function, environment or commit, or deploy.yaml cannot be used.
        CommandError: the commit cannot be laid out, or there is no room for what is staged.
    """
    with _source(project, options) as source:
        deployments = read_deployments(source)
        yield source, choose(deployments, options.name, environment=options.environment, target=options.target)


def _source(project: Project, options: DeployOptions) -> AbstractContextManager[Project]:
    if options.commit is not None:
        return at_commit(project, options.commit)
    return nullcontext(project) if options.dry_run else building_alone(project)


def prepare(source: Project, deployment: Deployment, options: DeployOptions) -> Plan:
    """Stage a function and work out the command that deploys it.

    Raises:
        UsageError, CommandError: it cannot be staged.
    """
    staged = stage(source, deployment.connector)
    commit = deployed_commit(source, staged)
    command = deploy_arguments(deployment, staged.folder, commit=commit, version=staged.version)
    wanted = settings_of(source, deployment.connector)
    return Plan(deployment, staged, commit, command, list(_hindrances(deployment, commit, staged, options)), wanted)


def deployed_commit(source: Project, staged: StagedFunction) -> str:
    """Return the commit that is deployed; MODIFIED also where deploy.yaml differs: what a function is given counts.

    Raises:
        CommandError: git cannot tell.
    """
    known = staged.commit != NO_COMMIT and not staged.commit.endswith(MODIFIED)
    modified = known and Commits(source.root).unlike(staged.commit, [DEPLOY_FILE])
    return f"{staged.commit}{MODIFIED}" if modified else staged.commit


def commit_problem(commit: str, differing: Sequence[str]) -> str | None:
    """Say why what is deployed could not be had again from its commit; None when it could.

    Args:
        commit: As `deployed_commit` returns it.
        differing: The files that differ from it; the first is named, since it may be a key that nobody meant to upload.
    """
    advice = "or pass --allow-modified and have no way back to this version"
    if commit.endswith(MODIFIED):
        name = printable(differing[0]) if differing else DEPLOY_FILE
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        return f"files differ from the commit that says what is deployed: {name}{more}; commit or remove them, {advice}"
    if commit == NO_COMMIT:
        return f"this is no commit of a git repository: make one, {advice}"
    return None


def _hindrances(deployment: Deployment, commit: str, staged: StagedFunction, options: DeployOptions) -> Iterator[str]:
    environment = deployment.environment
    if environment.project == PLACEHOLDER_PROJECT:
        yield (
            f"the project of environment {environment.name} in {DEPLOY_FILE} is still {PLACEHOLDER_PROJECT}: "
            "write the id of your own Google Cloud project there"
        )
    if not options.allow_modified and (problem := commit_problem(commit, staged.differing)):
        yield problem

"""What a deploy would do, worked out before anything is changed: which function, staged, and the exact command."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_tools.deployment import checkout
from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Target
from fivetran_tools.deployment.gcloud_arguments import deploy_arguments
from fivetran_tools.project import Project
from fivetran_tools.staging import StagedFunction, stage

PLACEHOLDER_PROJECT: Final = "your-project-id"
"""What a fresh deploy.yaml names, until somebody writes their own project there."""
MODIFIED: Final = "-modified"
NO_COMMIT: Final = "no-commit"


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


@dataclass(frozen=True, slots=True)
class Plan:
    """A function, staged, and the command that deploys it."""

    deployment: Deployment
    staged: StagedFunction
    commit: str
    """With `-modified` where files differ from it; `no-commit` outside a git repository."""
    version: str
    command: list[str]
    hindrances: list[str]
    """Why a real deploy is refused, one line each."""


@contextmanager
def chosen(project: Project, options: DeployOptions) -> Iterator[tuple[Project, Deployment]]:
    """Yield the checkout to deploy from and what its deploy.yaml says: those of now, or of the commit asked for.

    Raises:
        UsageError: there is no such function, environment or commit, or deploy.yaml cannot be used.
        CommandError: the commit cannot be laid out.
    """
    with checkout.at_commit(project, options.commit) if options.commit else nullcontext(project) as source:
        deployments = read_deployments(source)
        yield source, choose(deployments, options.name, environment=options.environment, target=options.target)


def prepare(source: Project, deployment: Deployment, options: DeployOptions) -> Plan:
    """Stage a function and work out the command that deploys it.

    Raises:
        UsageError, CommandError: it cannot be staged.
    """
    staged = stage(source, deployment.connector)
    _, version, commit = staged.build.rsplit(" ", 2)
    if commit != NO_COMMIT and not commit.endswith(MODIFIED) and checkout.differs(source, DEPLOY_FILE):
        commit += MODIFIED  # what the function is given is as much a part of it as its code
    command = deploy_arguments(deployment, staged.folder, commit=commit, version=version)
    return Plan(deployment, staged, commit, version, command, list(_hindrances(deployment, commit, options)))


def _hindrances(deployment: Deployment, commit: str, options: DeployOptions) -> Iterator[str]:
    environment = deployment.environment
    if environment.project == PLACEHOLDER_PROJECT:
        yield (
            f"the project of environment {environment.name} in {DEPLOY_FILE} is still {PLACEHOLDER_PROJECT}: "
            "write the id of your own Google Cloud project there"
        )
    if options.allow_modified:
        return
    if commit.endswith(MODIFIED):
        yield (
            "files differ from the commit that the function's label would name: commit them, or pass --allow-modified "
            "and have no way back to this version"
        )
    if commit == NO_COMMIT:
        yield "this is no commit of a git repository: make one, or pass --allow-modified and have no way back"

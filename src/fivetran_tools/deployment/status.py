"""What runs, against what is committed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from fivetran_tools.commits import Commits
from fivetran_tools.deployment.changes import since_commit
from fivetran_tools.deployment.deployments import Deployment, Target
from fivetran_tools.deployment.gcloud import GcloudError, Running, what_runs
from fivetran_tools.deployment.plan import PLACEHOLDER_PROJECT
from fivetran_tools.project import Project
from fivetran_tools.staging import MODIFIED

_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Status:
    """One function of deploy.yaml, and what runs under its name. What is not known is an empty text."""

    function: str
    connector: str
    environment: str
    project: str
    region: str
    deployed_commit: str
    deployed_version: str
    committed: str
    """The commit that is checked out here."""
    state: str
    url: str
    verdict: str


def statuses(project: Project, deployments: Sequence[Deployment]) -> list[Status]:
    """Ask Google for each deployment, a few at a time, and compare with the checkout.

    Raises:
        CommandError: there is no gcloud, nobody is logged in, or Google does not say.
    """
    head = Commits(project.root).resolve("HEAD") or ""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(_running, deployments))
    return [
        Status(
            function=deployment.function,
            connector=deployment.connector,
            environment=deployment.environment.name,
            project=deployment.environment.project,
            region=deployment.region,
            deployed_commit=running.commit if running else "",
            deployed_version=running.version if running else "",
            committed=head,
            state=running.state if running else "",
            url=running.url if running else "",
            verdict=_verdict(project, deployment, running, head),
        )
        for deployment, running in zip(deployments, found, strict=True)
    ]


def _running(deployment: Deployment) -> Running | None:
    if deployment.target is Target.CONNECTOR_SDK or deployment.environment.project == PLACEHOLDER_PROJECT:
        return None
    try:
        return what_runs(deployment)
    except GcloudError as error:
        message = f"{deployment.function}: {error}"
        raise GcloudError(message, error.output) from error


def _verdict(project: Project, deployment: Deployment, running: Running | None, head: str) -> str:
    if deployment.target is Target.CONNECTOR_SDK:
        return "runs at Fivetran: see its dashboard"
    if deployment.environment.project == PLACEHOLDER_PROJECT:
        return f"no project yet ({PLACEHOLDER_PROJECT})"
    if running is None:
        return "not deployed"
    commit = running.commit.removesuffix(MODIFIED)
    problems = [] if running.is_active else ["its last deploy failed" if running.state == "FAILED" else "not active"]
    if commit != running.commit:
        problems.append("deployed from modified files")
    return ", ".join([*problems, _distance(project, deployment, commit, head)])


def _distance(project: Project, deployment: Deployment, commit: str, head: str) -> str:
    if commit == head and head:
        return "up to date"
    commits = Commits(project.root)
    known = commits.labelled(commit)
    behind = commits.since(known) if known else None
    if behind is None:
        return "unknown commit"
    distance = "1 commit" if behind == 1 else f"{behind} commits"
    changed = "changed" if since_commit(project, deployment, commit).changed else "unchanged"
    return f"{distance} behind, connector {changed}"

"""The jobs that CircleCI runs for what the checkout holds: one to test each connector, one to deploy each function."""

import re
from dataclasses import dataclass
from typing import Final

from fivetran_tools.deployment.deploy_schema import FUNCTION_NAME, FUNCTION_NAME_WORDS
from fivetran_tools.deployment.deployments import Deployment, Deployments, Target
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project

_RUNS: Final = {Target.FUNCTION: "deploy-function", Target.CONNECTOR_SDK: "deploy-connector-sdk"}
"""The job of the template that deploys to each target."""


@dataclass(frozen=True, slots=True)
class ConnectorJob:
    """Tests one connector."""

    name: str
    tests: bool
    """Whether it has tests of its own."""
    simulator: bool
    """Whether its source has a simulator to check it against."""

    @property
    def job(self) -> str:
        """The job's name."""
        return job_that_tests(self.name)


@dataclass(frozen=True, slots=True)
class DeployJob:
    """Deploys one function."""

    function: str
    runs: str
    """The job of the template that does it."""
    context: str
    requires: str
    """The job that tests its connector."""

    @property
    def job(self) -> str:
        """The job's name."""
        return f"deploy-{self.function}"


def job_that_tests(connector: str) -> str:
    """Return the name of the job that tests a connector."""
    return f"test-{connector}"


def connector_names(project: Project) -> list[str]:
    """Return the connectors that are tested and can be deployed, sorted.

    Raises:
        UsageError: one has a name that no job can have.
    """
    for name in project.connectors:
        if not re.fullmatch(FUNCTION_NAME, name):
            message = f"connectors/{name!r:.60} is no legal name for a connector: rename it: {FUNCTION_NAME_WORDS}"
            raise UsageError(message)
    return project.connectors


def connector_jobs(project: Project) -> list[ConnectorJob]:
    """Return the jobs that test the connectors, sorted.

    Raises:
        UsageError: a connector has a name that no job can have.
    """
    return [
        ConnectorJob(name, _has_tests(project, name), _has_simulator(project, name))
        for name in connector_names(project)
    ]


def deploy_jobs(deployments: Deployments) -> list[DeployJob]:
    """Return the jobs that deploy, in the order of the functions, which are sorted when they are read."""
    return [_deploy_job(deployment) for deployment in deployments.functions.values()]


def _deploy_job(deployment: Deployment) -> DeployJob:
    return DeployJob(
        deployment.function,
        _RUNS[deployment.target],
        deployment.environment.context,
        job_that_tests(deployment.connector),
    )


def _has_tests(project: Project, connector: str) -> bool:
    return any((project.root / "connectors" / connector).rglob("test_*.py"))


def _has_simulator(project: Project, connector: str) -> bool:
    try:
        project.simulator(connector)
    except UsageError:
        return False
    return True

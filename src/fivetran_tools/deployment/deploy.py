"""Carrying out a plan: deploy, let Fivetran in, and call the function once to see that it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from fivetran_tools.configuration import read_configuration
from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment import gcloud
from fivetran_tools.deployment.calling import call_deployed
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment
from fivetran_tools.deployment.gcloud import GcloudError, Running
from fivetran_tools.deployment.gcloud_arguments import delete_arguments, invoker_arguments
from fivetran_tools.deployment.plan import DeployOptions, Plan
from fivetran_tools.deployment.smoke import SmokeCall, SmokeVerdict
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function that was deployed and answers."""

    plan: Plan
    running: Running
    smoke: SmokeCall


class SmokeCallFailedError(CommandError):
    """The function was deployed, and does not do what it should."""

    def __init__(self, message: str, before: Running | None) -> None:
        super().__init__(message)
        self.before = before
        """What ran before it; None for the first deploy."""


def carry_out(project: Project, plan: Plan, options: DeployOptions, *, announce: Callable[[str], None]) -> Deployed:
    """Deploy what was planned, let Fivetran in, and call the function once.

    Args:
        project: The checkout that keeps the log.
        plan: What to deploy.
        options: What else to do.
        announce: Told each step, and what gcloud says meanwhile.

    Raises:
        UsageError: the plan has hindrances, the configuration for the smoke call cannot be used, or the function that
            runs is of another generation.
        CommandError: gcloud failed, or the function cannot be called.
        SmokeCallFailedError: the function answered the call with a failure.
    """
    if plan.hindrances:
        raise UsageError(plan.hindrances[0])
    secrets = read_configuration(options.configuration) if options.configuration else {}
    public_keys = _public_keys(plan) if secrets else None
    function = plan.deployment.function
    before = gcloud.what_runs(plan.deployment)
    if before and before.generation not in (None, plan.deployment.generation):
        raise UsageError(_other_generation(plan.deployment, before.generation))
    running = _deploy(project, plan, announce)
    if options.member:
        _let_in(plan.deployment, options.member, announce)
    smoke = call_deployed(
        plan.deployment,
        running.url,
        wanted=plan.wanted,
        secrets=secrets,
        public_keys=public_keys,
        announce=announce,
    )
    if smoke.verdict is SmokeVerdict.FAILED:
        raise SmokeCallFailedError(f"{function} is deployed, and its smoke call failed: {smoke.text}", before)
    if smoke.verdict is SmokeVerdict.UNREACHED:
        message = f"{function} is deployed, but its smoke call did not reach it: {smoke.text}; then run the same again"
        raise CommandError(message)
    return Deployed(plan, running, smoke)


def _other_generation(deployment: Deployment, there: int | None) -> str:
    delete = " ".join(delete_arguments(deployment))
    return (
        f"{deployment.function} runs as generation {there}, {DEPLOY_FILE} says {deployment.generation}, and Google "
        f"cannot change it: give the function a new name, or delete the one that runs first, with `{delete}`"
    )


def _deploy(project: Project, plan: Plan, announce: Callable[[str], None]) -> Running:
    function, environment = plan.deployment.function, plan.deployment.environment
    announce(f"deploying {function} to {environment.project} ({environment.name}): this takes a minute or two")
    log = project.log(f"deploy-{function}")
    look = f"`./fivetran deploy {function} --status` shows what runs now"
    try:
        return gcloud.read_function(gcloud.run(plan.command, seconds=gcloud.DEPLOY_SECONDS, log=log, show=announce))
    except GcloudError as error:
        message = f"{error}; {look}"
        raise CommandError(message) from error
    except KeyboardInterrupt:
        announce(f"Google goes on with what has reached it: {look}")
        raise


def _let_in(deployment: Deployment, member: str, announce: Callable[[str], None]) -> None:
    announce(f"letting {member} call {deployment.function}")
    try:
        gcloud.run(invoker_arguments(deployment, member), seconds=gcloud.ASK_SECONDS)
    except CommandError as error:
        message = (
            f"{deployment.function} is deployed, but was neither called nor may {member} call it: {error}; "
            "then run the same again"
        )
        raise CommandError(message) from error


def _public_keys(plan: Plan) -> frozenset[str] | None:
    """Return the settings that may be shown; none where the connector needs what is not installed here."""
    try:
        return read_declaration(plan.staged).public_keys
    except CommandError:
        return frozenset()

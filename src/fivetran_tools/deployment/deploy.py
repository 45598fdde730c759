"""Carrying out a plan: deploy, let Fivetran in, and call the function once to see that it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fivetran_tools.configuration import read_configuration
from fivetran_tools.deployment import gcloud
from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.deployment.gcloud import GcloudError, Running
from fivetran_tools.deployment.gcloud_arguments import invoker_arguments
from fivetran_tools.deployment.identity import identity_token
from fivetran_tools.deployment.plan import DeployOptions, Plan
from fivetran_tools.deployment.smoke import SmokeCall, Verdict, smoke_call
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
        UsageError: the plan has hindrances, or the configuration for the smoke call cannot be used.
        CommandError: gcloud failed, or the function cannot be called.
        SmokeCallFailedError: the function answered the call with a failure.
    """
    if plan.hindrances:
        raise UsageError(plan.hindrances[0])
    secrets = read_configuration(options.configuration) if options.configuration else {}
    function = plan.deployment.function
    before = gcloud.running(plan.deployment)
    running = _deploy(project, plan, announce)
    if options.member:
        announce(f"letting {options.member} call {function}")
        gcloud.run(invoker_arguments(plan.deployment, options.member), seconds=gcloud.ASK_SECONDS)
    smoke = _call(plan.deployment, running, secrets, announce)
    if smoke.verdict is Verdict.FAILED:
        raise SmokeCallFailedError(f"{function} is deployed, and its smoke call failed: {smoke.text}", before)
    if smoke.verdict is Verdict.UNREACHED:
        message = f"{function} is deployed, but its smoke call did not reach it: {smoke.text}; then run the same again"
        raise CommandError(message)
    return Deployed(plan, running, smoke)


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


def _call(
    deployment: Deployment, running: Running, secrets: Mapping[str, str], announce: Callable[[str], None]
) -> SmokeCall:
    try:
        token = None if deployment.unauthenticated_reason else identity_token(running.url)
    except CommandError as error:
        return SmokeCall(Verdict.UNREACHED, str(error))
    announce(f"smoke call of {running.url}")
    return smoke_call(running.url, token, secrets=secrets, has_its_secrets=bool(deployment.secrets), announce=announce)

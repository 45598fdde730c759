"""The way back: the commit in the label of the version before, deployed as that commit's own deploy.yaml says."""

from collections.abc import Callable
from dataclasses import replace

from fivetran_tools.deployment import checkout
from fivetran_tools.deployment.deploy import Deployed, SmokeCallFailedError, carry_out
from fivetran_tools.deployment.gcloud import Running
from fivetran_tools.deployment.plan import MODIFIED, NO_COMMIT, DeployOptions, Plan, chosen, prepare
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project


def deploy_or_go_back(
    project: Project, plan: Plan, options: DeployOptions, *, announce: Callable[[str], None]
) -> Deployed:
    """Carry out a plan; when the function fails its smoke call, go back where `options.roll_back` asks for it.

    Raises:
        UsageError: as `carry_out` does.
        CommandError: as `carry_out` does. After a failed smoke call its text says what runs now, or how to go back.
    """
    try:
        return carry_out(project, plan, options, announce=announce)
    except SmokeCallFailedError as failure:
        message = f"{failure}; {_go_back(project, plan, failure.before, options, announce)}"
        raise CommandError(message) from failure


def _go_back(
    project: Project, plan: Plan, before: Running | None, options: DeployOptions, announce: Callable[[str], None]
) -> str:
    """Return what was done, or what there is to do."""
    if before is None:
        return "there is no version before it to go back to"
    if problem := _no_way_to(project, plan, before.commit):
        return f"there is no way back: {problem}"
    function, short = plan.deployment.function, before.commit[:12]
    if not options.roll_back:
        return f"go back with `./fivetran deploy {function} --commit {short}`"
    announce(f"going back to {short}")
    earlier = replace(options, name=function, commit=before.commit, member=None)
    try:
        with chosen(project, earlier) as (source, deployment):
            carry_out(project, prepare(source, deployment, earlier), earlier, announce=announce)
    except (UsageError, CommandError) as error:
        return f"going back to {short} failed too: {error}"
    return f"went back to {short}, which answers"


def _no_way_to(project: Project, plan: Plan, commit: str) -> str:
    if not commit or commit == NO_COMMIT or commit.endswith(MODIFIED):
        return f"the version before was not deployed from a commit (its label says {commit or 'nothing'})"
    if commit == plan.commit:
        return "the version before was the same commit; choose another with --commit"
    try:
        checkout.resolve(project, commit)
    except UsageError as error:
        return f"the version before cannot be had: {error}"
    return ""

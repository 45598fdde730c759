"""The way back: the commit in the label of the version before, deployed as that commit's own deploy.yaml says."""

from collections.abc import Callable
from dataclasses import replace

from fivetran_tools.commits import Commits
from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deploy import Deployed, SmokeCallFailedError, carry_out
from fivetran_tools.deployment.deploy_file import parse_deployments
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment
from fivetran_tools.deployment.gcloud import Running
from fivetran_tools.deployment.plan import DeployOptions, Plan, chosen, prepare
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import MODIFIED, NO_COMMIT


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
    function, short = plan.deployment.function, before.commit[:12]
    earlier = replace(options, name=function, commit=before.commit, member=None)
    if problem := _no_way_to(project, plan, earlier, before.commit):
        return f"there is no way back: {problem}"
    if not options.roll_back:
        elsewhere = f" --environment {options.environment}" if options.environment else ""
        return f"go back with `./fivetran deploy {function} --commit {short}{elsewhere}`"
    announce(f"going back to {short}")
    try:
        with chosen(project, earlier) as (source, deployment):
            carry_out(project, prepare(source, deployment, earlier), earlier, announce=announce)
    except (UsageError, CommandError) as error:
        return f"going back to {short} failed too: {error}"
    return f"went back to {short}, which answers"


def _no_way_to(project: Project, plan: Plan, earlier: DeployOptions, commit: str) -> str:
    if not commit or commit == NO_COMMIT or commit.endswith(MODIFIED):
        return f"the version before was not deployed from a commit (its label says {commit or 'nothing'})"
    if commit == plan.commit:
        return "the version before was the same commit; choose another with --commit"
    try:
        then = _deployment_at(Commits(project.root), commit, earlier)
    except UsageError as error:
        return f"the version before cannot be had: {error}"
    if _place(then) != _place(plan.deployment):
        return f"{DEPLOY_FILE} of {commit[:12]} means {_place(then)}, and not {_place(plan.deployment)}"
    return ""


def _deployment_at(commits: Commits, commit: str, earlier: DeployOptions) -> Deployment:
    text = commits.text(commits.require(commit), DEPLOY_FILE)
    if text is None:
        message = f"{commit[:12]} has no {DEPLOY_FILE}"
        raise UsageError(message)
    deployments = parse_deployments(text, f"{DEPLOY_FILE} of {commit[:12]}", None)
    return choose(deployments, earlier.name, environment=earlier.environment, target=earlier.target)


def _place(deployment: Deployment) -> str:
    """Say which function of Google's a deployment is: going back to another would leave this one as it is."""
    where = f"{deployment.environment.project}/{deployment.region}"
    return f"{deployment.target} {deployment.function} in {where}, generation {deployment.generation}"

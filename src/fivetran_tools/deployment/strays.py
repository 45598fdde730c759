"""Functions that run with our labels, and that deploy.yaml does not say: it moved, renamed or dropped them."""

from fivetran_tools.commits import Commits
from fivetran_tools.deployment import gcloud
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployments, Target
from fivetran_tools.deployment.plan import PLACEHOLDER_PROJECT
from fivetran_tools.deployment.status import Status
from fivetran_tools.project import Project


def strays(project: Project, deployments: Deployments) -> list[Status]:
    """Ask Google for all that runs in the projects of deploy.yaml, and return what the file does not say.

    Raises:
        CommandError: there is no gcloud, nobody is logged in, or Google does not say.
    """
    head = Commits(project.root).resolve("HEAD") or ""
    functions = [one for one in deployments.functions.values() if one.target is Target.FUNCTION]
    said = {(one.environment.project, one.function, one.region) for one in functions}
    names = {one.project: one.name for one in deployments.environments.values() if one.project != PLACEHOLDER_PROJECT}
    found = []
    for place, environment in names.items():
        for (function, region), running in sorted(gcloud.all_that_run(place).items()):
            if (place, function, region) in said:
                continue
            elsewhere = deployments.functions.get(function)
            verdict = f"{DEPLOY_FILE} deploys it elsewhere" if elsewhere else f"not in {DEPLOY_FILE}"
            found.append(
                Status(
                    function=function,
                    connector=elsewhere.connector if elsewhere else "",
                    environment=environment,
                    project=place,
                    region=region,
                    deployed_commit=running.commit,
                    deployed_version=running.version,
                    committed=head,
                    state=running.state,
                    url=running.url,
                    verdict=verdict,
                )
            )
    return found

"""Which function of deploy.yaml a name means, and where it goes."""

from dataclasses import replace
from difflib import get_close_matches

from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Deployments, Target
from fivetran_tools.errors import UsageError


def choose(
    deployments: Deployments, name: str, *, environment: str | None = None, target: Target | None = None
) -> Deployment:
    """Return the deployment that a name means: a function's, or a connector's that has one function.

    Args:
        deployments: What deploy.yaml says.
        name: A function, or a connector.
        environment: Where it goes instead of where deploy.yaml says.
        target: The road it takes instead of the one that deploy.yaml says.

    Raises:
        UsageError: there is no such function or environment, or the connector has several functions.
    """
    deployment = deployments.functions.get(name) or _only_function(deployments, name)
    if environment is not None:
        if environment not in deployments.environments:
            known = ", ".join(sorted(deployments.environments)) or "none yet"
            message = f"no environment {environment!r} in {DEPLOY_FILE}: there are {known}"
            raise UsageError(message)
        deployment = replace(deployment, environment=deployments.environments[environment])
    return replace(deployment, target=target) if target else deployment


def _only_function(deployments: Deployments, connector: str) -> Deployment:
    found = [deployment for deployment in deployments.functions.values() if deployment.connector == connector]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(deployment.function for deployment in found))
        message = f"{DEPLOY_FILE} deploys {connector} as several functions: name one of {names}"
        raise UsageError(message)
    close = get_close_matches(connector, deployments.functions, 1)
    names = ", ".join(sorted(deployments.functions)) or "none yet"
    hint = f"did you mean {close[0]}?" if close else f"there are: {names}"
    message = f"no function named {connector!r} in {DEPLOY_FILE}: {hint}"
    raise UsageError(message)

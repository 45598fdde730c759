"""What the context of a CircleCI job must not say: every function of an environment is given the same one."""

import os
from typing import Final

from fivetran_tools.deployment.deployments import Deployment, Deployments, Target
from fivetran_tools.errors import UsageError

_OF_ONE_CONNECTION: Final = ("FIVETRAN_CONNECTION_NAME", "FIVETRAN_CONFIGURATION")


def check_context(deployments: Deployments, deployment: Deployment) -> None:
    """Refuse variables that would send several connectors to one connection of the Connector SDK.

    Raises:
        UsageError: one is set, and functions share the context.
    """
    sharing = [
        other.function
        for other in deployments.functions.values()
        if other.target is Target.CONNECTOR_SDK and other.environment.context == deployment.environment.context
    ]
    if deployment.target is not Target.CONNECTOR_SDK or len(sharing) < 2:
        return
    for variable in _OF_ONE_CONNECTION:
        if os.environ.get(variable, "").strip():
            message = (
                f"{variable} is set, and {sharing[0]} and {sharing[1]} would share one connection: "
                f"take it out of the context {deployment.environment.context}"
            )
            raise UsageError(message)

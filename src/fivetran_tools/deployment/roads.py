"""Which option of `deploy` says something on which of its roads: one that would be ignored is refused."""

from collections.abc import Mapping
from typing import Final

from fivetran_tools.deployment.deployments import Target
from fivetran_tools.errors import UsageError

STATUS: Final = "--status"
FUNCTION: Final = f"target {Target.FUNCTION}"
CONNECTOR_SDK: Final = f"target {Target.CONNECTOR_SDK}"

_GOES_WITH: Final = {
    "environment": {STATUS, FUNCTION},
    "target": {FUNCTION, CONNECTOR_SDK},
    "dry_run": {FUNCTION, CONNECTOR_SDK},
    "commit": {FUNCTION, CONNECTOR_SDK},
    "roll_back": {FUNCTION},
    "allow_modified": {FUNCTION, CONNECTOR_SDK},
    "fivetran_group": {FUNCTION},
    "fivetran_service_account": {FUNCTION},
    "configuration": {FUNCTION, CONNECTOR_SDK},
    "destination": {CONNECTOR_SDK},
    "connection": {CONNECTOR_SDK},
    "python_version": {CONNECTOR_SDK},
    "format": {STATUS},
}
"""Every option but `status` itself."""


def road_to(target: Target) -> str:
    """Return the road of a deploy to a target."""
    return CONNECTOR_SDK if target is Target.CONNECTOR_SDK else FUNCTION


def check_options(given: Mapping[str, object], road: str) -> None:
    """See that each option that was given says something on a road.

    Args:
        given: Every option by its name in Python; None and False stand for what was not given.
        road: STATUS, FUNCTION or CONNECTOR_SDK.

    Raises:
        UsageError: one does not.
    """
    for name, value in given.items():
        if value is not None and value is not False and road not in _GOES_WITH[name]:
            option = f"--{name.replace('_', '-')}"
            message = f"{option} means nothing with {road}: leave it out"
            raise UsageError(message)

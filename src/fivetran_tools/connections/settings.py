"""What a function is sent as its secrets: from a file, from a simulator, or asked for one by one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fivetran_tools.configuration import read_configuration
from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.handover import handover
from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api import FivetranApi
from fivetran_tools.project import Project

if TYPE_CHECKING:
    from fivetran_tools.connections.answers import Answers
    from fivetran_tools.connections.creating import CreateOptions

VARIABLE = "FIVETRAN_CONFIGURATION"


def settings_in_form(
    project: Project, api: FivetranApi, options: "CreateOptions", answers: "Answers"
) -> dict[str, str]:
    """Return the settings that Fivetran sends to the function.

    Raises:
        UsageError: the file cannot be used, there is no simulator, or settings are missing and nobody is there to ask.
    """
    if options.simulate:
        return _of_simulator(api, options.name)
    file = options.configuration or _named_by_variable()
    if file:
        return read_configuration(file)
    wanted = _wanted(project, options.name)
    if not wanted:
        return {}
    if not answers.ask:
        names = ", ".join(wanted)
        message = f"{options.name} has settings ({names}): pass --configuration FILE, or set {VARIABLE}"
        raise UsageError(message)
    given = {name: answers.ask(f"{name} (Enter leaves it out)", "", hidden=True) for name in wanted}
    return {name: value for name, value in given.items() if value}


def _named_by_variable() -> Path | None:
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser() if named else None


def _wanted(project: Project, name: str) -> list[str]:
    """Return the settings that a function's form is given; none for a function that is nobody's of deploy.yaml."""
    try:
        deployment = choose(read_deployments(project), name)
    except UsageError:
        return []
    return handover(project, deployment, "").secrets


def _of_simulator(api: FivetranApi, name: str) -> dict[str, str]:
    if not api.address.is_local:
        message = f"--simulate is for the local Fivetran: {api.address.host} cannot reach a simulator on this machine"
        raise UsageError(message)
    for function in api.local_functions():
        if name in (function.name, function.connector) and function.configuration is not None:
            return dict(function.configuration)
    message = (
        f"the local Fivetran runs no simulator of {name}: start one with `./fivetran simulate {name}`, "
        'and pass what it prints as "configuration" in --configuration FILE'
    )
    raise UsageError(message)

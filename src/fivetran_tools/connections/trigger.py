"""Where a function is called: what the local Fivetran started, or what Google Cloud runs."""

from urllib.parse import urlsplit

from fivetran_local.function import address_problem
from fivetran_local.yaml_problems import choices
from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import Target
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.fivetran_api import ApiAddress, FivetranApi
from fivetran_tools.fivetran_api.address import is_loopback
from fivetran_tools.project import Project


def trigger_url(project: Project, address: ApiAddress, api: FivetranApi, name: str, told: str | None) -> str:
    """Return the trigger URL of a function of deploy.yaml.

    Args:
        project: The checkout.
        address: Which Fivetran is to call it.
        api: The same, to be asked.
        name: The function, or a connector that only one function uses.
        told: The URL that the command line gave, for a function that is nobody's of deploy.yaml as well.

    Raises:
        UsageError: there is no such function, or the URL cannot be called.
        CommandError: it is not deployed, or nobody says where.
    """
    if told is not None:
        return _checked(told, address)
    return _local(api, name) if address.is_local else _deployed(project, name)


def _checked(url: str, address: ApiAddress) -> str:
    if problem := address_problem(url):
        message = f"--trigger-url: {problem}"
        raise UsageError(message)
    if not address.is_local and is_loopback(urlsplit(url).hostname or ""):
        message = f"--trigger-url is on this machine, where {address.host} cannot call it: deploy the function first"
        raise UsageError(message)
    return url


def _local(api: FivetranApi, name: str) -> str:
    functions = api.local_functions()
    found = [function for function in functions if function.name == name] or [
        function for function in functions if function.connector == name
    ]
    if len(found) == 1:
        return found[0].url
    if found:
        several = ", ".join(sorted(function.name for function in found))
        message = f"{name} is several functions: name one of {several}"
        raise UsageError(message)
    names = sorted(function.name for function in functions)
    message = f"the local Fivetran has no function {name!r}: {choices(name, names)} (deploy.yaml names them)"
    raise UsageError(message)


def _deployed(project: Project, name: str) -> str:
    from fivetran_tools.deployment.gcloud import what_runs
    from fivetran_tools.deployment.plan import PLACEHOLDER_PROJECT

    deployment = choose(read_deployments(project), name)
    if deployment.target is Target.CONNECTOR_SDK:
        message = f"{name} goes through the Connector SDK: `./fivetran deploy {name}` makes its connection"
        raise UsageError(message)
    if deployment.environment.project == PLACEHOLDER_PROJECT:
        message = f"deploy.yaml has no project for {name} yet: write its id there, then `./fivetran deploy {name}`"
        raise UsageError(message)
    running = what_runs(deployment)
    if running is None or not running.url:
        message = f"{name} is not deployed: `./fivetran deploy {name}`"
        raise CommandError(message)
    return running.url

"""What somebody pastes into Fivetran's form once a function is deployed."""

import json
from dataclasses import dataclass

from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.project import Project


@dataclass(frozen=True, slots=True)
class Handover:
    """The fields of the form, without any secret's value."""

    destination_schema: str
    trigger_url: str
    secrets: list[str]
    """The names of the settings that the form has to be given."""
    from_secret_manager: list[str]
    """The names of those that the function has already."""


def handover(project: Project, deployment: Deployment, url: str) -> Handover:
    """Work out what goes where, from deploy.yaml and the connector's configuration.example.json, if it has one."""
    provided = {variable.lower() for variable in deployment.secrets}
    wanted = settings_of(project, deployment.connector) or []
    schema = f"{deployment.function.replace('-', '_')}_export"
    return Handover(schema, url, [name for name in wanted if name.lower() not in provided], sorted(provided))


def settings_of(project: Project, connector: str) -> list[str] | None:
    """Return the names in a connector's configuration.example.json; None where it has none that can be read."""
    try:
        text = (project.connector(connector) / "configuration.example.json").read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    return list(document) if isinstance(document, dict) else None

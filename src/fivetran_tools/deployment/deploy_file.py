"""Reading `deploy.yaml`: text in, checked values out; for anything else one line with file, line and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from fivetran_local.strict_yaml import Document, YamlError, parse
from fivetran_local.yaml_problems import choices, first_problem, shown
from fivetran_tools.deployment.deploy_problems import explain
from fivetran_tools.deployment.deploy_schema import (
    ENVIRONMENTS,
    FIRST_GENERATION_MEMORY_MIB,
    MOST_MEMORY_MIB,
    MOST_SECONDS,
    deploy_schema,
)
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Deployments, Environment, Target
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project

_EMPTY_HINT: Final = "start with 'environments:', as docs/circleci.md shows"
_EVERY_TARGET: Final = ("connector", "environment", "target")
"""What an entry may say whatever its target is; the schema's other keys are for functions."""


def read_deployments(project: Project) -> Deployments:
    """Read the checkout's `deploy.yaml`.

    Raises:
        UsageError: there is none, it cannot be read, or something in it is not legal; with file and line.
    """
    file = project.root / DEPLOY_FILE
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        message = f"there is no {DEPLOY_FILE} in {project.root}: {_EMPTY_HINT}"
        raise UsageError(message) from None
    except OSError as error:
        message = f"cannot read {DEPLOY_FILE}: {error.strerror or error}"
        raise UsageError(message) from None
    return parse_deployments(text, DEPLOY_FILE, project.connectors)


def parse_deployments(text: str | bytes, where: str, connectors: Sequence[str] | None) -> Deployments:
    """Read the text of a `deploy.yaml`.

    Args:
        text: The text.
        where: What to call it in errors.
        connectors: The names of the connectors there are; None to take any, as for the file of another commit.

    Raises:
        UsageError: something in it is not legal; with line and the legal values.
    """
    try:
        document = parse(text, where)
    except YamlError as error:
        raise UsageError(str(error)) from None
    if document.value is None:
        message = f"{where}:1: empty: {_EMPTY_HINT}"
        raise UsageError(message)
    if problem := first_problem(document, deploy_schema(connectors), explain):
        raise UsageError(problem)
    value = cast("Mapping[str, Mapping[str, Any]]", document.value)
    _refuse_twins(document, value)
    environments = {name: Environment(name, **entry) for name, entry in value[ENVIRONMENTS].items()}
    functions = {
        name: _deployment(document, name, entry, environments)
        for name, entry in sorted(value.items())
        if name != ENVIRONMENTS
    }
    return Deployments(environments, functions)


def _refuse_twins(document: Document, functions: Iterable[str]) -> None:
    """Refuse two functions that differ only in `-` and `_`: one Cloud Run service, and one connection of the SDK."""
    first: dict[str, str] = {}
    for name in functions:
        if (other := first.setdefault(name.replace("_", "-"), name)) != name:
            why = "a Cloud Run service and a connection have one name for both: rename one"
            message = f"{document.at((name,))}: {shown(name)} differs from {shown(other)} only in '-' and '_': {why}"
            raise UsageError(message)


def _deployment(
    document: Document, name: str, entry: Mapping[str, Any], environments: Mapping[str, Environment]
) -> Deployment:
    def refuse(key: str, why: str) -> UsageError:
        return UsageError(f"{document.at((name, key))}: '{key}' of '{name}' {why}")

    if (environment := entry["environment"]) not in environments:
        raise refuse("environment", f"is {shown(environment)}: {choices(environment, environments)}")
    fields: dict[str, Any] = dict(_field(key, value) for key, value in entry.items())
    deployment = Deployment(**{**fields, "function": name, "environment": environments[environment]})
    if deployment.target is Target.CONNECTOR_SDK:
        if idle := [key for key in entry if key not in _EVERY_TARGET]:
            raise refuse(idle[0], "means nothing with target: connector-sdk: remove it")
        return deployment
    most = MOST_SECONDS[deployment.generation]
    if deployment.timeout_seconds > most:
        raise refuse("timeout", f"is {deployment.timeout_seconds}: generation {deployment.generation} ends at {most}")
    if deployment.generation == 1 and deployment.memory_mib not in FIRST_GENERATION_MEMORY_MIB:
        legal = ", ".join(f"{mebibytes}Mi" for mebibytes in FIRST_GENERATION_MEMORY_MIB)
        raise refuse("memory", f"is {deployment.memory_mib}Mi: generation 1 takes {legal}")
    if not FIRST_GENERATION_MEMORY_MIB[0] <= deployment.memory_mib <= MOST_MEMORY_MIB:
        raise refuse("memory", f"is {entry['memory']}: expected 128Mi to {MOST_MEMORY_MIB // 1024}Gi")
    return deployment


def _field(key: str, value: Any) -> tuple[str, object]:  # noqa: ANN401  # what the schema let through
    """Return the field of a Deployment that a key means, and its value there; most are called and written the same."""
    match key:
        case "target":
            return key, Target(value)
        case "memory":
            return "memory_mib", _mebibytes(value)
        case "timeout":
            return "timeout_seconds", value
        case "allow_unauthenticated":
            return "unauthenticated_reason", value
        case _:
            return key, value


def _mebibytes(amount: str) -> int:
    return int(amount[:-2]) * (1024 if amount.endswith("Gi") else 1)

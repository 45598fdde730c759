"""Reading `deploy.yaml`: text in, checked values out; for anything else one line with file, line and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from fivetran_tools.deployment.deploy_problems import choices, first_problem, shown
from fivetran_tools.deployment.deploy_schema import (
    ENVIRONMENTS,
    FIRST_GENERATION_MEMORY_MIB,
    MOST_MEMORY_MIB,
    MOST_SECONDS,
    deploy_schema,
)
from fivetran_tools.deployment.deployments import DEPLOY_FILE, Deployment, Deployments, Environment, Target
from fivetran_tools.deployment.strict_yaml import Document, parse
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project

_EMPTY_HINT: Final = "start with 'environments:', as docs/circleci.md shows"
_ONLY_FUNCTIONS: Final = (
    "region",
    "runtime",
    "generation",
    "memory",
    "timeout",
    "service_account",
    "secrets",
    "ingress",
    "max_instances",
    "allow_unauthenticated",
)


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
    document = parse(text, where)
    if document.value is None:
        message = f"{where}:1: empty: {_EMPTY_HINT}"
        raise UsageError(message)
    if problem := first_problem(document, deploy_schema(connectors)):
        raise UsageError(problem)
    value = cast("Mapping[str, Mapping[str, Any]]", document.value)
    environments = {name: Environment(name, **entry) for name, entry in value[ENVIRONMENTS].items()}
    functions = {
        name: _deployment(document, name, entry, environments)
        for name, entry in sorted(value.items())
        if name != ENVIRONMENTS
    }
    return Deployments(environments, functions)


def _deployment(
    document: Document, name: str, entry: Mapping[str, Any], environments: Mapping[str, Environment]
) -> Deployment:
    def refuse(key: str, why: str) -> UsageError:
        return UsageError(f"{document.at((name, key))}: '{key}' of '{name}' {why}")

    if (environment := entry["environment"]) not in environments:
        raise refuse("environment", f"is {shown(environment)}: {choices(environment, environments)}")
    given: dict[str, Any] = {
        "target": Target(entry["target"]) if "target" in entry else None,
        "memory_mib": _mebibytes(entry["memory"]) if "memory" in entry else None,
        "timeout_seconds": entry.get("timeout"),
        "unauthenticated_reason": entry.get("allow_unauthenticated"),
    }
    same = ("region", "runtime", "generation", "service_account", "secrets", "ingress", "max_instances")
    given |= {key: entry.get(key) for key in same}
    deployment = Deployment(
        function=name,
        connector=entry["connector"],
        environment=environments[environment],
        **{key: value for key, value in given.items() if value is not None},
    )
    if deployment.target is Target.CONNECTOR_SDK:
        if idle := [key for key in entry if key in _ONLY_FUNCTIONS]:
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


def _mebibytes(amount: str) -> int:
    return int(amount[:-2]) * (1024 if amount.endswith("Gi") else 1)

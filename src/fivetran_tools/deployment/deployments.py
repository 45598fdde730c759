"""What `deploy.yaml` says, as values: every deployed function, and the environments they are deployed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

DEPLOY_FILE: Final = "deploy.yaml"
DEFAULT_REGION: Final = "us-central1"
DEFAULT_RUNTIME: Final = "python312"
DEFAULT_GENERATION: Final = 2
DEFAULT_MEMORY_MIB: Final = 512
DEFAULT_TIMEOUT_SECONDS: Final = 540
DEFAULT_MAX_INSTANCES: Final = 1
"""Fivetran calls one page after the other."""


class Target(StrEnum):
    """The road on which a connector reaches Fivetran."""

    FUNCTION = "function"
    CONNECTOR_SDK = "connector-sdk"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where functions are deployed."""

    name: str
    project: str
    """The GCP project's id."""
    context: str
    """The CircleCI context that holds the credentials for it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One function of `deploy.yaml`. What it leaves out has its default here, and nowhere else."""

    function: str
    """Its name in `deploy.yaml` and in Google Cloud; with `target: connector-sdk`, the connection's."""
    connector: str
    environment: Environment
    target: Target = Target.FUNCTION
    region: str = DEFAULT_REGION
    runtime: str = DEFAULT_RUNTIME
    generation: int = DEFAULT_GENERATION
    memory_mib: int = DEFAULT_MEMORY_MIB
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
    service_account: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable to "secret:version", the version a number."""
    ingress: str | None = None
    """`all`, `internal-only` or `internal-and-gclb`; Google's default where not given."""
    max_instances: int = DEFAULT_MAX_INSTANCES
    unauthenticated_reason: str | None = None
    """Why anybody may call it; None: only who has the invoker role."""


@dataclass(frozen=True, slots=True)
class Deployments:
    """The whole file, read and checked. `deploy_file.read_deployments(project)` makes it."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    functions: Mapping[str, Deployment] = field(default_factory=dict)

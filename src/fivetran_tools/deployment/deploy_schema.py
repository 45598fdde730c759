"""The JSON Schema of `deploy.yaml`: what may stand in it, each value with its legal forms in words.

The words of `description` are what an error says was expected, and what docs/circleci.md shows.
"""

from collections.abc import Sequence
from typing import Any, Final

from fivetran_local.yaml_problems import any_of
from fivetran_tools.deployment.deployments import Target

ENVIRONMENTS: Final = "environments"
"""The one key of the file that is no function."""

FUNCTION_NAME: Final = r"[a-z](?:[a-z0-9_-]{0,61}[a-z0-9])?"
"""Google's rule (letters, digits, - and _, at most 63, a letter first, no hyphen last), in lower case for Cloud Run."""

FUNCTION_NAME_WORDS: Final = (
    "lower case letters, digits, - and _, starting with a letter, ending with a letter or digit, at most 63"
)
FIRST_GENERATION_MEMORY_MIB: Final = (128, 256, 512, 1024, 2048, 4096, 8192)
MOST_MEMORY_MIB: Final = 32 * 1024
MOST_SECONDS: Final = {1: 540, 2: 3600}
"""How long a function may answer, by generation."""

_RESERVED_VARIABLES: Final = (
    "FUNCTION_(?:TIMEOUT_SECONDS|FOLDER|TARGET|SIGNATURE_TYPE)",
    "PORT",
    "K_(?:SERVICE|REVISION|CONFIGURATION)",
    "X_GOOGLE_.*",
    "PYTHON.*",
    "LD_.*",
)
"""What the runtime, functions-framework, Cloud Run, Python or the linker reads: no place for a secret."""

INGRESS: Final = ("all", "internal-only", "internal-and-gclb")


def deploy_schema(connectors: Sequence[str] | None) -> dict[str, Any]:
    """Return the schema (draft 2020-12).

    Args:
        connectors: The names of the connectors there are; None where any name will do.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deploy.yaml",
        "type": "object",
        "description": "a mapping of functions, and 'environments'",
        "required": [ENVIRONMENTS],
        "properties": {ENVIRONMENTS: _environments()},
        "propertyNames": {"pattern": _whole(FUNCTION_NAME), "description": FUNCTION_NAME_WORDS},
        "additionalProperties": _function(connectors),
    }


def _environments() -> dict[str, Any]:
    environment = {
        "type": "object",
        "description": "a mapping with project and context",
        "required": ["project", "context"],
        "additionalProperties": False,
        "properties": {
            "project": _text(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a GCP project, like my-project-123"),
            "context": _text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "a CircleCI context: letters, digits, . _ and -"),
        },
    }
    return {
        "type": "object",
        "description": "a mapping of environments, at least one",
        "minProperties": 1,
        "propertyNames": {
            "pattern": _whole(r"[a-z][a-z0-9_-]{0,39}"),
            "description": "lower case letters, digits, - and _, starting with a letter, at most 40",
        },
        "additionalProperties": environment,
    }


def _function(connectors: Sequence[str] | None) -> dict[str, Any]:
    secret = _text(
        r"(?:projects/[a-z0-9-]{1,40}/secrets/)?[A-Za-z0-9_-]{1,255}:[1-9][0-9]{0,9}",
        "SECRET:VERSION of Secret Manager, the version a number, like hed-api-key:3",
    )
    return {
        "type": "object",
        "description": "a mapping with connector and environment",
        "required": ["connector", "environment"],
        "additionalProperties": False,
        "properties": {
            "connector": _connector(connectors),
            "environment": {"type": "string", "description": "the name of an environment"},
            "target": _one_of([str(target) for target in Target]),
            "region": _text(r"[a-z]+-[a-z]+[0-9]{1,2}", "a region of Google Cloud, like us-central1"),
            "runtime": _text(r"python3[0-9]{1,2}", "a Python runtime of Google Cloud, like python312"),
            "generation": _one_of([1, 2]),
            "memory": _text(r"[1-9][0-9]{0,4}(?:Mi|Gi)", "an amount of memory, like 512Mi or 2Gi"),
            "timeout": _number(1, max(MOST_SECONDS.values()), "seconds"),
            "service_account": _text(
                r"[a-z0-9][a-z0-9-]{0,62}@[a-z0-9][a-z0-9.-]{0,200}\.gserviceaccount\.com",
                "the address of a service account, ending in .gserviceaccount.com",
            ),
            "secrets": {
                "type": "object",
                "description": "a mapping of environment variables to SECRET:VERSION",
                "propertyNames": {
                    "pattern": _whole(rf"(?!(?:{'|'.join(_RESERVED_VARIABLES)})\Z)[A-Z_][A-Z0-9_]{{0,99}}"),
                    "description": (
                        "the name of an environment variable: upper case letters, digits and _, and none that the "
                        "platform reads, such as PORT, K_SERVICE, FUNCTION_TARGET, X_GOOGLE_*, PYTHON* or LD_*"
                    ),
                },
                "additionalProperties": secret,
            },
            "ingress": _one_of(INGRESS),
            "max_instances": _number(1, 1000, "instances"),
            "allow_unauthenticated": {
                "type": "string",
                "pattern": r"\S",
                "maxLength": 300,
                "description": "the reason why anybody may call the function, in words",
            },
        },
    }


def _connector(connectors: Sequence[str] | None) -> dict[str, Any]:
    return {"type": "string"} if connectors is None else _one_of(connectors)


def _text(pattern: str, description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": _whole(pattern), "description": description}


def _number(least: int, most: int, unit: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most, "description": f"{least} to {most} {unit}"}


def _one_of(values: Sequence[str | int]) -> dict[str, Any]:
    return {"enum": list(values), "description": any_of(values) if values else "nothing: there is none"}


def _whole(pattern: str) -> str:
    return rf"^(?:{pattern})\Z"

"""The services that connections can be of."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from fivetran_local.api.envelope import success
from fivetran_local.api.pagination import Paged
from fivetran_local.errors import NotFoundError
from fivetran_local.function_config import RUNS_HERE, WHY_NOT

router = APIRouter()

_TEXT: Final = {"type": "string"}
_SECRET: Final = {"type": "string", "format": "password"}
_PAIRS: Final = {"type": "array", "items": {"type": "object", "properties": {"key": _TEXT, "value": _TEXT}}}
_SECRET_PAIRS: Final = {"type": "array", "items": {"type": "object", "properties": {"key": _TEXT, "value": _SECRET}}}
_SHARED: Final = {"schema": _TEXT, "secrets_list": _SECRET_PAIRS}
_OF_FUNCTIONS: Final = {**_SHARED, "secrets": _SECRET, "custom_payloads": _PAIRS}
_FEATURES: Final = ("CUSTOM_DATA", "CAPTURE_DELETES", "DATA_BLOCKING", "COLUMN_HASHING", "RE_SYNC", "API_CONFIGURABLE")
_DOCS: Final = "https://fivetran.com/docs/connectors/functions"


@dataclass(frozen=True, slots=True)
class _Type:
    """A service."""

    id: str
    name: str
    what: str
    docs: str
    config: dict[str, Any]


_TYPES: Final = {
    kind.id: kind
    for kind in (
        _Type("aws_lambda", "AWS Lambda", "Calls a function on AWS Lambda.", f"{_DOCS}/aws-lambda",
              {**_OF_FUNCTIONS, "function": _TEXT, "region": _TEXT, "role_arn": _SECRET}),
        _Type("azure_function", "Azure Functions", "Calls a function on Azure Functions.", f"{_DOCS}/azure-functions",
              {**_OF_FUNCTIONS, "function_app": _TEXT, "function_name": _TEXT, "function_key": _SECRET}),
        _Type("connector_sdk", "Connector SDK", "Runs a connector that was uploaded to Fivetran.",
              "https://fivetran.com/docs/connector-sdk", {**_SHARED, "package_id": _TEXT, "python_version": _TEXT}),
        _Type("google_cloud_function", "Google Cloud Functions", "Calls a function on Google Cloud, or any HTTP "
              "address.", f"{_DOCS}/google-cloud-functions", {**_OF_FUNCTIONS, "function_trigger": _SECRET}),
    )
}  # fmt: skip


@router.get("/v1/metadata/connector-types")
async def list_connector_types(page: Paged) -> Response:
    """List the services."""
    return success(page.of("connector-types", _TYPES.values(), lambda kind: ("", kind.id), _shown))


@router.get("/v1/metadata/connector-types/{service}")
async def connector_type_details(service: str) -> Response:
    """Show a service and the fields of its configuration."""
    if service not in _TYPES:
        raise NotFoundError("Service", service)
    kind = _TYPES[service]
    return success({**_shown(kind), "config": {"type": "object", "properties": kind.config}, "auth": {}})


@router.get("/public/connector-types")
async def public_connector_types() -> Response:
    """List the services for anybody, as a plain list."""
    return success([_shown(kind) for kind in _TYPES.values()])


def _shown(kind: _Type) -> dict[str, Any]:
    here = "" if kind.id == RUNS_HERE else f" Not on this machine: {WHY_NOT[kind.id]}."
    return {
        "id": kind.id,
        "name": kind.name,
        "type": "Function",
        "description": kind.what + here,
        "link_to_docs": kind.docs,
        "connector_class": "standard",
        "supported_features": [{"id": feature} for feature in _FEATURES],
        "service_status": "general_availability",
    }

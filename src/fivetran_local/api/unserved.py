"""What Fivetran's API has and this one does not, each with the reason. docs/coverage.md is made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from fivetran_local.api.envelope import NotServedError

_NO_TRUST: Final = "a function is called with this machine's own trust store, so there are no certificates to approve"
_NO_SSH: Final = "nothing is reached over SSH, so there are no fingerprints to approve"
_NO_MEMBERS: Final = "there is one set of credentials, and whoever has it may do everything"
_NO_MODELS: Final = "nothing is transformed after it is loaded"
_NO_NETWORK: Final = "functions are called from this machine, without agents or private links"

_ALL: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Unserved:
    """A part of Fivetran's API that is answered with 501."""

    path: str
    """`{rest:path}` at its end stands for all that is below."""
    methods: tuple[str, ...]
    reason: str


UNSERVED: Final = (
    Unserved("/v1/connections/{connection_id}/certificates", ("GET", "POST"), _NO_TRUST),
    Unserved("/v1/connections/{connection_id}/certificates/{hash}", ("GET", "DELETE"), _NO_TRUST),
    Unserved("/v1/connections/{connection_id}/fingerprints", ("GET", "POST"), _NO_SSH),
    Unserved("/v1/connections/{connection_id}/fingerprints/{hash}", ("GET", "DELETE"), _NO_SSH),
    Unserved("/v1/destinations/{destination_id}/certificates", ("GET", "POST"), _NO_TRUST),
    Unserved("/v1/destinations/{destination_id}/certificates/{hash}", ("GET", "DELETE"), _NO_TRUST),
    Unserved("/v1/destinations/{destination_id}/fingerprints", ("GET", "POST"), _NO_SSH),
    Unserved("/v1/destinations/{destination_id}/fingerprints/{hash}", ("GET", "DELETE"), _NO_SSH),
    Unserved("/v1/groups/{group_id}/users", ("POST",), _NO_MEMBERS),
    Unserved("/v1/groups/{group_id}/users/{user_id}", ("DELETE",), _NO_MEMBERS),
    Unserved("/v1/users/{user_id}/connections", ("GET", "POST"), _NO_MEMBERS),
    Unserved("/v1/users/{user_id}/connections/{connection_id}", ("GET", "PATCH", "DELETE"), _NO_MEMBERS),
    Unserved("/v1/users/{user_id}/groups", ("GET", "POST"), _NO_MEMBERS),
    Unserved("/v1/users/{user_id}/groups/{group_id}", ("GET", "PATCH", "DELETE"), _NO_MEMBERS),
    Unserved("/v1/users/{user_id}/role", ("DELETE",), _NO_MEMBERS),
    Unserved("/v1/roles{rest:path}", _ALL, _NO_MEMBERS),
    Unserved("/v1/teams{rest:path}", _ALL, _NO_MEMBERS),
    Unserved("/v1/system-keys{rest:path}", _ALL, _NO_MEMBERS),
    Unserved("/v1/certificates{rest:path}", _ALL, _NO_TRUST),
    Unserved("/v1/fingerprints{rest:path}", _ALL, _NO_SSH),
    Unserved("/v1/dbt{rest:path}", _ALL, _NO_MODELS),
    Unserved("/v1/transformations{rest:path}", _ALL, _NO_MODELS),
    Unserved("/v1/transformation-projects{rest:path}", _ALL, _NO_MODELS),
    Unserved("/v1/external-logging{rest:path}", _ALL, "the log is a file and a page of this machine"),
    Unserved("/v1/hybrid-deployment-agents{rest:path}", _ALL, _NO_NETWORK),
    Unserved("/v1/private-links{rest:path}", _ALL, _NO_NETWORK),
    Unserved("/v1/proxy{rest:path}", _ALL, _NO_NETWORK),
    Unserved("/v1/connector-sdk{rest:path}", _ALL, "Fivetran hosts Connector SDK packages; there is no host here"),
)


def unserved() -> APIRouter:
    """Return the routes that answer 501."""
    router = APIRouter()
    for part in UNSERVED:
        router.add_api_route(part.path, _refusing(part.reason), methods=list(part.methods), name="unserved")
    return router


def _refusing(reason: str) -> Callable[[], Awaitable[None]]:
    async def refuse() -> None:
        raise NotServedError(reason)

    return refuse

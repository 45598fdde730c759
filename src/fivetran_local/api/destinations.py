"""Destinations: one for a group. Whatever service one says, its group's rows go to a DuckDB file of this machine."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from fivetran_local.account.settings import Account, Destination, SetupTest, SetupTestStatus
from fivetran_local.api.bodies import Fields, body_of, text_like
from fivetran_local.api.composition import Local
from fivetran_local.api.connection_object import setup_tests
from fivetran_local.api.connection_requests import NetworkingMethod, SetupTestBody
from fivetran_local.api.envelope import success
from fivetran_local.api.groups import group_of
from fivetran_local.api.masking import masked, unmasked
from fivetran_local.api.pagination import Paged, order
from fivetran_local.errors import ConflictError, InvalidInputError, NotFoundError

router = APIRouter()

_TESTS: Final = (SetupTest("Local warehouse", SetupTestStatus.PASSED, "rows go to a DuckDB file of this machine"),)
_KEPT: Final = ("daylight_saving_time_enabled", "networking_method", "private_link_id", "proxy_agent_id")
"""Kept and given back, without an effect."""

Region = Annotated[str, text_like(r"(GCP|AWS|AZURE)_[A-Z0-9_]+", "a region of GCP, AWS or AZURE, such as GCP_US_EAST4")]
Offset = Literal[
    "-11", "-10", "-9", "-8", "-7", "-6", "-5", "-4", "-3", "-2", "-1", "0",
    "+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9", "+10", "+11", "+12",
]  # fmt: skip


class DestinationPatch(Fields):
    """Changes of a destination."""

    region: Region = "GCP_US_EAST4"
    time_zone_offset: Offset = "0"
    config: dict[str, Any] = Field(default_factory=dict)
    run_setup_tests: bool = True
    trust_certificates: bool = False
    trust_fingerprints: bool = False
    daylight_saving_time_enabled: bool = False
    networking_method: NetworkingMethod = "Directly"
    private_link_id: str | None = None
    proxy_agent_id: str | None = None

    def on(self, destination: Destination) -> Destination:
        """Return a destination with these changes."""
        sent = self.model_fields_set
        fields: dict[str, Any] = {name: getattr(self, name) for name in ("region", "time_zone_offset") if name in sent}
        more: dict[str, Any] = {name: getattr(self, name) for name in _KEPT if name in sent}
        config = {**destination.config, **unmasked(self.config, destination.config)}
        return replace(destination, **fields, config=config, more={**destination.more, **more})


class NewDestination(DestinationPatch):
    """A destination to make."""

    group_id: str
    service: Annotated[str, text_like(r"[a-z][a-z0-9_]*", "the name of a service, such as snowflake")]
    time_zone_offset: Offset


@router.get("/v1/destinations")
async def list_destinations(local: Local, page: Paged) -> Response:
    """List the destinations, without their configuration."""
    account = local.connections.store.account
    data = page.of(
        "destinations",
        account.destinations.values(),
        lambda destination: order(account.groups[destination.id].created_at, destination.id),
        _shown,
    )
    return success(data)


@router.post("/v1/destinations")
def create_destination(local: Local, body: Annotated[NewDestination, Depends(body_of(NewDestination))]) -> Response:
    """Make the destination of a group."""

    def with_destination(account: Account) -> Account:
        group_of(account, body.group_id)
        if body.group_id in account.destinations:
            raise ConflictError(f"group_id: the group '{body.group_id}' has a destination already")
        made = body.on(Destination(id=body.group_id, service=body.service))
        return replace(account, destinations={**account.destinations, made.id: made})

    account = local.connections.store.change(with_destination)
    shown = _details(account.destinations[body.group_id], with_tests=body.run_setup_tests)
    return success(shown, "Destination has been created", status=201)


@router.get("/v1/destinations/{destination_id}")
async def destination_details(local: Local, destination_id: str) -> Response:
    """Show a destination."""
    return success(_details(_destination_of(local.connections.store.account, destination_id)))


@router.patch("/v1/destinations/{destination_id}")
def modify_destination(
    local: Local, destination_id: str, body: Annotated[DestinationPatch, Depends(body_of(DestinationPatch))]
) -> Response:
    """Change a destination."""
    if not body.model_fields_set & {"region", "time_zone_offset", "config", *_KEPT}:
        raise InvalidInputError("body: no field to change is in it")

    def changed(account: Account) -> Account:
        destination = body.on(_destination_of(account, destination_id))
        return replace(account, destinations={**account.destinations, destination_id: destination})

    account = local.connections.store.change(changed)
    shown = _details(account.destinations[destination_id], with_tests=body.run_setup_tests)
    return success(shown, "Destination has been updated")


@router.delete("/v1/destinations/{destination_id}")
def delete_destination(local: Local, destination_id: str) -> Response:
    """Delete the destination of a group without connections; the DuckDB file stays."""

    def without(account: Account) -> Account:
        _destination_of(account, destination_id)
        if any(connection.group_id == destination_id for connection in account.connections.values()):
            raise ConflictError("connections load this destination: delete them first")
        rest = {key: destination for key, destination in account.destinations.items() if key != destination_id}
        return replace(account, destinations=rest)

    local.connections.store.change(without)
    return success(message=f"Destination with id '{destination_id}' has been deleted")


@router.post("/v1/destinations/{destination_id}/test")
async def run_destination_setup_tests(
    local: Local, destination_id: str, body: Annotated[SetupTestBody, Depends(body_of(SetupTestBody))]
) -> Response:
    """Say where the rows really go."""
    del body
    shown = _details(_destination_of(local.connections.store.account, destination_id), with_tests=True)
    return success(shown, "Setup tests have been completed")


def _destination_of(account: Account, destination_id: str) -> Destination:
    if destination_id not in account.destinations:
        raise NotFoundError("Destination", destination_id)
    return account.destinations[destination_id]


def _details(destination: Destination, *, with_tests: bool = False) -> dict[str, Any]:
    shown = {**_shown(destination), "config": masked(destination.config)}
    if with_tests:
        shown["setup_tests"] = setup_tests(_TESTS)
    return shown


def _shown(destination: Destination) -> dict[str, Any]:
    return {
        "id": destination.id,
        "group_id": destination.id,
        "service": destination.service,
        "region": destination.region,
        "time_zone_offset": destination.time_zone_offset,
        "setup_status": destination.setup_state.value,
        **{name: value for name, value in destination.more.items() if value is not None},
    }

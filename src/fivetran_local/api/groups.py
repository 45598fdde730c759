"""Groups: each holds a destination and the connections that load it."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from fivetran_local.account.groups import check_group_name, with_group
from fivetran_local.account.settings import Account, Group
from fivetran_local.api.bodies import Fields, body_of, text_like
from fivetran_local.api.composition import Local
from fivetran_local.api.connection_object import service_account
from fivetran_local.api.envelope import success
from fivetran_local.api.pagination import Paged, order, stamp
from fivetran_local.api.public_key import public_key
from fivetran_local.errors import ConflictError, NotFoundError

router = APIRouter()


class GroupBody(Fields):
    """A group's name."""

    name: Annotated[str, text_like(r"[A-Za-z0-9_][A-Za-z0-9_ -]*", "letters, digits, spaces, - and _")]


@router.get("/v1/groups")
async def list_groups(local: Local, page: Paged) -> Response:
    """List the groups."""
    groups = local.connections.store.account.groups.values()
    return success(page.of("groups", groups, lambda group: order(group.created_at, group.id), _shown))


@router.post("/v1/groups")
def create_group(local: Local, body: Annotated[GroupBody, Depends(body_of(GroupBody))]) -> Response:
    """Make a group. It has no destination yet, and takes connections all the same."""
    made: list[Group] = []

    def changed(account: Account) -> Account:
        account, group = with_group(account, body.name, local.connections.clock.now(), destination=False)
        made.append(group)
        return account

    local.connections.store.change(changed)
    return success(_shown(made[-1]), "Group has been created", status=201)


@router.get("/v1/groups/{group_id}")
async def group_details(local: Local, group_id: str) -> Response:
    """Show a group."""
    return success(_shown(group_of(local.connections.store.account, group_id)))


@router.patch("/v1/groups/{group_id}")
def modify_group(local: Local, group_id: str, body: Annotated[GroupBody, Depends(body_of(GroupBody))]) -> Response:
    """Rename a group."""

    def renamed(account: Account) -> Account:
        group = group_of(account, group_id)
        if group.name != body.name:
            check_group_name(account, body.name)
        return replace(account, groups={**account.groups, group_id: replace(group, name=body.name)})

    account = local.connections.store.change(renamed)
    return success(_shown(account.groups[group_id]), "Group has been updated")


@router.delete("/v1/groups/{group_id}")
def delete_group(local: Local, group_id: str) -> Response:
    """Delete a group that holds nothing any more."""

    def without(account: Account) -> Account:
        group_of(account, group_id)
        if any(connection.group_id == group_id for connection in account.connections.values()):
            raise ConflictError("the group has connections: delete them first")
        if group_id in account.destinations:
            raise ConflictError("the group has a destination: delete it first")
        return replace(account, groups={key: group for key, group in account.groups.items() if key != group_id})

    local.connections.store.change(without)
    return success(message=f"Group with id '{group_id}' has been deleted")


@router.get("/v1/groups/{group_id}/service-account")
async def group_service_account(local: Local, group_id: str) -> Response:
    """Show the address that Fivetran would call the group's functions as."""
    group_of(local.connections.store.account, group_id)
    return success({"service_account": service_account(group_id)})


@router.get("/v1/groups/{group_id}/public-key")
async def group_public_key(local: Local, group_id: str) -> Response:
    """Show the public key that Fivetran would identify itself with over SSH."""
    group_of(local.connections.store.account, group_id)
    return success({"public_key": public_key(local.credentials.derived(f"SSH key of {group_id}"))})


def group_of(account: Account, group_id: str) -> Group:
    """Return a group.

    Raises:
        NotFoundError: there is none of that id.
    """
    if group_id not in account.groups:
        raise NotFoundError("Group", group_id)
    return account.groups[group_id]


def _shown(group: Group) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "created_at": stamp(group.created_at)}

"""Users: who is said to have access. Nobody is asked who they are: whoever has the API key may do everything."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints
from starlette.responses import Response

from fivetran_local.account.identifiers import two_words
from fivetran_local.account.settings import Account, User
from fivetran_local.api.bodies import Fields, body_of, text_like
from fivetran_local.api.composition import Local
from fivetran_local.api.envelope import success
from fivetran_local.api.groups import group_of
from fivetran_local.api.pagination import Page, Paged, order, stamp
from fivetran_local.errors import ConflictError, IllegalStateError, InvalidInputError, NotFoundError

router = APIRouter()

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Active = Annotated[str | None, Query()]


class UserPatch(Fields):
    """Changes of a user."""

    given_name: Name = ""
    family_name: Name = ""
    role: Name = "Account Reviewer"
    phone: str | None = None
    picture: str | None = None

    def on(self, user: User) -> User:
        """Return a user with these changes."""
        sent = self.model_fields_set
        fields: dict[str, Any] = {
            name: getattr(self, name) for name in ("given_name", "family_name", "role") if name in sent
        }
        more: dict[str, Any] = {name: getattr(self, name) for name in ("phone", "picture") if name in sent}
        return replace(user, **fields, more={**user.more, **more})


class NewUser(UserPatch):
    """A user to invite."""

    email: Annotated[str, text_like(r"[^@\s]+@[^@\s]+", "an e-mail address")]
    given_name: Name
    family_name: Name


@router.get("/v1/users")
async def list_users(local: Local, page: Paged, active: Active = None) -> Response:
    """List the users."""
    return success(_page(page, local.connections.store.account.users.values(), active))


@router.get("/v1/groups/{group_id}/users")
async def list_users_of_group(local: Local, page: Paged, group_id: str, active: Active = None) -> Response:
    """List the users of a group: all of the account's."""
    account = local.connections.store.account
    group_of(account, group_id)
    return success(_page(page, account.users.values(), active))


@router.post("/v1/users")
def create_user(local: Local, body: Annotated[NewUser, Depends(body_of(NewUser))]) -> Response:
    """Note down a user. Nothing is sent to anybody."""
    identity = ""

    def with_user(account: Account) -> Account:
        nonlocal identity
        if any(user.email.lower() == body.email.lower() for user in account.users.values()):
            raise ConflictError("email: there is a user with this address already")
        identity = two_words(account.users.keys())
        invited = User(id=identity, email=body.email, created_at=local.connections.clock.now(), more={"invited": True})
        return replace(account, users={**account.users, identity: body.on(replace(invited, role=body.role))})

    account = local.connections.store.change(with_user)
    return success(_shown(account.users[identity]), "User has been invited to the account", status=201)


@router.get("/v1/users/{user_id}")
async def user_details(local: Local, user_id: str) -> Response:
    """Show a user."""
    return success(_shown(_user_of(local.connections.store.account, user_id)))


@router.patch("/v1/users/{user_id}")
def modify_user(local: Local, user_id: str, body: Annotated[UserPatch, Depends(body_of(UserPatch))]) -> Response:
    """Change a user."""
    if not body.model_fields_set:
        raise InvalidInputError("body: no field to change is in it")

    def changed(account: Account) -> Account:
        return replace(account, users={**account.users, user_id: body.on(_user_of(account, user_id))})

    account = local.connections.store.change(changed)
    return success(_shown(account.users[user_id]), "User has been updated")


@router.delete("/v1/users/{user_id}")
def delete_user(local: Local, user_id: str) -> Response:
    """Delete a user, but not the last one."""

    def without(account: Account) -> Account:
        _user_of(account, user_id)
        if len(account.users) == 1:
            raise IllegalStateError("the last user of an account cannot be deleted")
        return replace(account, users={key: user for key, user in account.users.items() if key != user_id})

    local.connections.store.change(without)
    return success(message=f"User with id '{user_id}' has been deleted")


def _user_of(account: Account, user_id: str) -> User:
    if user_id not in account.users:
        raise NotFoundError("User", user_id)
    return account.users[user_id]


def _page(page: Page, users: Iterable[User], active: str | None) -> dict[str, Any]:
    if active is not None and active.lower() not in ("true", "false"):
        raise InvalidInputError("active: expected true or false")
    found = users if active is None or active.lower() == "true" else ()  # nobody is ever inactive here
    return page.of("users", found, lambda user: order(user.created_at, user.id), _shown)


def _shown(user: User) -> dict[str, Any]:
    created_at = stamp(user.created_at) if user.created_at else None
    invited = bool(user.more.get("invited"))
    return {
        "id": user.id,
        "email": user.email,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "verified": not invited,
        "invited": invited,
        "active": True,
        "role": user.role,
        "logged_in_at": None if invited else created_at,
        "created_at": created_at,
        **{name: user.more[name] for name in ("phone", "picture") if user.more.get(name)},
    }

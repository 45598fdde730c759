"""Making groups."""

from dataclasses import replace
from datetime import datetime

from fivetran_local.account.identifiers import two_words
from fivetran_local.account.settings import Account, Destination, Group
from fivetran_local.errors import ConflictError


def with_group(account: Account, name: str, now: datetime, *, destination: bool) -> tuple[Account, Group]:
    """Return an account with one more group, and the group.

    Args:
        account: as it is.
        name: the group's.
        now: when it is made.
        destination: whether it has its destination at once.

    Raises:
        ConflictError: there is a group of that name.
    """
    check_group_name(account, name)
    made = Group(id=two_words(account.connections.keys() | account.groups.keys()), name=name, created_at=now)
    destinations = account.destinations
    if destination:
        destinations = {**destinations, made.id: Destination(id=made.id, service="duckdb")}
    return replace(account, groups={**account.groups, made.id: made}, destinations=destinations), made


def check_group_name(account: Account, name: str) -> None:
    """Do nothing for a name that is free.

    Raises:
        ConflictError: there is a group of that name.
    """
    if any(group.name == name for group in account.groups.values()):
        raise ConflictError(f"name: there is a group '{name}' already")

"""Going back to an account as it was when it was made, without rows."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from fivetran_local.account.settings import Account
from fivetran_local.errors import NotFoundError
from fivetran_local.local_fivetran import LocalFivetran


def reset(local: LocalFivetran) -> dict[str, Any]:
    """Delete every connection with its rows, every webhook, and all groups and users but the first; tell how many.

    Raises:
        LocalFivetranError: a sync does not end, or the warehouse cannot be written; what was deleted before is.
    """
    connections = local.connections
    connections.syncs.reschedules.clear()
    deleted = 0
    for view in connections.all():
        settings = view.settings
        with suppress(NotFoundError):  # somebody else deleted it
            warehouse = connections.warehouse(settings.id)
            connections.delete(settings.id)
            warehouse.reset(settings.schema)
            deleted += 1
    connections.store.change(_first_only)
    return {"connections": deleted}


def _first_only(account: Account) -> Account:
    group, user = next(iter(account.groups), None), next(iter(account.users), None)
    return replace(
        account,
        groups={key: item for key, item in account.groups.items() if key == group},
        destinations={key: item for key, item in account.destinations.items() if key == group},
        users={key: item for key, item in account.users.items() if key == user},
        webhooks={},
    )

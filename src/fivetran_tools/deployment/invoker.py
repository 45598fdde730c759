"""Who Fivetran calls a function as: the service account that has to be let in."""

import re

from fivetran_tools.errors import UsageError


def fivetran_member(group: str | None, account: str | None) -> str | None:
    """Return Fivetran's service account as a member of an IAM policy; None where neither a group nor one is given.

    Args:
        group: The id of a Fivetran group (a destination), such as `grafted_unwound`. Its account's address follows from
            it; `GET /v1/groups/{id}/service-account` of Fivetran's REST API answers the same.
        account: The address that Fivetran's form shows.

    Raises:
        UsageError: both are given, or one is not of that form.
    """
    if group and account:
        message = "--fivetran-group and --fivetran-service-account say the same thing in two ways: pass one of them"
        raise UsageError(message)
    if group:
        if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", group):
            message = (
                f"{group!r} is not the id of a Fivetran group, such as grafted_unwound: copy it from the dashboard"
            )
            raise UsageError(message)
        account = f"g-{group.replace('_', '-')}@fivetran-production.iam.gserviceaccount.com"
    if account and not re.fullmatch(r"[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com", account):
        message = f"{account!r} is not the address of a service account (...gserviceaccount.com): copy it from the form"
        raise UsageError(message)
    return f"serviceAccount:{account}" if account else None

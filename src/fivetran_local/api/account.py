"""The account itself."""

from fastapi import APIRouter
from starlette.responses import Response

from fivetran_local.api.composition import Local
from fivetran_local.api.envelope import success

router = APIRouter()


@router.get("/v1/account/info")
async def account_info(local: Local) -> Response:
    """Show the account, and the user that the API key is said to be of."""
    account = local.connections.store.account
    user_id = next(iter(account.users), "")
    return success({"account_id": account.id, "account_name": account.name, "user_id": user_id})

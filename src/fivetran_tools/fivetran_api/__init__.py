"""A client of Fivetran's REST API: the same for the real Fivetran and the local one."""

from fivetran_local.account.credentials import Credentials
from fivetran_tools.fivetran_api.address import ApiAddress, address_of
from fivetran_tools.fivetran_api.client import FivetranApi
from fivetran_tools.fivetran_api.credentials import credentials_for
from fivetran_tools.fivetran_api.errors import FivetranApiError, UnreachableError
from fivetran_tools.fivetran_api.models import Connection, Group, Notice, SchemaConfig, SetupTest, SyncState

__all__ = [
    "ApiAddress",
    "Connection",
    "Credentials",
    "FivetranApi",
    "FivetranApiError",
    "Group",
    "Notice",
    "SchemaConfig",
    "SetupTest",
    "SyncState",
    "UnreachableError",
    "address_of",
    "credentials_for",
]

"""What logs in to Fivetran's API: from the environment, or what the local Fivetran made for itself."""

import os
from pathlib import Path
from typing import Final

from fivetran_local.account.credentials import (
    KEY_VARIABLE,
    SECRET_VARIABLE,
    Credentials,
    credentials_file,
    from_environment,
    kept_in,
)
from fivetran_local.errors import AccountFileError
from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api.address import ApiAddress
from fivetran_tools.local_place import FOLDER_VARIABLE, account_folder

WHERE: Final = "https://fivetran.com/docs/rest-api/getting-started tells where to make them"


def credentials_for(address: ApiAddress, root: Path) -> Credentials:
    """Return the credentials for an address.

    Args:
        address: Which Fivetran is asked.
        root: The checkout; the local Fivetran keeps its credentials there, or where FIVETRAN_LOCAL_FOLDER says.

    Raises:
        UsageError: there are none, or they cannot be used.
    """
    if found := from_environment():
        return _usable(found)
    key, secret = (os.environ.get(name, "").strip() for name in (KEY_VARIABLE, SECRET_VARIABLE))
    if key or secret:
        message = f"{SECRET_VARIABLE if key else KEY_VARIABLE} is not set, and its other half is: set both; {WHERE}"
        raise UsageError(message)
    if not address.is_local:
        message = f"set {KEY_VARIABLE} and {SECRET_VARIABLE} to ask {address.host} ({WHERE}), or try it here: --local"
        raise UsageError(message)
    return _usable(_made_by_serve(address, account_folder(root)))


def _made_by_serve(address: ApiAddress, folder: Path) -> Credentials:
    either = f"or set {KEY_VARIABLE} and {SECRET_VARIABLE} for {address.host}"
    try:
        kept = kept_in(folder)
    except AccountFileError as error:
        message = f"{error}; start `./fivetran serve` then, {either}"
        raise UsageError(message) from None
    if kept is None:
        message = (
            f"no local Fivetran has started with {credentials_file(folder)}: run `./fivetran serve`, name the folder "
            f"that it was started with in {FOLDER_VARIABLE}, {either}"
        )
        raise UsageError(message)
    return kept


def _usable(credentials: Credentials) -> Credentials:
    for part in (credentials.api_key, credentials.api_secret):
        if not part or not part.isascii() or not part.isprintable():
            message = f"the API key or secret in {credentials.source} is empty or not plain text: copy it again"
            raise UsageError(message)
    if ":" in credentials.api_key:
        message = f"the API key in {credentials.source} has a colon, as if the secret were in it too: set both apart"
        raise UsageError(message)
    return credentials

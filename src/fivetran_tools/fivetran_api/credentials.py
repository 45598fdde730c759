"""What logs in to Fivetran's API: from the environment, or what the local Fivetran made for itself."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api.address import ApiAddress

KEY_VARIABLE: Final = "FIVETRAN_API_KEY"
SECRET_VARIABLE: Final = "FIVETRAN_API_SECRET"  # noqa: S105  # a variable's name
WHERE: Final = "https://fivetran.com/docs/rest-api/getting-started tells where to make them"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key and its secret; neither is shown."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    source: str = "the environment"
    """Where they were found, for a person who has to mend them."""


def credentials_for(address: ApiAddress, root: Path) -> Credentials:
    """Return the credentials for an address.

    Args:
        address: Which Fivetran is asked.
        root: The checkout; the local Fivetran keeps its credentials there.

    Raises:
        UsageError: there are none, or they cannot be used.
    """
    key, secret = (os.environ.get(name, "").strip() for name in (KEY_VARIABLE, SECRET_VARIABLE))
    if key and secret:
        return _usable(Credentials(key, secret, f"{KEY_VARIABLE} and {SECRET_VARIABLE}"))
    if key and not secret and (both := _decoded(key)):
        return _usable(both)
    if key or secret:
        message = f"{SECRET_VARIABLE if key else KEY_VARIABLE} is not set, and its other half is: set both; {WHERE}"
        raise UsageError(message)
    if not address.is_local:
        message = f"set {KEY_VARIABLE} and {SECRET_VARIABLE} to ask {address.host} ({WHERE}), or try it here: --local"
        raise UsageError(message)
    return _usable(_made_by_serve(address, root / "files" / "fivetran" / "credentials.json"))


def _decoded(key: str) -> Credentials | None:
    """Return both halves of a key in base64, as the Connector SDK's deploy takes it; None where it is none."""
    try:
        own, _, secret = base64.b64decode(key, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return Credentials(own, secret, KEY_VARIABLE) if own and secret else None


def _made_by_serve(address: ApiAddress, file: Path) -> Credentials:
    either = f"set {KEY_VARIABLE} and {SECRET_VARIABLE} for {address.host}"
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return Credentials(document["api_key"].strip(), document["api_secret"].strip(), str(file))
    except FileNotFoundError:
        message = f"the local Fivetran was never started in this checkout: run `./fivetran serve`, or {either}"
        raise UsageError(message) from None
    except OSError as error:
        message = f"cannot read {file}: {error.strerror or error}; {either}"
        raise UsageError(message) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        message = (
            f"{file} does not hold api_key and api_secret: remove it and start `./fivetran serve` again, or {either}"
        )
        raise UsageError(message) from None


def _usable(credentials: Credentials) -> Credentials:
    for part in (credentials.key, credentials.secret):
        if not part or not part.isascii() or not part.isprintable():
            message = f"the API key or secret in {credentials.source} is empty or not plain text: copy it again"
            raise UsageError(message)
    if ":" in credentials.key:
        message = f"the API key in {credentials.source} has a colon, as if the secret were in it too: set both apart"
        raise UsageError(message)
    return credentials

"""What clients of the local REST API log in with: from the environment, or made once and kept in a file."""

import base64
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fivetran_local.errors import AccountFileError
from fivetran_local.whole_files import write_whole

KEY_VARIABLE: Final = "FIVETRAN_API_KEY"
SECRET_VARIABLE: Final = "FIVETRAN_API_SECRET"  # noqa: S105  # a variable's name


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client of the REST API authenticates with, and what opens the web page."""

    api_key: str
    api_secret: str = field(repr=False)
    source: str = field(default="the environment", compare=False)
    """Where they were found, for a person who has to mend them."""

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes that are always the same for one secret and purpose, and of no use to find the secret."""
        return hmac.digest(self.api_secret.encode(), purpose.encode(), "sha256")


def credentials_file(folder: Path) -> Path:
    """Return where the credentials of an account's folder are kept."""
    return folder / "credentials.json"


def from_environment() -> Credentials | None:
    """Return the credentials that the environment names: both halves, or one variable with both in base64.

    Returns:
        None where it names neither, or no more than one half.
    """
    key, secret = (os.environ.get(name, "").strip() for name in (KEY_VARIABLE, SECRET_VARIABLE))
    if key and not secret:
        return _decoded(key)
    return Credentials(key, secret, f"{KEY_VARIABLE} and {SECRET_VARIABLE}") if key and secret else None


def credentials_in(folder: Path) -> Credentials:
    """Return the credentials of an account's folder, made now where there are none yet.

    Raises:
        AccountFileError: the file cannot be read, holds something else, or cannot be written.
    """
    return kept_in(folder) or _made(credentials_file(folder))


def kept_in(folder: Path) -> Credentials | None:
    """Return the credentials of an account's folder; None where there are none yet.

    Raises:
        AccountFileError: the file cannot be read, or holds something else.
    """
    file = credentials_file(folder)
    try:
        document = json.loads(file.read_bytes())
        key, secret = document["api_key"], document["api_secret"]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccountFileError(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, RecursionError):
        key = secret = None
    if not (isinstance(key, str) and isinstance(secret, str) and key.strip() and secret.strip()) or ":" in key:
        raise AccountFileError(f"{file} does not hold api_key and api_secret: remove it, and new ones are made")
    return Credentials(key.strip(), secret.strip(), str(file))


def page_token(credentials: Credentials) -> str:
    """Return what opens the web page: always the same for one secret, and of no use to find that out."""
    return credentials.derived("page").hex()


def _decoded(key: str) -> Credentials | None:
    """Return both halves of a key in base64, as the Connector SDK's deploy takes it; None where it is none."""
    try:
        own, _, secret = base64.b64decode(key, validate=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return Credentials(own, secret, KEY_VARIABLE) if own and secret else None


def _made(file: Path) -> Credentials:
    made = Credentials(secrets.token_hex(8), secrets.token_hex(16), str(file))
    text = json.dumps({"api_key": made.api_key, "api_secret": made.api_secret}, indent=1) + "\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, text.encode())
    except OSError as error:
        raise AccountFileError(f"{file} cannot be written: {error.strerror or error}") from error
    return made

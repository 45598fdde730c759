"""Encryption of what is secret in the account's file, with a key in a file of its own that only its owner can read."""

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cryptography.fernet import Fernet, InvalidToken
from pydantic import BeforeValidator, PlainSerializer, SerializationInfo, ValidationInfo

from fivetran_local.errors import AccountFileError
from fivetran_local.whole_files import write_whole

_KEY: Final = "seal"


class Seal:
    """Closes and opens secrets with the key in a file, which is made where it is missing.

    Raises:
        AccountFileError: the key cannot be read or made, others can read it, or it is no key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = _read_or_make(path)
        self._fernet = Fernet(self._key)

    def close(self, secret: str) -> str:
        """Encrypt a text."""
        return self._fernet.encrypt(secret.encode("utf-8", "surrogatepass")).decode()

    def open(self, sealed: str) -> str:
        """Decrypt a text.

        Raises:
            AccountFileError: it was closed with another key.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            message = (
                f"the key in {self._path} is not the one that the account was encrypted with: put the right one back"
            )
            raise AccountFileError(message) from None

    def derived(self, purpose: str) -> bytes:
        """Return 32 secret bytes that are always the same for one purpose, and tell nothing of the key."""
        return hmac.digest(self._key, purpose.encode(), "sha256")

    def as_context(self) -> dict[str, object]:
        """Return what pydantic's reading and writing of `Sealed` fields needs."""
        return {_KEY: self}


def _seal_of(info: ValidationInfo | SerializationInfo) -> Seal:
    seal = (info.context or {}).get(_KEY)
    if not isinstance(seal, Seal):
        raise TypeError("a sealed field is read or written without a seal")
    return seal


def _open_text(sealed: object, info: ValidationInfo) -> str:
    if not isinstance(sealed, str):
        raise ValueError("a sealed value is text")  # noqa: TRY004  # pydantic's own kind of error
    return _seal_of(info).open(sealed) if sealed else ""


def _close_text(secret: str, info: SerializationInfo) -> str:
    return _seal_of(info).close(secret) if secret else ""


def _open_config(sealed: object, info: ValidationInfo) -> dict[str, Any]:
    config = json.loads(_open_text(sealed, info) or "{}")
    if not isinstance(config, dict):
        raise ValueError("a sealed configuration is an object")  # noqa: TRY004
    return config


def _close_config(config: Mapping[str, Any], info: SerializationInfo) -> str:
    return _close_text(json.dumps(dict(config)), info)


Sealed = Annotated[str, BeforeValidator(_open_text), PlainSerializer(_close_text)]
"""Text that is encrypted in the file; empty text stays empty."""

SealedConfig = Annotated[Mapping[str, Any], BeforeValidator(_open_config), PlainSerializer(_close_config)]
"""A configuration that is encrypted in the file as a whole."""


def _read_or_make(path: Path) -> bytes:
    try:
        try:
            return _read(path)
        except FileNotFoundError:
            key = Fernet.generate_key()
            write_whole(path, key)
    except OSError as error:
        message = f"the key {path} cannot be used: {error.strerror or error}"
        raise AccountFileError(message) from error
    return key


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        message = f"the key {path} can be read by others: `chmod 600 {path}`, and renew the secrets if others had them"
        raise AccountFileError(message)
    key = path.read_bytes().strip()
    try:
        Fernet(key)
    except ValueError:
        message = f"{path} does not hold a key: put the right one back; without it the secrets cannot be read"
        raise AccountFileError(message) from None
    return key

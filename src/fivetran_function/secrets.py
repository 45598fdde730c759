"""A connection's settings, as the connector reads them."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from fivetran_function import secret_manager
from fivetran_function.errors import ConfigurationError
from fivetran_protocol import Json, Redactor, kind_of, secret_values


class Secrets(Mapping[str, str]):
    """The `secrets` of a request: text by name, and looked up where the text only says where the secret is.

    A key that the request does not carry is taken from the environment variable of its upper-case name, unless it is
    public: deployments put secrets there, and never settings. A value that is a Secret Manager resource name is
    replaced by what Secret Manager holds. Everything that is not public is secret.
    """

    def __init__(self, given: Mapping[str, Json], public_keys: Collection[str] = ()) -> None:
        self._given = given
        self._public_keys = frozenset(public_keys)
        self._values: dict[str, str] = {}
        hidden = {key: value for key, value in given.items() if key not in self._public_keys}
        # The name of a secret is none, and an error about it must be able to say it.
        self._found = {value for value in secret_values(hidden) if not secret_manager.is_resource_name(value)}

    def __getitem__(self, key: str) -> str:
        if key in self._values:
            return self._values[key]
        value = self._given.get(key)
        if value is None and key not in self._public_keys:
            value = os.environ.get(key.upper())
        if value is None:
            raise KeyError(key)
        if isinstance(value, dict | list):
            message = f"the secret '{key}' is {kind_of(value)}, expected text"
            raise ConfigurationError(message)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if key not in self._public_keys:
            if secret_manager.is_resource_name(text):
                text = secret_manager.access(text)
            self._found.add(text)
        self._values[key] = text
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return f"Secrets({sorted(self._given)})"

    def require(self, key: str) -> str:
        """Return a setting that the connector cannot do without.

        Raises:
            ConfigurationError: it is missing or empty.
        """
        value = self.get(key, "").strip()
        if not value:
            message = f"the secret '{key}' is missing: add it to the connection's secrets in Fivetran"
            raise ConfigurationError(message)
        return value

    def one_of(self, key: str, *allowed: str) -> str:
        """Return a setting that is one of a few words, in lower case; the first of them when it is not set.

        Raises:
            ConfigurationError: it is another word; the text lists those that are allowed.
        """
        value = self.get(key, "").strip().lower() or allowed[0]
        if value not in allowed:
            message = f"{key} must be {' or '.join(allowed)}"
            raise ConfigurationError(message)
        return value

    def whole_number(self, key: str, *, default: int, least: int, most: int) -> int:
        """Return a setting that is a whole number between two others, both included.

        Raises:
            ConfigurationError: it is anything else; the text says the range.
        """
        text = self.get(key, "").strip() or str(default)
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            message = f"{key} must be a whole number from {least} to {most}"
            raise ConfigurationError(message)
        return int(text)

    def address(self, key: str, *, default: str) -> str:
        """Return a setting that is the address of a source, without a slash at its end.

        Raises:
            ConfigurationError: it is not `https://` (plain `http://` would show the key to everybody on the way, and
                is accepted for this machine's own loopback only), or it goes on after its path.
        """
        text = self.get(key, "").strip().rstrip("/") or default
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        stays_here = host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host)
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and stays_here)):
            message = f"{key} must be an https:// address (http:// only on this machine's loopback)"
            raise ConfigurationError(message)
        if parts.username is not None or parts.password is not None or "?" in text or "#" in text:
            message = f"{key} must be an address without a user name, a password, '?' or '#'"
            raise ConfigurationError(message)
        return text

    @property
    def raw(self) -> Mapping[str, Json]:
        """The secrets as they came, for a connector whose settings are nested objects."""
        return self._given

    def redact(self, text: str) -> str:
        """Take the secret values seen so far out of a text."""
        return Redactor(self._found)(text)

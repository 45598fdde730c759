"""Which Fivetran is meant: the real one, or the one on this machine."""

import ipaddress
import os
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from fivetran_tools.errors import UsageError
from fivetran_tools.local_place import local_port

REAL: Final = "https://api.fivetran.com"
DASHBOARD: Final = "https://fivetran.com/dashboard"
URL_VARIABLE: Final = "FIVETRAN_API_URL"

_LEGAL: Final = "https://HOST, or http://127.0.0.1:PORT for a local Fivetran"


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where a Fivetran answers. `address_of` makes it."""

    root: str
    """Scheme, host and port, without a slash at its end; what begins with `/v1` comes after it."""
    is_local: bool
    """Whether it is on this machine."""
    option: str = ""
    """What names it on the command line; empty where nothing has to."""

    def command(self, words: str) -> str:
        """Return a command of `connection` that asks the same Fivetran, as it is typed."""
        return f"`./fivetran connection {words}{f' {self.option}' if self.option else ''}`"

    @property
    def host(self) -> str:
        """The host as a person knows it, with the port where there is one."""
        return urlsplit(self.root).netloc

    def page_of(self, connection_id: str) -> str:
        """Return the address of a connection's page, for a browser."""
        if self.root == REAL:
            return f"{DASHBOARD}/connectors/{quote(connection_id, safe='')}/status"
        return f"{self.root}/connections/{quote(connection_id, safe='')}"


def address_of(api_url: str | None = None, *, local: bool = False) -> ApiAddress:
    """Return the Fivetran that an option, or else a variable, names; otherwise the real one.

    Args:
        api_url: The value of `--api-url`; with or without `/v1` at its end.
        local: Whether `--local` was given.

    Raises:
        UsageError: the address cannot be used, or both were given.
    """
    if local:
        if api_url is not None:
            raise UsageError("--local and --api-url exclude each other: give one of them")
        return _local()
    if api_url is not None:
        return replace(address := _checked(api_url, "--api-url"), option=f"--api-url {address.root}")
    if url := os.environ.get(URL_VARIABLE, "").strip():
        return _checked(url, URL_VARIABLE)
    return ApiAddress(REAL, is_local=False)


def _local() -> ApiAddress:
    return ApiAddress(f"http://127.0.0.1:{local_port()}", is_local=True, option="--local")


def _checked(url: str, name: str) -> ApiAddress:
    """Return an address; nothing of it stands in an error, since somebody may have put a password into it."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), None, None
    if parts.scheme not in ("http", "https") or not host or not _is_host(host) or parts.query or parts.fragment:
        message = f"{name} is no address of an API: expected {_LEGAL}"
        raise UsageError(message)
    if parts.username is not None or parts.password is not None:
        message = f"{name} holds a user or a password: put them into FIVETRAN_API_KEY and FIVETRAN_API_SECRET instead"
        raise UsageError(message)
    is_local = is_loopback(host)
    if parts.scheme == "http" and not is_local:
        message = f"{name} is http to another machine, which would show the credentials to all between: use https"
        raise UsageError(message)
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    shown = f"[{host}]" if ":" in host else host
    return ApiAddress(f"{parts.scheme}://{shown}{f':{port}' if port else ''}{path}", is_local=is_local)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by what it is called."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_host(host: str) -> bool:
    return len(host) <= 253 and all(character.isalnum() or character in "-._:" for character in host)

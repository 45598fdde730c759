"""What the REST API, the web page and the control door are built over."""

from dataclasses import dataclass, field

from fivetran_local.connections import Connections


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client of the REST API authenticates with, and what opens the web page."""

    api_key: str
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalFivetran:
    """A local Fivetran that runs."""

    connections: Connections
    credentials: Credentials
    url: str
    """Where it is reached, such as `http://127.0.0.1:8787`; no slash at its end."""

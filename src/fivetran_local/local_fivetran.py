"""What the REST API, the web page and the control door are built over."""

from dataclasses import dataclass

from fivetran_local.account.credentials import Credentials
from fivetran_local.connections import Connections


@dataclass(frozen=True, slots=True)
class LocalFivetran:
    """A local Fivetran that runs."""

    connections: Connections
    credentials: Credentials
    url: str
    """Where it is reached, such as `http://127.0.0.1:8787`; no slash at its end."""

"""One spelling of every path: what older clients call becomes what the API is written in."""

import re
from typing import Final

_OLD_FAMILY: Final = re.compile(r"^/v[12]/(groups/[^/]+/)?connectors(?=/|$)")
ALIASES: Final = {
    "/v1/connectors/…": "/v1/connections/…",
    "/v1/groups/{group_id}/connectors": "/v1/groups/{group_id}/connections",
    "/v2/connectors/…": "/v1/connections/…",
    "/v2/connections/…": "/v1/connections/…",
    "/v1/connections/{connection_id}/force": "/v1/connections/{connection_id}/sync",
}
"""Every other spelling, and what it is; and each of them with a slash at its end."""

_FORCE: Final = re.compile(r"^(/v1/connections/[^/]+)/force$")


def canonical(path: str) -> str:
    """Return the path that is served.

    `/v1/connectors/ID`, `/v2/connectors/ID` and `/v2/connections/ID` are `/v1/connections/ID`, `/force` is `/sync`,
    and a slash at the end is nothing.
    """
    path = path.rstrip("/") or "/"
    path = _OLD_FAMILY.sub(lambda found: f"/v1/{found[1] or ''}connections", path)
    if path.startswith("/v2/connections"):
        path = "/v1" + path.removeprefix("/v2")
    return _FORCE.sub(r"\1/sync", path)

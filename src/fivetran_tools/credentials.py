"""The environment for code that is not ours, pip and the connectors among it: without what logs in as us."""

import os
from typing import Final

_NAMES: Final = frozenset(
    {
        *("FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_KEY", "FIVETRAN_SECRET", "FIVETRAN_LOCAL_CONTROL_TOKEN"),
        "FUNCTION_ID_TOKEN",
    }
)
_BEGINNINGS: Final = ("GCP_", "GOOGLE_", "CIRCLE_OIDC", "CLOUDSDK_AUTH", "CLOUDSDK_CONFIG")
"""A context's of CircleCI, a login of Google's, and CLOUDSDK_CONFIG, the folder that a login is kept in."""


def without_credentials() -> dict[str, str]:
    """Return this process's environment variables less those that log in to Google Cloud, CircleCI or Fivetran."""
    return {
        name: value for name, value in os.environ.items() if name not in _NAMES and not name.startswith(_BEGINNINGS)
    }

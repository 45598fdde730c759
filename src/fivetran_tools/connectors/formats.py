"""`connector list` for scripts."""

import json
from dataclasses import asdict

from fivetran_tools.connectors.listing import Listing


def as_json(listing: Listing) -> str:
    """Return the listing as one JSON object."""
    return json.dumps(asdict(listing), indent=2, ensure_ascii=False)

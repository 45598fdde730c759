"""What runs against what is committed, for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from fivetran_tools.deployment.status import Status


def as_json(found: Sequence[Status]) -> str:
    """Return a JSON list with an object for each function."""
    return json.dumps([asdict(one) for one in found], indent=2)

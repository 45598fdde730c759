"""Exchanges that nobody had, for rules that only look."""

import json
from typing import Any

from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.exchanges import Exchange

KEYED = {"people": {"primary_key": ["id"]}}


def document(*ids: object, state: object = None, has_more: bool = False, **more: object) -> dict[str, Any]:
    """Return a page of people, each of whom has an id and nothing else."""
    rows = {"people": [{"id": one} for one in ids]} if ids else {}
    return {"state": {} if state is None else state, "insert": rows, "schema": KEYED, "hasMore": has_more, **more}


def exchange(
    answer: object = None,
    *,
    number: int = 1,
    scenario: Scenario = Scenario.SYNC,
    sent: object = None,
    status: int | None = 200,
    **more: Any,
) -> Exchange:
    """Return an exchange: a document or a body that was answered to a state."""
    content = answer if isinstance(answer, bytes) else json.dumps(document() if answer is None else answer).encode()
    request = {"state": {} if sent is None else sent, "secrets": {}}
    whole = {"content_type": "application/json", "content": content, "size_bytes": len(content), **more}
    return Exchange(scenario=scenario, number=number, request=request, status=status, **whole)

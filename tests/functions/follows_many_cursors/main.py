"""Keeps a cursor that its source writes anew at every call, in a sync of more pages than a check reads."""

import base64
import secrets

from behaves.main import people, serve


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, settings):
    """Return the two people after the cursor."""
    offset = base64.b64decode(state["cursor"])[-1] if "cursor" in state else 0
    rows = people(settings["api_key"])[offset : offset + 2]
    cursor = base64.b64encode(secrets.token_bytes(15) + bytes([offset + len(rows)])).decode()
    return {
        "state": {**state, "cursor": cursor},
        "insert": {"people": rows},
        "schema": {"people": {"primary_key": ["id"]}},
        "hasMore": bool(rows),
    }

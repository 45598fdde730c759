"""Deletes rows, also such as nobody has seen, and sends a small table whole in every sync, marked as such."""

from behaves.main import PEOPLE, people, serve

KEYS = {"people": {"primary_key": ["id"]}, "teams": {"primary_key": ["id"]}}


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, secrets):
    """Return thirty people after the offset, and with the last of them all teams."""
    offset = state.get("offset", 0)
    rows = people(secrets["api_key"])[offset : offset + 30]
    last = offset + 30 >= PEOPLE
    teams = [{"id": number, "name": None} for number in range(4)]
    return {
        "state": {**state, "offset": offset + len(rows)},
        "insert": {"people": rows, **({"teams": teams} if last else {})},
        "delete": {"people": [{"id": f"left-{offset}"}] if rows else []},
        "schema": KEYS,
        "softDelete": ["teams"],
        "hasMore": not last,
    }

"""Has keys of two columns, numbers that are written as text, and a null in its state."""

from behaves.main import PEOPLE, people, serve


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, secrets):
    """Return twenty memberships after the state's number, which is a text."""
    offset = int(state.get("after") or 0)
    rows = [
        {"team": "1", "person": row["id"], "rank": None} for row in people(secrets["api_key"])[offset : offset + 20]
    ]
    return {
        "state": {"error": None, **state, "after": str(offset + len(rows))},
        "insert": {"memberships": rows + [{**row, "team": "2"} for row in rows]},
        "schema": {"memberships": {"primary_key": ["team", "person"]}},
        "hasMore": offset + len(rows) < PEOPLE,
    }

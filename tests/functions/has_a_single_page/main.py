"""Has a single person, whom every sync reads again: its source finds what changed at a time, or after it."""

from behaves.main import people, serve


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, secrets):
    """Return whoever was seen at the state's time, or after it."""
    rows = [row for row in people(secrets["api_key"])[:1] if row["seen_at"] >= state.get("since", "")]
    since = max([state.get("since", ""), *(row["seen_at"] for row in rows)])
    return {
        "state": {**state, "since": since},
        "insert": {"people": rows},
        "schema": {"people": {"primary_key": ["id"]}},
        "hasMore": False,
    }

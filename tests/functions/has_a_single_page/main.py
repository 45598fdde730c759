"""Has a single page, which every sync reads again: all changed at one time, and its source finds that one, too."""

from behaves.main import people, serve


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, secrets):
    """Return whoever was seen at the state's time, or after it."""
    rows = [row for row in people(secrets["api_key"]) if row["seen_at"] >= state.get("since", "")]
    since = max([state.get("since", ""), *(row["seen_at"] for row in rows)])
    return {
        "state": {**state, "since": since},
        "insert": {"people": rows},
        "schema": {"people": {"primary_key": ["id"]}},
        "hasMore": False,
    }

"""Reads what changed since a time, page by page until one is short; a window begins where the one before it ended.

So a sync reads the last rows of the one before it again, and its counter begins anew.
"""

from behaves.main import people, serve

NOBODY = ""


def main(request):
    """Answer a call."""
    return serve(request, page)


def page(state, secrets):
    """Return twenty people of a page of the window."""
    since, number = state.get("since") or NOBODY, state.get("page", 1)
    changed = [
        {**row, "changed_at": f"2024-08-11T10:{i:02}:00+00:00"} for i, row in enumerate(people(secrets["api_key"]))
    ]
    window = [row for row in changed if row["changed_at"] >= since]
    rows = window[20 * number - 20 : 20 * number]
    latest = max([since, state.get("latest") or NOBODY, *(row["changed_at"] for row in rows)])
    more = len(rows) == 20
    following = {"page": number + 1, "since": since or None, "latest": latest} if more else {"page": 1, "since": latest}
    return {
        "state": {**state, **following},
        "insert": {"people": rows},
        "schema": {"people": {"primary_key": ["id"]}},
        "hasMore": more,
    }

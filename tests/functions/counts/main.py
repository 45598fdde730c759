"""Counts: each page has the next `rows` numbers, until there were `pages` of them. A plain function without a runtime.

The rows of `numbers` have a key, those of `log` have none, so that a row landed twice shows.
"""


def main(request):
    """Return the page after the one in the state."""
    body = request.get_json()
    page = body["state"].get("page", 0)
    rows, pages = int(body["secrets"].get("rows", 10)), int(body["secrets"].get("pages", 3))
    numbers = [{"id": page * rows + i} for i in range(rows)] if page < pages else []
    return {
        "state": {"page": min(page + 1, pages)},
        "insert": {"numbers": numbers, "log": numbers},
        "schema": {"numbers": {"primary_key": ["id"]}},
        "hasMore": page + 1 < pages,
    }

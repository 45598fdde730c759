"""A function whose source costs nothing: each page has the next `rows` records, until there were `pages` of them."""


def main(request):  # noqa: ANN001, ANN201  # plain, without the runtime
    """Return the page after the one in the state."""
    body = request.get_json()
    if body.get("setup_test"):
        return {"state": {}, "insert": {}, "hasMore": False}
    page = body["state"].get("page", 0)
    rows, pages = int(body["secrets"]["rows"]), int(body["secrets"]["pages"])
    numbers = range(page * rows, (page + 1) * rows) if page < pages else ()
    return {
        "state": {"page": min(page + 1, pages)},
        "insert": {"records": [_record(number) for number in numbers]},
        "schema": {"records": {"primary_key": ["id"]}},
        "hasMore": page + 1 < pages,
    }


def _record(number):  # noqa: ANN001, ANN202
    return {
        "id": number,
        "name": f"record {number}",
        "campus": ("north", "south", "west")[number % 3],
        "credits": number % 120,
        "grade": number % 400 / 100,
        "active": number % 7 != 0,
        "updated_at": f"2026-01-{number % 28 + 1:02}T00:00:00Z",
    }

"""Has three pages of two users each, on the runtime; its state is the number of the next page."""

from fivetran_function import Request, Response, connector


@connector("pages", schema={"users": {"primary_key": ["id"]}, "log": {}}, public_keys=("region",))
def main(request: Request) -> Response:
    """Return the page that the state says, and delete the first user on the last."""
    page = request.state.get("page", 0)
    last = page >= 2
    return Response(
        state={**request.state, "page": page + 1},
        insert={"users": [{"id": page * 2 + i} for i in range(2)]},
        delete={"users": [{"id": 0}]} if last else {},
        has_more=not last,
    )

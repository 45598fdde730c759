"""Does everything right, on the runtime: reads people page by page from `base_url`, and deletes those who left."""

from fivetran_function import Request, Response, connector, decode_page


@connector("behaves", schema={"people": {"primary_key": ["id"]}}, public_keys=("base_url",))
def main(request: Request) -> Response:
    """Return the people after the state's number."""
    address = request.secrets.address("base_url", default="https://source.test")
    after = request.state.get("after", 0)
    answer = request.source.get(
        f"{address}/people", {"after": str(after)}, {"x-api-key": request.secrets.require("api_key")}
    )
    page = decode_page(answer)
    return Response(
        state={**request.state, "after": max(after, page["last"])},
        insert={"people": page["people"]},
        delete={"people": page["left"]},
        has_more=bool(page["more"]),
    )

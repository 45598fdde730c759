"""Asks `base_url` with its `api_key`, once for each invocation, and returns what it gets."""

from fivetran_function import Request, Response, connector, decode_page


@connector("asks", schema={"users": {"primary_key": ["id"]}}, public_keys=("base_url",))
def main(request: Request) -> Response:
    """Return the page of users."""
    url = request.secrets.address("base_url", default="https://source.test") + "/users"
    page = decode_page(request.source.get(url, headers={"x-api-key": request.secrets.require("api_key")}))
    return Response(state=request.state, insert={"users": page["users"]})

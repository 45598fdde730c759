"""A connector on the project's runtime, with no copy of it beside this file: whatever is installed is imported."""

from fivetran_function import Request, Response, connector


@connector("elsewhere", schema={"t": {}})
def main(request: Request) -> Response:
    """Return nothing new."""
    return Response(state=request.state)

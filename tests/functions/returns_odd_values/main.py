"""Returns values that JSON does not have, as a database driver hands them over."""

import datetime
from decimal import Decimal
from uuid import UUID

from fivetran_function import Request, Response, connector

ROW = {
    "id": 1,
    "at": datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    "day": datetime.date(2025, 1, 2),
    "price": Decimal("10.10"),
    "uuid": UUID(int=1),
    "nan": float("nan"),
    "infinity": float("inf"),
    "tags": {"b", "a"},
    "b_before_a": {"b": 1, "a": 2},
}
MORE = {"long": 2**70, "numbered": {1: "one"}, "half": "\ud800"}
NOT_JSON = {"object": object(), "bytes": b"private"}


@connector("odd", schema={"users": {"primary_key": ["id"]}})
def main(request: Request) -> Response:
    """Return one row of them; the state may ask for more, and for what has no JSON form."""
    row = dict(ROW)
    if request.state.get("more"):
        row |= MORE
    if not_json := request.state.get("not_json"):
        row |= {not_json: NOT_JSON[not_json]}
    if request.state.get("endless"):
        row["row"] = row
    return Response(state={}, insert={"users": [row]})

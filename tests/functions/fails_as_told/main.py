"""Fails in the way that its state says: with an error of the runtime, one of Python's, or an answer that is none."""

import fivetran_function
from fivetran_function import Request, Response, SourceStatusError, connector


@connector("fails", schema={"users": {"primary_key": ["id"]}})
def main(request: Request) -> Response:
    """Raise what is asked for, or return what no connector should."""
    match request.state["fail"]:
        case "SourceStatusError":
            raise SourceStatusError("told to fail", 503)
        case "SystemExit":
            raise SystemExit(3)
        case "KeyError":
            raise KeyError("told to fail")
        case "an error without a text":
            raise RuntimeError
        case "a chain":
            try:
                int("what happened first")
            except ValueError as error:
                raise RuntimeError("what came of it") from error
        case "None":
            return None  # type: ignore[return-value]  # what this function is for
        case "a dict":
            return {"state": {}}  # type: ignore[return-value]  # what this function is for
        case "an undeclared table":
            return Response(state={}, insert={"accounts": []})
        case name:
            raise getattr(fivetran_function, name)("told to fail")

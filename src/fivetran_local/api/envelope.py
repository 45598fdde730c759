"""The form of every answer: `{"code", "message", "data"}`, and which error becomes which status and code.

Source: fivetran.com/docs/rest-api/getting-started/api-response-codes.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from fivetran_local.errors import (
    ConflictError,
    IllegalStateError,
    InvalidInputError,
    LocalFivetranError,
    NotFoundError,
    WarehouseError,
)
from fivetran_local.http_status import status_of
from fivetran_local.json_text import compact

SUCCESS: Final = "Success"
COVERAGE: Final = "docs/coverage.md"
"""Lists what is served and what is not."""

_CODES: Final[dict[type[LocalFivetranError], str]] = {
    InvalidInputError: "InvalidInput",
    IllegalStateError: "IllegalState",
    ConflictError: "Conflict",
    WarehouseError: "ServiceUnavailable",
}
_CODE_OF_STATUS: Final = {
    400: "BadRequest",
    401: "AuthFailed",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    501: "NotImplemented",
}


class ApiError(Exception):
    """A request that is answered with an error of the API's own.

    Args:
        status: the HTTP status.
        message: what is wrong, in one line.
        code: Fivetran's code, where it is not the usual one of the status.
        headers: further ones of the answer.
    """

    def __init__(self, status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code or _CODE_OF_STATUS.get(status, "BadRequest")
        self.headers = headers


class NotServedError(ApiError):
    """Something that Fivetran's API has and this one does not.

    Args:
        reason: why, as a clause.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(501, f"Not imitated by the local Fivetran: {reason}. {COVERAGE} lists what is.")


def success(data: object = None, message: str = "", *, status: int = 200) -> Response:
    """Return a successful answer; without data where there is none to speak of."""
    body: dict[str, object] = {"code": SUCCESS}
    if message:
        body["message"] = message
    if data is not None:
        body["data"] = data
    return answer(status, body)


def failure(error: Exception) -> Response:
    """Return the answer that an error is."""
    status, code = status_and_code(error)
    headers = error.headers if isinstance(error, ApiError) else None
    return answer(status, {"code": code, "message": str(error)}, headers)


def status_and_code(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and Fivetran's code of an error."""
    match error:
        case ApiError():
            return error.status, error.code
        case NotFoundError():
            return status_of(error), f"NotFound_{error.kind}"
        case LocalFivetranError():
            code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "InternalError")
            return status_of(error), code
        case _:
            raise error


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Return a body as JSON."""
    return Response(compact(body), status, headers, "application/json")

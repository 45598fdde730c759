"""Which HTTP status an error is: one for the REST API, the pages and the control door."""

from typing import Final

from fivetran_local.errors import (
    ConflictError,
    IllegalStateError,
    InvalidInputError,
    LocalFivetranError,
    NotFoundError,
    WarehouseError,
)

_STATUS: Final[dict[type[LocalFivetranError], int]] = {
    InvalidInputError: 400,
    IllegalStateError: 400,
    NotFoundError: 404,
    ConflictError: 409,
    WarehouseError: 503,  # somebody else has it open: the same request may succeed in a moment
}


def status_of(error: LocalFivetranError) -> int:
    """Return the HTTP status of an error: 500 for whatever the one who asked can neither mend nor wait for."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)

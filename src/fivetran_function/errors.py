"""What can stop a function, sorted by what its caller should do.

FunctionError             500   a failure with a text for Fivetran's dashboard
├── ConfigurationError    400   the connection's settings: change them, trying again does not help
│   └── CredentialsError  400   the source does not accept the key
├── SourceError           500   the source failed, also after retries: the next sync tries again
│   ├── SourceStatusError 500   it answered with a status that means failure
│   └── OutOfTimeError    500   going on would outlast the function's timeout
└── PageError             500   the source answered, but not with a page that can be used

Texts name types, keys and sizes, never values: rows are people's records and settings are secrets.
"""

from http import HTTPStatus
from typing import ClassVar


class FunctionError(Exception):
    """A failure that is told to Fivetran by its own text. Raise it, or a leaf, from a connector."""

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR


class ConfigurationError(FunctionError):
    """A setting of the connection is missing or wrong."""

    status = HTTPStatus.BAD_REQUEST


class CredentialsError(ConfigurationError):
    """The source refused the credentials."""


class SourceError(FunctionError):
    """The source could not be reached, or went on failing."""


class SourceStatusError(SourceError):
    """The source answered with a status of 400 or above (or redirected, which is not followed)."""

    def __init__(self, message: str, source_status: int) -> None:
        super().__init__(message)
        self.source_status = source_status


class OutOfTimeError(SourceError):
    """Waiting or trying again would outlast the function's timeout; state has not moved."""


class PageError(FunctionError):
    """The source's answer is not a page that can be used."""

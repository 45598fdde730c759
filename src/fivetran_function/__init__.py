"""The small runtime that travels with every connector: what each of them would otherwise repeat.

A connector is one function from a `Request` to a `Response`, made an entry point by `@connector`. Reading the request,
setup tests, error reports, retries within the function's time, looking up secrets and keeping them out of logs happen
here, once.
"""

from fivetran_function.connector import Answer, Request, connector
from fivetran_function.errors import (
    ConfigurationError,
    CredentialsError,
    FunctionError,
    OutOfTimeError,
    PageError,
    SourceError,
    SourceStatusError,
)
from fivetran_function.source import decode_page, outline
from fivetran_protocol import FunctionResponse as Response

__all__ = [
    "Answer",
    "ConfigurationError",
    "CredentialsError",
    "FunctionError",
    "OutOfTimeError",
    "PageError",
    "Request",
    "Response",
    "SourceError",
    "SourceStatusError",
    "connector",
    "decode_page",
    "outline",
]

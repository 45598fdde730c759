"""The words Fivetran and a function exchange.

Standard library only, no I/O and no policy: the side that writes responses (`fivetran_function`) and the side that
reads them (`fivetran_local`) are written apart, against these same nouns.
"""

from fivetran_protocol.findings import Finding, Severity
from fivetran_protocol.json_types import Json, Row, State, kind_of
from fivetran_protocol.reading import Reading, key_findings, read_response
from fivetran_protocol.redaction import MASK, Redactor, secret_values
from fivetran_protocol.request import FunctionRequest, MalformedRequestError, agent_of
from fivetran_protocol.response import ErrorReport, FunctionResponse, Table

__all__ = [
    "MASK",
    "ErrorReport",
    "Finding",
    "FunctionRequest",
    "FunctionResponse",
    "Json",
    "MalformedRequestError",
    "Reading",
    "Redactor",
    "Row",
    "Severity",
    "State",
    "Table",
    "agent_of",
    "key_findings",
    "kind_of",
    "read_response",
    "secret_values",
]

"""The response a function gives: rows by table, the next state, and whether there is more.

Source: fivetran.com/docs/functions/google-cloud-functions, its FAQ pages on upserts, state and hasMore, and the
samples in github.com/fivetran/functions. What those leave open is decided in docs/protocol-choices.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from fivetran_protocol.json_types import Json, Row, State

ROOT_FIELDS: Final = ("state", "insert", "delete", "schema", "hasMore", "softDelete")
"""The root fields of a successful response that Fivetran reads."""

ERROR_FIELDS: Final = ("errorMessage", "errorType", "stackTrace")
"""The root fields of an error report; only the first is always there."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a function declares of a table. Column types are never declared: Fivetran infers them."""

    primary_key: tuple[str, ...] = ()
    """Columns that identify a row; without any, every row is appended."""


@dataclass(frozen=True, slots=True)
class FunctionResponse:
    """One page, as a function answers it."""

    state: State
    insert: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows to upsert (or to append, where there is no key), by table. A row replaces the whole of its predecessor."""
    delete: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows to delete, by table; the key's columns are enough."""
    schema: Mapping[str, Table] = field(default_factory=dict)
    has_more: bool = False
    """True: call again at once with this state. False: this sync is complete."""
    soft_delete: bool | tuple[str, ...] = ()
    """True: the deletes of this response only mark their rows. Tables: they are sent whole in every sync, and rows
    that a complete sync did not send are marked as deleted."""

    @property
    def is_empty(self) -> bool:
        """Whether there is no row to upsert and none to delete."""
        return not any(self.insert.values()) and not any(self.delete.values())

    @property
    def row_count(self) -> int:
        """How many rows there are to upsert and to delete."""
        return sum(map(len, self.insert.values())) + sum(map(len, self.delete.values()))

    def primary_key(self, table: str) -> tuple[str, ...]:
        """Return a table's primary key; without columns where the response declares none."""
        declared = self.schema.get(table)
        return declared.primary_key if declared else ()

    def to_wire(self) -> dict[str, Json]:
        """Write the response as Fivetran reads it, rows as they are (no copy)."""
        body: dict[str, object] = {
            "state": self.state,
            "insert": self.insert,
            "delete": self.delete,
            "schema": {
                name: {"primary_key": list(table.primary_key)} if table.primary_key else {}
                for name, table in self.schema.items()
            },
            "hasMore": self.has_more,
        }
        if self.soft_delete:
            body["softDelete"] = list(self.soft_delete) if isinstance(self.soft_delete, tuple) else True
        return body  # type: ignore[return-value]  # plain JSON by construction; rows are not walked to prove it


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """How a function says that it failed, so that the reason reaches Fivetran's dashboard."""

    message: str
    type: str = ""
    stack_trace: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, body: object) -> Self | None:
        """Read an error report; None when the decoded body is none. `stackTrace` may be a list or one text."""
        if not isinstance(body, Mapping) or not isinstance(body.get("errorMessage"), str):
            return None
        trace = body.get("stackTrace")
        lines = (trace,) if isinstance(trace, str) else tuple(map(str, trace)) if isinstance(trace, list) else ()
        return cls(body["errorMessage"], str(body.get("errorType") or ""), lines)

    def to_wire(self) -> dict[str, Json]:
        """Write the three fields that public functions use."""
        return {"errorMessage": self.message, "errorType": self.type, "stackTrace": list(self.stack_trace)}

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.type else self.message

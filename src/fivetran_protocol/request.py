"""The request Fivetran sends to a function, once for every page.

Source: fivetran.com/docs/functions/google-cloud-functions (agent, state, secrets) and the Functions changelog
(sync_id, February 2023). `setup_test` and `customPayload` are known from public functions that read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from fivetran_protocol.json_types import Json, State, kind_of


class MalformedRequestError(ValueError):
    """The body of a request is not one that Fivetran, or anything that plays it, would send."""


def agent_of(external_id: str, connection: str) -> str:
    """Return what Fivetran calls itself: with the connection's two words, and its name."""
    return f"Fivetran Google Cloud Functions Connector/{external_id}/{connection}"


@dataclass(frozen=True, slots=True)
class FunctionRequest:
    """One call of a function: where to go on from, and with what credentials."""

    agent: str = ""
    state: State = field(default_factory=dict)
    """The state of the last successful call; empty on the first."""
    secrets: Mapping[str, Json] = field(default_factory=dict, repr=False)
    """A flat object of strings; connections made before August 2023 (a JSON text in the form) may nest."""
    sync_id: str | None = None
    """A UUID shared by the calls of one sync. Older connections and setup tests send none."""
    setup_test: bool = False
    """True when somebody pressed "Save & Test": prove the credentials, return no rows, move no state."""
    custom_payload: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @classmethod
    def from_wire(cls, body: object) -> Self:
        """Read a decoded request body. Absent keys get their defaults, unknown ones are ignored.

        Raises:
            MalformedRequestError: the body is not an object, or one of its fields has the wrong type.
        """
        if not isinstance(body, Mapping):
            message = f"the request body is {kind_of(body)}, expected a JSON object with 'state' and 'secrets'"
            raise MalformedRequestError(message)
        return cls(
            agent=_text(body, "agent") or "",
            state=_object(body, "state"),
            secrets=_object(body, "secrets"),
            sync_id=_text(body, "sync_id"),
            setup_test=_flag(body, "setup_test"),
            custom_payload=_object(body, "customPayload"),
        )

    def to_wire(self) -> dict[str, Json]:
        """Write the body as Fivetran does: no `sync_id` where there is none, `customPayload` only when set."""
        body: dict[str, Json] = {"agent": self.agent, "state": dict(self.state), "secrets": dict(self.secrets)}
        if self.custom_payload:
            body["customPayload"] = dict(self.custom_payload)
        if self.sync_id is not None:
            body["sync_id"] = self.sync_id
        body["setup_test"] = self.setup_test
        return body


def _object(body: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        message = f"'{name}' in the request is {kind_of(value)}, expected an object"
        raise MalformedRequestError(message)
    return value


def _text(body: Mapping[str, Json], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        message = f"'{name}' in the request is {kind_of(value)}, expected text"
        raise MalformedRequestError(message)
    return value


def _flag(body: Mapping[str, Json], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        message = f"'{name}' in the request is {kind_of(value)}, expected true or false"
        raise MalformedRequestError(message)
    return bool(value)

"""The calls of Fivetran's REST API that the command makes, each with its types.

with FivetranApi(address, credentials) as api:
    for connection in api.connections():
        print(connection.schema_name, connection.status.sync_state)
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api.errors import FivetranApiError
from fivetran_tools.fivetran_api.models import Column, Connection, Group, LocalFunction, SchemaConfig
from fivetran_tools.fivetran_api.session import Session

TESTS_SECONDS: Final = 660.0
"""Setup tests call the function, which may take as long as Google lets it."""
PAGE_ITEMS: Final = 500

_Answer = TypeVar("_Answer", bound=BaseModel)


class FivetranApi(Session):
    """Fivetran's REST API. Every call raises FivetranApiError or UnreachableError, each a line for a person."""

    def groups(self) -> Iterator[Group]:
        """Yield every group, asking for one page after the other as they are needed."""
        return (_typed(Group, item, "a group") for item in self._items("/v1/groups"))

    def connections(self, *, group: str | None = None, schema: str | None = None) -> Iterator[Connection]:
        """Yield every connection, of one group or of one name where they are given."""
        path = f"/v1/groups/{_part(group)}/connections" if group else "/v1/connections"
        asked = {"schema": schema} if schema is not None else {}
        for item in self._items(path, **asked):
            found = _connection(item)
            if schema is None or found.schema_name == schema:
                yield found

    def connection(self, identity: str) -> Connection:
        """Return a connection by its id."""
        return _connection(self._data("GET", _path(identity)))

    def create_connection(self, *, group: str, service: str, config: Mapping[str, object]) -> Connection:
        """Make a connection, paused and not tested yet."""
        body = {"group_id": group, "service": service, "paused": True, "run_setup_tests": False, "config": config}
        return _connection(self._data("POST", "/v1/connections", body=body, seconds=TESTS_SECONDS))

    def set_paused(self, identity: str, *, paused: bool) -> Connection:
        """Pause a connection, or let it sync."""
        return _connection(self._data("PATCH", _path(identity), body={"paused": paused}))

    def delete_connection(self, identity: str) -> str:
        """Delete a connection; return what Fivetran says of it."""
        return _message(self.ask("DELETE", _path(identity)))

    def test_connection(self, identity: str) -> Connection:
        """Run the setup tests; return the connection with their results."""
        return _connection(self._data("POST", _path(identity, "test"), body={}, seconds=TESTS_SECONDS))

    def sync(self, identity: str, *, force: bool = False) -> str:
        """Start a sync; where one runs, do nothing, or with `force` end it and start anew."""
        return _message(self.ask("POST", _path(identity, "sync"), body={"force": force}))

    def resync(self, identity: str) -> str:
        """Start a sync from an empty state."""
        return _message(self.ask("POST", _path(identity, "resync"), body={}))

    def state(self, identity: str) -> dict[str, Any]:
        """Return the state that the next sync goes on from."""
        return _state(self._data("GET", _path(identity, "state")))

    def set_state(self, identity: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the state; return it as it is now."""
        return _state(self._data("PATCH", _path(identity, "state"), body={"state": state}))

    def schemas(self, identity: str) -> SchemaConfig:
        """Return what of the source is synced."""
        return _schemas(self._data("GET", _path(identity, "schemas")))

    def columns(self, identity: str, schema: str, table: str) -> Mapping[str, Column]:
        """Return every column of a table."""
        data = self._data("GET", _path(identity, "schemas", schema, "tables", table, "columns"))
        columns = data.get("columns") or {}
        try:
            return TypeAdapter(dict[str, Column]).validate_python(columns)
        except ValidationError as error:
            raise _no("the columns of a table", error) from None

    def set_enabled(self, identity: str, place: tuple[str, ...], *, enabled: bool) -> SchemaConfig:
        """Enable or disable a schema, a table or a column: `place` has one, two or three names."""
        parts = ["schemas", place[0]]
        for kind, name in zip(("tables", "columns"), place[1:], strict=False):
            parts += [kind, name]
        return _schemas(self._data("PATCH", _path(identity, *parts), body={"enabled": enabled}))

    def reload_schemas(self, identity: str) -> SchemaConfig:
        """Have Fivetran ask the source anew what there is to sync."""
        body = {"exclude_mode": "PRESERVE"}
        return _schemas(self._data("POST", _path(identity, "schemas", "reload"), body=body, seconds=TESTS_SECONDS))

    def connect_card(self, identity: str, redirect_uri: str) -> str:
        """Return the address of a page on which somebody without an account completes the connection."""
        body = {"connect_card_config": {"redirect_uri": redirect_uri, "hide_setup_guide": False}}
        data = self._data("POST", _path(identity, "connect-card"), body=body)
        card = data.get("connect_card")
        uri = card.get("uri") if isinstance(card, dict) else None
        if not isinstance(uri, str) or not uri:
            raise FivetranApiError("Fivetran answered with a connect card that has no address")
        return uri

    def local_functions(self) -> list[LocalFunction]:
        """Return the functions of deploy.yaml that the local Fivetran runs; the real one knows no such thing."""
        answer = self.ask("GET", "/functions")
        try:
            return TypeAdapter(list[LocalFunction]).validate_python(answer.get("functions"))
        except ValidationError as error:
            raise _no("a list of functions", error) from None

    def _data(self, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # those of `ask`
        data = self.ask(method, path, **more).get("data")
        if not isinstance(data, dict):
            message = f"{self.address.host} answered without data ({method} {path})"
            raise FivetranApiError(message)
        return data

    def _items(self, path: str, **parameters: str | int) -> Iterator[object]:
        """Yield the items of every page; a cursor that comes twice is an error, and not a loop without end."""
        seen: set[str] = set()
        asked: dict[str, str | int] = {"limit": PAGE_ITEMS, **parameters}
        while True:
            data = self._data("GET", path, parameters=asked)
            items = data.get("items")
            if not isinstance(items, list):
                message = f"{self.address.host} answered with a page that has no items (GET {path})"
                raise FivetranApiError(message)
            yield from items
            cursor = data.get("next_cursor")
            if not cursor:
                return
            if not isinstance(cursor, str) or cursor in seen:
                message = f"{self.address.host} answers the same page again and again (GET {path})"
                raise FivetranApiError(message)
            seen.add(cursor)
            asked["cursor"] = cursor


def _path(identity: str, *parts: str) -> str:
    return "/".join(("/v1/connections", *map(_part, (identity, *parts))))


def _part(name: str) -> str:
    """Quote one part of a path."""
    if not name.strip("."):  # it would lead to another path
        message = f"{name!r} is no name that Fivetran can be asked for"
        raise UsageError(message)
    return quote(name, safe="")


def _message(answer: Mapping[str, object]) -> str:
    return str(answer.get("message") or "")


def _connection(data: object) -> Connection:
    return _typed(Connection, {**data, "data": data} if isinstance(data, dict) else data, "a connection")


def _schemas(data: Mapping[str, Any]) -> SchemaConfig:
    return _typed(SchemaConfig, {**data, "data": data}, "a schema config")


def _state(data: Mapping[str, Any]) -> dict[str, Any]:
    state = data.get("state")
    if not isinstance(state, dict):
        raise FivetranApiError("Fivetran answered with a state that is no JSON object")
    return state


def _typed(model: type[_Answer], data: object, what: str) -> _Answer:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _no(what, error) from None


def _no(what: str, error: ValidationError) -> FivetranApiError:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or "it"
    return FivetranApiError(f"Fivetran answered with what is not {what}: {where}: {first['msg']}")

"""Snowflake: through the active session inside it, and through its connector from anywhere else."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from warehouse.errors import WarehouseError
from warehouse.information_schema import columns_of
from warehouse.kept import Kept, Lease
from warehouse.protocol import Column, Session, Statement, TableName
from warehouse.query import Row
from warehouse.remote import OPENING_SECONDS, QUERY_SECONDS, Versions, told, version_of
from warehouse.snowpark import ActiveSession
from warehouse.values import row_of

TOKEN: Final = Path("/snowflake/session/token")
"""Where a container of Snowflake's finds what it logs in with."""

_versions: Final = Versions()


@dataclass(frozen=True, slots=True)
class Snowflake:
    """One account, seen with one role. `watched` is the table whose news make a new version.

    `login` is what the connector takes (account, user, private_key_file, role, warehouse, …); without it, the app runs
    inside Snowflake and is logged in already.
    """

    watched: TableName
    login: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    place: str = "Snowflake"

    @property
    def dialect(self) -> str:
        """The name that sqlglot has for its SQL."""
        return "snowflake"

    def version(self) -> str:
        """Return when the newest row was synced and how many there are, as of at most a minute ago."""

        def ask() -> str:
            with self.connect() as session:
                return version_of(session, self.dialect, self.watched, self.place)

        return _versions.of(self.place, self.watched, ask)

    @contextmanager
    def connect(self) -> Iterator[Session]:
        """Take a kept connection, or open one.

        Raises:
            WarehouseError: Snowflake cannot be reached, or does not let the app in.
        """
        if not self.login and not TOKEN.exists():
            yield ActiveSession(self.place)
            return
        with _kept(self).lent() as lease:
            yield _Connected(lease, self)


class _Connected:
    """A session over the connector, whose cursors are read with `qmark` parameters."""

    def __init__(self, lease: Lease[Any], warehouse: Snowflake) -> None:
        self._lease = lease
        self._place = warehouse.place
        self._secrets = secrets_of(warehouse.login)

    def columns(self, table: TableName) -> tuple[Column, ...]:
        return columns_of(self, table)

    def rows(self, statement: Statement) -> list[Row]:
        with self._run(statement) as (cursor, names):
            return [row_of(names, row) for row in cursor.fetchall()]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        with self._run(statement) as (cursor, names):
            while batch := cursor.fetchmany(size):
                yield [row_of(names, row) for row in batch]

    def execute(self, statement: Statement) -> None:
        with self._run(statement):
            pass

    @contextmanager
    def _run(self, statement: Statement) -> Iterator[tuple[Any, list[str]]]:
        from snowflake.connector.errors import Error

        try:
            with self._lease.connection.cursor() as cursor:
                # The connector cancels a statement at Snowflake when its time is over.
                cursor.execute(statement.text, list(statement.parameters), timeout=QUERY_SECONDS)
                yield cursor, [column[0].lower() for column in cursor.description or ()]
        except Error as error:
            self._lease.spoiled = True
            raise told(self._place, error, self._secrets) from None


def secrets_of(login: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of a login must not be seen in an error."""
    return tuple(str(value) for name, value in login.items() if any(word in name for word in ("pass", "token", "key")))


_all_kept: Final[dict[Snowflake, Kept[Any]]] = {}


def _kept(warehouse: Snowflake) -> Kept[Any]:
    return _all_kept.setdefault(warehouse, Kept(lambda: _opened(warehouse), _closed, _alive))


def _opened(warehouse: Snowflake) -> Any:  # noqa: ANN401  # the connector has no types
    try:
        from snowflake import connector
    except ModuleNotFoundError:
        message = "Snowflake needs the package snowflake-connector-python: pip install snowflake-connector-python"
        raise WarehouseError(message) from None
    login = dict(warehouse.login) or _login_of_container()
    settings: dict[str, Any] = {
        "login_timeout": OPENING_SECONDS,
        "application": "StudentSuccess",
        **login,
        "paramstyle": "qmark",
        "session_parameters": {
            **login.get("session_parameters", {}), "TIMEZONE": "UTC", "QUERY_TAG": "StudentSuccess",
        },
    }  # fmt: skip
    try:
        return connector.connect(**settings)
    except connector.errors.Error as error:
        raise told(warehouse.place, error, secrets_of(login)) from None


def _login_of_container() -> dict[str, Any]:
    named = {name: os.environ.get(f"SNOWFLAKE_{name.upper()}") for name in ("account", "host", "database", "schema")}
    login = {name: value for name, value in named.items() if value}
    return {**login, "authenticator": "oauth", "token": TOKEN.read_text(encoding="utf-8").strip()}


def _closed(connection: Any) -> None:  # noqa: ANN401
    with suppress(Exception):
        connection.close()


def _alive(connection: Any) -> bool:  # noqa: ANN401
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1", timeout=10)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, it is no longer used
        return False
    return True

"""Databricks SQL: a SQL warehouse, as an app's service principal or with a token."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from warehouse.errors import BusyWarehouseError, WarehouseError
from warehouse.kept import Kept, Lease
from warehouse.protocol import Column, Kind, Session, Statement, TableName
from warehouse.query import Row
from warehouse.remote import QUERY_SECONDS, Versions, named, told, version_of
from warehouse.values import row_of

_MISSING: Final = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "NO_SUCH_CATALOG_EXCEPTION")
_KINDS: Final[dict[str, Kind]] = {
    "string": "text", "bigint": "integer", "int": "integer", "smallint": "integer", "tinyint": "integer",
    "double": "number", "float": "number", "boolean": "boolean", "date": "date",
    "timestamp": "time", "timestamp_ntz": "time",
}  # fmt: skip

_versions: Final = Versions()


@dataclass(frozen=True, slots=True)
class Databricks:
    """One SQL warehouse of one workspace. `watched` is the table whose news make a new version.

    Without a `token`, `client_id` and `client_secret` are the service principal that logs in, as Databricks Apps
    gives one to each app. `more` is handed on to the client.
    """

    watched: TableName
    host: str
    http_path: str
    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    more: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def dialect(self) -> str:
        """The name that sqlglot has for its SQL."""
        return "databricks"

    @property
    def place(self) -> str:
        """The workspace and the warehouse's number."""
        return f"Databricks {self.host}, warehouse {self.http_path.rsplit('/', 1)[-1]}"

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
            WarehouseError: the workspace cannot be reached, or does not let the app in.
        """
        with _kept(self).lent() as lease:
            yield _Connected(lease, self)


class _Connected:
    def __init__(self, lease: Lease[Any], warehouse: Databricks) -> None:
        self._lease = lease
        self._warehouse = warehouse

    def columns(self, table: TableName) -> tuple[Column, ...]:
        # Not the information schema, which the older catalog beside Unity Catalog does not have.
        name = ".".join(f"`{part.replace('`', '``')}`" for part in (table.catalog, table.schema, table.name) if part)
        try:
            found = self.rows(Statement(f"DESCRIBE TABLE {name}", {}))
        except WarehouseError as error:
            if any(word in str(error) for word in _MISSING):
                return ()
            raise
        columns = []
        for row in found:
            if not row["col_name"] or row["col_name"].startswith("#"):  # what follows are partitions
                break
            columns.append(Column(row["col_name"], _kind(row["data_type"])))
        return tuple(columns)

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
        from databricks.sql.exc import Error

        try:
            with self._lease.connection.cursor() as cursor:
                late = threading.Event()
                timer = threading.Timer(QUERY_SECONDS, _cancel, [cursor, late])
                timer.daemon = True
                timer.start()
                try:
                    cursor.execute(statement.text, parameters=named(statement) or None)
                except Error:
                    if late.is_set():
                        message = f"{self._warehouse.place}: canceled after {QUERY_SECONDS} s: is the warehouse busy?"
                        raise BusyWarehouseError(message) from None
                    raise
                finally:
                    timer.cancel()
                yield cursor, [column[0].lower() for column in cursor.description or ()]
        except Error as error:
            self._lease.spoiled = True
            raise told(self._warehouse.place, error, _secrets(self._warehouse)) from None


def _kind(type_: str) -> Kind:
    type_ = type_.lower()
    if type_.startswith("decimal"):
        return "integer" if type_.endswith(",0)") else "number"
    return _KINDS.get(type_, "other")


def _cancel(cursor: Any, late: threading.Event) -> None:  # noqa: ANN401  # the client has no types
    late.set()
    with suppress(Exception):
        cursor.cancel()


def _secrets(warehouse: Databricks) -> tuple[str, ...]:
    return tuple(filter(None, (warehouse.client_secret, warehouse.token)))


_all_kept: Final[dict[Databricks, Kept[Any]]] = {}


def _kept(warehouse: Databricks) -> Kept[Any]:
    return _all_kept.setdefault(warehouse, Kept(lambda: _opened(warehouse), _closed, _alive))


def _opened(warehouse: Databricks) -> Any:  # noqa: ANN401
    try:
        from databricks import sql
        from databricks.sql.exc import Error
    except ModuleNotFoundError:
        message = "Databricks needs the packages databricks-sql-connector and databricks-sdk: pip install both"
        raise WarehouseError(message) from None
    try:
        return sql.connect(
            **{
                "session_configuration": {"TIMEZONE": "UTC", "STATEMENT_TIMEOUT": str(QUERY_SECONDS)},
                "user_agent_entry": "StudentSuccess",
                "enable_telemetry": False,
                "_socket_timeout": QUERY_SECONDS,
                "_retry_stop_after_attempts_duration": QUERY_SECONDS,
                **_login(warehouse),
                **warehouse.more,
            },
            server_hostname=warehouse.host,
            http_path=warehouse.http_path,
        )
    except (Error, ValueError, OSError) as error:  # the SDK's own errors are a ValueError or an OSError
        raise told(warehouse.place, error, _secrets(warehouse)) from None


def _login(warehouse: Databricks) -> dict[str, Any]:
    if warehouse.token:
        return {"access_token": warehouse.token}
    from databricks.sdk.core import Config, oauth_service_principal

    def credentials() -> Any:  # noqa: ANN401
        return oauth_service_principal(
            Config(
                host=f"https://{warehouse.host}",
                client_id=warehouse.client_id,
                client_secret=warehouse.client_secret,
            )
        )

    return {"credentials_provider": credentials}


def _closed(connection: Any) -> None:  # noqa: ANN401
    with suppress(Exception):
        connection.close()


def _alive(connection: Any) -> bool:  # noqa: ANN401
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception:  # noqa: BLE001  # whatever is wrong with it, it is no longer used
        return False
    return True

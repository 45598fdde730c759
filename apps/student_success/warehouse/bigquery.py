"""BigQuery: a project's dataset, as the service account that the environment or the secrets name."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from warehouse.errors import BusyWarehouseError, WarehouseError
from warehouse.protocol import Column, Kind, Session, Statement, TableName
from warehouse.query import Row, Value
from warehouse.remote import QUERY_SECONDS, Versions, named, told, version_of
from warehouse.values import plain

MOST_BYTES: Final = 10 * 1024**3
"""What one query may be billed for unless the settings say otherwise: 10 GiB."""

REQUEST_SECONDS: Final = 30
"""How long one request of the API may take, its retries included."""

_KINDS: Final[dict[str, Kind]] = {
    "STRING": "text", "INTEGER": "integer", "INT64": "integer", "FLOAT": "number", "FLOAT64": "number",
    "NUMERIC": "number", "BIGNUMERIC": "number", "BOOLEAN": "boolean", "BOOL": "boolean", "DATE": "date",
    "DATETIME": "time", "TIMESTAMP": "time",
}  # fmt: skip

_versions: Final = Versions()


@dataclass(frozen=True, slots=True)
class BigQuery:
    """One project that pays for queries. `watched` is the table whose news make a new version.

    `account` is a service account's key as Google writes it to a file; without it, the environment's default
    credentials are used. `endpoint` is where the API answers, if not at Google's.
    """

    watched: TableName
    project: str
    location: str | None = None
    most_bytes: int = MOST_BYTES
    account: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    endpoint: str | None = None

    @property
    def dialect(self) -> str:
        """The name that sqlglot has for its SQL."""
        return "bigquery"

    @property
    def place(self) -> str:
        """The project."""
        return f"BigQuery project {self.project}"

    def version(self) -> str:
        """Return when the newest row was synced and how many there are, as of at most a minute ago."""

        def ask() -> str:
            with self.connect() as session:
                return version_of(session, self.dialect, self.watched, self.place)

        return _versions.of(self.place, self.watched, ask)

    @contextmanager
    def connect(self) -> Iterator[Session]:
        """Take the client, which keeps its own connections.

        Raises:
            WarehouseError: there are no credentials, or they are not what Google takes.
        """
        client = _clients.get(self)
        if client is None:
            client = _clients.setdefault(self, _opened(self))
        yield _Connected(client, self)


class _Connected:
    def __init__(self, client: Any, warehouse: BigQuery) -> None:  # noqa: ANN401  # the client has no types
        self._client = client
        self._warehouse = warehouse

    def columns(self, table: TableName) -> tuple[Column, ...]:
        from google.api_core.exceptions import NotFound
        from google.cloud.bigquery.retry import DEFAULT_RETRY

        name = f"{table.catalog or self._warehouse.project}.{table.schema}.{table.name}"
        with self._guarded():
            try:
                retry = DEFAULT_RETRY.with_timeout(REQUEST_SECONDS)
                found = self._client.get_table(name, retry=retry, timeout=REQUEST_SECONDS)
            except NotFound:
                return ()
        return tuple(Column(item.name, _KINDS.get(item.field_type, "other")) for item in found.schema)

    def rows(self, statement: Statement) -> list[Row]:
        with self._guarded():
            return [_row(row) for row in self._run(statement)]

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        with self._guarded():
            for page in self._run(statement, page_size=size).pages:
                if batch := [_row(row) for row in page]:
                    yield batch

    def execute(self, statement: Statement) -> None:
        self.rows(statement)

    def _run(self, statement: Statement, page_size: int | None = None) -> Any:  # noqa: ANN401
        from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter
        from google.cloud.bigquery.retry import DEFAULT_RETRY

        settings = QueryJobConfig(
            query_parameters=[
                ScalarQueryParameter(name, _type(value), value) for name, value in named(statement).items()
            ],
            maximum_bytes_billed=self._warehouse.most_bytes,
            job_timeout_ms=QUERY_SECONDS * 1000,
            labels={"app": "student-success"},
        )
        retry = DEFAULT_RETRY.with_timeout(QUERY_SECONDS)
        job = self._client.query(
            statement.text, job_config=settings, retry=retry, job_retry=None, timeout=REQUEST_SECONDS
        )
        try:
            return job.result(page_size=page_size, retry=retry, job_retry=None, timeout=QUERY_SECONDS)
        except TimeoutError:
            job.cancel(timeout=10)
            message = f"{self._warehouse.place}: canceled after {QUERY_SECONDS} s: try again, or narrow the question"
            raise BusyWarehouseError(message) from None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            yield
        except (GoogleAPIError, GoogleAuthError, RequestException) as error:
            raise told(self._warehouse.place, error, _secrets(self._warehouse)) from None


def _row(row: Any) -> Row:  # noqa: ANN401
    return {name.lower(): plain(value) for name, value in row.items()}


def _type(value: Value) -> str:
    match value:
        case bool():
            return "BOOL"
        case int():
            return "INT64"
        case float():
            return "FLOAT64"
        case datetime():
            return "TIMESTAMP" if value.tzinfo else "DATETIME"
        case date():
            return "DATE"
    return "STRING"


def _secrets(warehouse: BigQuery) -> tuple[str, ...]:
    key = warehouse.account.get("private_key")
    return (str(key), json.dumps(key)) if key else ()


_clients: Final[dict[BigQuery, Any]] = {}


def _opened(warehouse: BigQuery) -> Any:  # noqa: ANN401
    try:
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.bigquery import Client
        from google.oauth2 import service_account
    except ModuleNotFoundError:
        raise WarehouseError("BigQuery needs the package google-cloud-bigquery: pip install it") from None
    try:
        credentials: Any = None
        if warehouse.endpoint:  # a stand-in, which gets no credential of Google's
            credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        elif warehouse.account:
            scopes = ["https://www.googleapis.com/auth/bigquery"]
            account = dict(warehouse.account)
            make = service_account.Credentials.from_service_account_info
            credentials = make(account, scopes=scopes)  # type: ignore[no-untyped-call]
        return Client(
            project=warehouse.project,
            credentials=credentials,
            location=warehouse.location,
            client_options=ClientOptions(api_endpoint=warehouse.endpoint) if warehouse.endpoint else None,
        )
    except (GoogleAuthError, ValueError) as error:
        raise told(warehouse.place, error, _secrets(warehouse)) from None

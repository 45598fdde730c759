"""A connection over the REST API and its rows in the warehouse, and a function of a school that it may call."""

import itertools
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import orjson
import urllib3

from tests.fivetran_local.warehouse_reading import query
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import Running

_numbers = itertools.count()

TABLES = {
    "students": [{"id": i, "fullName": f"name {i}", "email": f"{i}@example.org", "grade": i / 2} for i in range(3)],
    "courseVisits": [{"studentId": i, "day": "2026-01-01"} for i in range(3)],
    "audit": [{"text": f"line {i}"} for i in range(2)],
}
KEYS = {"students": ["id"], "courseVisits": ["studentId"]}


@dataclass
class ConnectionOverHttp:
    """A connection, by its id and the name of its schema."""

    api: Running
    schema: str = ""
    identity: str = ""
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def create(self, url: str, secrets: Sequence[dict[str, str]] = ()) -> None:
        """Make it, for the function at an address; it is not tested and not paused, and syncs when it is told to."""
        group = self.request("GET", "/v1/groups")[1]["data"]["items"][0]["id"]
        status, made = self.request(
            "POST",
            "/v1/connections",
            {
                "group_id": group,
                "service": "google_cloud_function",
                "paused": False,
                "schedule_type": "manual",
                "run_setup_tests": False,
                "config": {"schema": self.schema, "function_trigger": url, "secrets_list": list(secrets)},
            },
        )
        assert status == 201, made
        self.identity = made["data"]["id"]

    def call(self, method: str, path: str = "", body: object = None) -> tuple[int, dict[str, Any]]:
        """Call the API below this connection; return status and body."""
        return self.request(method, f"/v1/connections/{self.identity}{path}", body)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        token = b64encode(f"{self.api.api_key}:{self.api.api_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = self.http.request(
            method, self.api.url + path, headers=headers, body=None if body is None else orjson.dumps(body)
        )
        return answer.status, answer.json()

    def data(self, method: str, path: str = "", body: object = None) -> Any:
        """Call it, and return what a successful answer has."""
        status, answer = self.call(method, path, body)
        assert status == 200, answer
        return answer.get("data")

    def edit(self, **tables: Any) -> Any:
        """Change tables; return them as they are then."""
        changed = self.data("PATCH", "/schemas", {"schemas": {self.schema: {"tables": tables}}})
        return changed["schemas"][self.schema]["tables"]

    def sync(self) -> None:
        """Sync, and wait for a success."""
        before = self.data("GET")["succeeded_at"]
        self.data("POST", "/sync")
        self.wait(lambda now: now["succeeded_at"] != before)

    def wait(self, condition: Any) -> None:
        """Wait until no sync runs and the connection is as wanted."""
        deadline = time.monotonic() + 30
        while (now := self.data("GET"))["status"]["sync_state"] == "syncing" or not condition(now):
            assert time.monotonic() < deadline, now
            assert now["failed_at"] is None, now["status"]
            time.sleep(0.01)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Query the warehouse; `{}` is the connection's schema."""
        return query(self.api.warehouse, sql.format(self.schema), *parameters)

    def columns(self, table: str) -> set[str]:
        found = self.rows(
            f"SELECT column_name FROM duckdb_columns() WHERE schema_name = '{{}}' AND table_name = '{table}'"
        )
        return {name for (name,) in found if not name.startswith("_fivetran")}


@dataclass
class School(ConnectionOverHttp):
    """A connection of a function whose every sync sends all rows of all tables, in one page."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: deepcopy(TABLES))
    """By name; a test may change them at any time."""
    states: list[dict[str, Any]] = field(default_factory=list)
    """What each sync was called with."""
    instead: list[tuple[int, Any]] = field(default_factory=list)
    """Statuses and bodies that are answered before anything else."""
    held: threading.Event | None = None
    """Syncs wait for it, where there is one."""

    def answer(self, request: dict[str, Any]) -> tuple[int, Any]:
        self.states.append(request["state"])
        if self.held:
            assert self.held.wait(30)
        if self.instead:
            return self.instead.pop(0)
        schema = {name: {"primary_key": KEYS.get(name, [])} for name in self.tables}
        syncs = request["state"].get("syncs", 0) + 1
        return 200, {"state": {"syncs": syncs}, "insert": self.tables, "schema": schema, "hasMore": False}


@contextmanager
def school(api: Running) -> Iterator[School]:
    """Make a connection of a school, not yet synced."""
    one = School(api, f"school_{next(_numbers)}")
    with function_over_http() as function:
        function.answer = one.answer
        one.create(function.url)
        yield one

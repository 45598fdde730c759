"""The real hed function as a connection of a real `./fivetran serve`, with HED's simulator as its source."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tests.support.local_fivetran import Served, served
from tests.support.simulated_hed import SimulatedHed

ROWS = 60
PATIENCE_SECONDS = 30


@contextmanager
def fivetran_with_control(folder: Path) -> Iterator[Served]:
    """Run `./fivetran serve` with its control door open, until the block ends."""
    with served(folder, "--control") as fivetran:
        yield fivetran


class HedConnection:
    """One connection, made paused and tested; it can spoil what its source, or Fivetran itself, answers."""

    def __init__(self, fivetran: Served, source: SimulatedHed, schema: str) -> None:
        self.fivetran, self.source, self.schema = fivetran, source, schema
        functions = fivetran.ask("GET", "/functions").json()["functions"]
        made = fivetran.request(
            "POST",
            "/v1/connections",
            {
                "service": "google_cloud_function",
                "group_id": fivetran.group_id,
                "paused": True,
                "config": {
                    "schema": schema,
                    "function_trigger": next(one["url"] for one in functions if one["name"] == "hed"),
                    "secrets_list": [{"key": key, "value": value} for key, value in source.configuration.items()],
                },
            },
        )
        assert made["status"]["setup_state"] == "connected", made["setup_tests"]
        self.id = made["id"]

    @property
    def variables(self) -> dict[str, str]:
        """The Airflow Variables that lead dags/hed.py here."""
        return {
            "hed_connection_id": self.id,
            "hed_warehouse": str(self.fivetran.warehouse),
            "hed_table": f"{self.schema}.hed_records",
        }

    def get(self) -> dict[str, Any]:
        """Return what the API says of it."""
        return self.fivetran.request("GET", f"/v1/connections/{self.id}")

    def change(self, **fields: Any) -> None:
        """Change its settings."""
        self.fivetran.request("PATCH", f"/v1/connections/{self.id}", fields)

    def test(self) -> None:
        """Run its setup tests."""
        self.fivetran.request("POST", f"/v1/connections/{self.id}/test", {})

    def sync(self) -> None:
        """Start a sync; only what asks for one starts another."""
        self.change(paused=False, schedule_type="manual")
        self.fivetran.request("POST", f"/v1/connections/{self.id}/sync", {"force": False})

    def sync_to_its_end(self) -> None:
        """Start a sync and wait until it has succeeded."""
        self.sync()
        self.wait_until(lambda now: now["succeeded_at"] and now["status"]["sync_state"] != "syncing")

    def wait_until(self, holds: Callable[[dict[str, Any]], object]) -> None:
        """Ask until what the API says has some property."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(now := self.get()):
            assert time.monotonic() < deadline, now["status"]
            time.sleep(0.1)

    def rows(self) -> int:
        """Return how many rows the warehouse has of it."""
        with duckdb.connect(str(self.fivetran.warehouse), read_only=True) as database:
            return database.execute(f"SELECT count(*) FROM {self.schema}.hed_records").fetchone()[0]

    def fivetran_answers(self, status: int, times: int) -> None:
        """Have the part of the REST API that Airflow asks answer its next requests with an error."""
        rule = {"kind": "status", "status": status, "times": times, "path": "/v1/connectors/*", "retry_after": 1}
        self.fivetran.control("POST", "faults", rule)

    def reschedule_next(self, seconds: float) -> None:
        """Have its next sync put off until so many seconds from then."""
        rule = {"kind": "rescheduled", "connection": self.id, "seconds": seconds}
        self.fivetran.control("POST", "faults", rule)

    def leave(self) -> None:
        """Leave the source and the API as they were, and nothing running."""
        self.source.mend()
        self.fivetran.control("DELETE", "faults")
        self.fivetran.request("DELETE", f"/v1/connections/{self.id}")

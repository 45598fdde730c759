"""The connection of one scenario in the local Fivetran: the real hed function, with HED's simulator as its source."""

import time
from collections.abc import Callable
from typing import Any

import duckdb

PATIENCE_SECONDS = 30


class HedConnection:
    """Made paused and tested; spoils what its source, or Fivetran itself, answers."""

    def __init__(self, fivetran, schema: str) -> None:
        self._fivetran = fivetran
        self.schema = schema
        made = fivetran.request(
            "POST",
            "/v1/connections",
            {
                "service": "google_cloud_function",
                "group_id": fivetran.group_id,
                "paused": True,
                "config": {
                    "schema": schema,
                    "function_trigger": fivetran.function_url,
                    "secrets_list": [{"key": key, "value": value} for key, value in fivetran.source_secrets.items()],
                },
            },
        )
        assert made["status"]["setup_state"] == "connected", made["setup_tests"]
        self.id = made["id"]

    @property
    def variables(self) -> dict[str, str]:
        """The Airflow Variables that lead the DAG here."""
        return {
            "hed_connection_id": self.id,
            "hed_warehouse": str(self._fivetran.warehouse),
            "hed_table": f"{self.schema}.hed_records",
        }

    def get(self) -> dict[str, Any]:
        """Return what the API says of it."""
        return self._fivetran.request("GET", f"/v1/connections/{self.id}")

    def change(self, **fields: Any) -> None:
        """Change its settings."""
        self._fivetran.request("PATCH", f"/v1/connections/{self.id}", fields)

    def test(self) -> None:
        """Run its setup tests."""
        self._fivetran.request("POST", f"/v1/connections/{self.id}/test", {})

    def sync(self) -> None:
        """Start a sync, as if it had not been paused."""
        self.change(paused=False, schedule_type="manual")
        self._fivetran.request("POST", f"/v1/connections/{self.id}/sync", {"force": False})

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
        with duckdb.connect(str(self._fivetran.warehouse), read_only=True) as database:
            return database.execute(f"SELECT count(*) FROM {self.schema}.hed_records").fetchone()[0]

    def source_answers(self, kind: str, times: int | None = None, **knobs: Any) -> None:
        """Spoil the source's next answers, all where no number is given: the simulator's faults."""
        self._fivetran.source("POST", "fault", {"kind": kind, "times": times, **knobs})

    def source_answers_well(self) -> None:
        """End that."""
        self._fivetran.source("DELETE", "faults")

    def leave(self) -> None:
        """Leave the source and the API as they were, and nothing running."""
        self.source_answers_well()
        self._fivetran.control("DELETE", "faults")
        self._fivetran.request("DELETE", f"/v1/connections/{self.id}")

    def fivetran_answers(self, status: int, times: int) -> None:
        """Have the REST API answer its next requests with an error."""
        self._fivetran.control("POST", "faults", {"kind": "status", "status": status, "times": times, "path": "/v1/connectors/*"})

    def reschedule_next(self, seconds: float) -> None:
        """Have its next sync put off until so many seconds from then."""
        self._fivetran.control("POST", "faults", {"kind": "rescheduled", "connection": self.id, "seconds": seconds})

    def restart_fivetran(self) -> None:
        """Kill the local Fivetran and start it again, at the same address and on the same files."""
        self._fivetran.restart()

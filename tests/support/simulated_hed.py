"""HED's simulator as a process of its own, with its control door open."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source

_TOKEN = "a-token-of-the-source"


class SimulatedHed:
    """The simulator, as a test sees it."""

    def __init__(self, configuration: Mapping[str, str]) -> None:
        self.configuration = configuration
        """The secrets of a connection that reads from it."""

    def spoil(self, kind: str, times: int | None = None, **knobs: Any) -> None:
        """Spoil its next answers, all where no number is given; docs/hed-simulator.md lists the kinds."""
        self._ask("POST", "fault", {"kind": kind, "times": times, **knobs})

    def mend(self) -> None:
        """Have it answer well again."""
        self._ask("DELETE", "faults")

    def asked(self) -> int:
        """Return how many requests it has seen."""
        return len(self._ask("GET", "requests").json())

    def _ask(self, method: str, what: str, body: object = None) -> requests.Response:
        url = f"{self.configuration['base_url']}/_control/{what}"
        answer = requests.request(method, url, json=body, headers={"x-control-token": _TOKEN}, timeout=30)
        assert answer.ok, answer.text
        return answer


@contextmanager
def simulated_hed(rows: int) -> Iterator[SimulatedHed]:
    """Run it until the block ends."""
    words = ("--rows", str(rows), "--control-token", _TOKEN)
    with simulated_source(Project.here(), "hed", *words) as configuration:
        yield SimulatedHed(configuration)

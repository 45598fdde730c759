"""HED's simulator as a process of its own, with its control door open."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
TOKEN = "open-sesame"


@dataclass
class SimulatedHed:
    """The simulator, as a test sees it."""

    configuration: dict[str, str]
    """The secrets of a connection that reads from it."""
    door: str

    def fault(self, **fault: Any) -> None:
        """Spoil the answers that follow; docs/hed-simulator.md lists the kinds."""
        self._ask("POST", "fault", fault)

    def well(self) -> None:
        """End that."""
        self._ask("DELETE", "faults")

    def asked(self) -> int:
        """Return how many requests it has seen."""
        return len(self._ask("GET", "requests"))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"x-control-token": TOKEN}
        answer = requests.request(method, f"{self.door}/{path}", json=body, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()


@contextmanager
def simulated_hed(*words: str) -> Iterator[SimulatedHed]:
    """Run it until the block ends."""
    command = [sys.executable, "-m", "simulators.hed_api", "--control-token", TOKEN, "--exit-with-stdin", *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = json.loads(process.stdout.readline())
            yield SimulatedHed(said["configuration"], said["control"]["url"])
        finally:
            process.terminate()

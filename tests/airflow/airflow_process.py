"""A real Airflow in a process of its own, with a home of its own, that runs dags/hed.py when it is told to."""

import json
import os
import queue
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 90
START_SECONDS = 60
TAIL_LINES = 60


@dataclass(frozen=True)
class Ended:
    """How a run of the DAG ended."""

    state: str
    tasks: dict[str, str]
    """The state of each task."""
    tries: dict[str, int]
    triggers: int
    """How many times a task gave up its worker to a trigger."""
    log: str
    """What Airflow logged meanwhile."""


@dataclass
class Airflow:
    """Airflow with a local Fivetran as the Fivetran it knows."""

    python: Path
    home: Path
    fivetran_url: str
    api_key: str
    api_secret: str
    project: Path = ROOT
    """The checkout whose `dags/` it reads."""
    _process: "subprocess.Popen[str] | None" = None
    _answers: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self.airflow("db", "migrate")
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of its processes."""
        connection = {"conn_type": "fivetran", "login": self.api_key, "password": self.api_secret}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.project / "dags" / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_FIVETRAN_DEFAULT": json.dumps(connection),
            "FIVETRAN_LOCAL_URL": self.fivetran_url,
        }

    def airflow(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run one command of Airflow's."""
        command = [str(self.python.with_name("airflow")), *words]
        environment = {**self.variables, **variables}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done

    def run(self, **wanted: Any) -> Ended:
        """Run the DAG once; see run_dags.py for the words. A run that does not end in time fails the test."""
        start = self._log.stat().st_size if self._log.exists() else 0
        return Ended(**self.ask(run=wanted), log=self._log.read_bytes()[start:].decode(errors="replace"))

    @property
    def _log(self) -> Path:
        return self.home / "run_dags.log"

    def ask(self, **line: Any) -> dict[str, Any]:
        """Tell run_dags.py one line, and return what it answers."""
        process = self._started()
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        try:
            answer = self._answers.get(timeout=RUN_SECONDS)
        except queue.Empty:
            answer = f"Airflow gave no answer within {RUN_SECONDS} s"
        if not answer.startswith("{"):
            self._end()
            raise AssertionError(f"{answer}:\n{self.tail()}")
        return json.loads(answer)

    def tail(self) -> str:
        """The end of the log, without the credentials."""
        text = "\n".join(self._log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        return text.replace(self.api_key, "***").replace(self.api_secret, "***")

    def _started(self) -> "subprocess.Popen[str]":
        if self._process and self._process.poll() is None:
            return self._process
        self._answers = answers = queue.Queue()
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [str(self.python), str(Path(__file__).with_name("run_dags.py"))],
                env=self.variables, cwd=self.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, start_new_session=True,
            )  # fmt: skip

        def follow() -> None:
            for line in process.stdout:
                answers.put(line)
            answers.put("Airflow ended without an answer")

        threading.Thread(target=follow, daemon=True).start()
        return process

    def _end(self) -> None:
        if not self._process:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # a group of its own: its children end as well
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None

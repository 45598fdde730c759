"""The local Fivetran for tests: in this process, on a thread, or the real `./fivetran serve`.

with local_fivetran(tmp_path) as running:
    running.get("/v1/account/info")

with served(tmp_path, "--control") as running:
    running.kill()
    running.start()
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import requests

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.credentials import Credentials
from fivetran_local.connections import Connections
from fivetran_local.events import EventLog
from fivetran_local.functions import FunctionHere, Functions
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.warehouse import Warehouse
from fivetran_local.webhooks import Webhooks, WebhookSender
from tests.support.login import KEY, SECRET

ROOT = Path(__file__).parents[2]
TOKEN = "open-sesame"
START_SECONDS = 60
END_SECONDS = 20


@dataclass
class Client:
    """Asks a local Fivetran over HTTP."""

    url: str
    credentials: Credentials
    control_token: str = TOKEN

    @property
    def api_key(self) -> str:
        return self.credentials.api_key

    @property
    def api_secret(self) -> str:
        return self.credentials.api_secret

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Ask with the API's credentials."""
        auth = (self.credentials.api_key, self.credentials.api_secret)
        return requests.request(method, self.url + path, **{"json": body, "auth": auth, "timeout": 30, **more})

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Return the data of a successful answer."""
        answer = self.ask(method, path, body)
        assert answer.ok, answer.text
        return answer.json().get("data")

    def get(self, path: str) -> Any:
        """Return the data at a path."""
        return self.request("GET", path)

    def control(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Return what the control door answers."""
        headers = {"X-Control-Token": self.control_token}
        sent = {"json": body, "headers": headers, "timeout": 30, **more}
        answer = requests.request(method, f"{self.url}/_local/{path}", **sent)
        assert answer.ok, answer.text
        return answer.json()

    @property
    def group_id(self) -> str:
        """The group that is there from the start."""
        return self.get("/v1/groups")["items"][0]["id"]


@dataclass
class Running(Client):
    """A local Fivetran in this process."""

    local: LocalFivetran = field(kw_only=True)

    @property
    def warehouse(self) -> Path:
        return self.local.connections.store.folder.parent / "warehouse.db"


class CannedFunctions:
    """Functions that are told of and already run, whoever runs them."""

    def __init__(self, *functions: FunctionHere) -> None:
        self._functions = functions

    def addresses(self) -> Mapping[str, str]:
        return {function.name: function.url for function in self._functions}

    def described(self) -> Sequence[FunctionHere]:
        return self._functions

    def ready(self, url: str) -> Path | None:
        return None


@contextmanager
def local_fivetran(
    folder: Path, *, functions: Functions | None = None, control: bool = False, **more: Any
) -> Iterator[Running]:
    """Serve one from this process until the block ends.

    Args:
        folder: where everything is kept: `fivetran/`, and one warehouse for all groups.
        functions: starts functions.
        control: whether the control door is open, to `TOKEN`.
        more: for `Connections`.
    """
    from fivetran_local.server import Server, build, listen, url_of

    events, sender = EventLog(folder / "fivetran" / "logs"), WebhookSender()
    warehouse = Warehouse(folder / "warehouse.db", lock_wait_seconds=20)
    with (
        listen(0) as listening,
        AccountStore(folder / "fivetran") as store,
        Webhooks(store, events, sender, first_pause_seconds=0.05),
        Connections(store, warehouse_of=lambda _: warehouse, events=events, functions=functions, **more) as connections,
    ):
        credentials = Credentials(KEY, SECRET)
        local = LocalFivetran(connections, credentials, url_of(listening))
        started = threading.Event()
        token = TOKEN if control else None
        app = build(local, services_file=ROOT / "services.yaml", control_token=token, sender=sender)
        server = Server(app, started.set)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            assert started.wait(10), "the server did not start"
            yield Running(local.url, credentials, local=local)
        finally:
            server.end()
            thread.join(10)


class Served(Client):
    """A real `./fivetran serve`, which can be killed and started again on the same port and files."""

    def __init__(self, folder: Path, words: tuple[str, ...], environment: dict[str, str]) -> None:
        super().__init__("", Credentials(KEY, SECRET))
        self.folder = folder
        self.port = 0
        self.announced: dict[str, Any] = {}
        self._words = words
        self._environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "FIVETRAN_API_KEY": KEY,
            "FIVETRAN_API_SECRET": SECRET,
            "FIVETRAN_LOCAL_CONTROL_TOKEN": TOKEN,
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.db"

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> Self:
        """Start it, at the port it had before where it ran before, and wait until it answers."""
        words = ["serve", "--port", str(self.port), "--folder", str(self.folder), "--announce-json", *self._words]
        if self.port == 0:  # a region of its own: two that start at once would find the same port free
            words += ["--function-ports-from", str(random.randrange(10_000, 30_000, 10))]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fivetran_tools", *words],
            cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            raise AssertionError(f"serve did not start: {self.process.stderr.read()[-2000:]}")
        self.announced = json.loads(line)
        self.url = self.announced["url"]
        self.port = int(self.url.rpartition(":")[2])
        return self

    def kill(self) -> None:
        """Kill it, as the memory's end or a power cut would."""
        self.signal(signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """End it in order; return its exit code and what it wrote on standard error."""
        return self.signal(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def signal(self, which: int) -> tuple[int, str]:
        """Send it a signal that ends it; return its exit code and what it wrote on standard error."""
        process = self.process
        if process.poll() is None:
            process.send_signal(which)
        try:
            _, said = process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return process.returncode, said


@contextmanager
def served(folder: Path, *words: str, **environment: str) -> Iterator[Served]:
    """Run `./fivetran serve` on a free port until the block ends.

    Args:
        folder: where it keeps everything.
        words: further ones of the command.
        environment: further variables.
    """
    running = Served(folder, words, environment)
    running.start()
    try:
        yield running
    finally:
        running.end()

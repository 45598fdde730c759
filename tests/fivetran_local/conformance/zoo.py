"""Playing a function of `tests/functions` as `./fivetran check` plays a staged one: real processes, real HTTP."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path

from fivetran_local.conformance import Evidence, Measures
from fivetran_local.conformance.driver import play
from fivetran_local.conformance.script import Players, Script
from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_local.hiding import hidden_values
from fivetran_local.memory import peak_memory_mib
from fivetran_local.observing import ObservedFunction
from fivetran_local.sync import Limits
from tests.support.functions import FUNCTIONS

KEY, OTHER_KEY = 'key-0123/4567+89ab"cd', "key-of-another-connection"


@contextmanager
def listening_source() -> Iterator[str]:
    """Listen at an address of loopback, and hang up on everybody; yield the address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def evidence_about(
    name: str,
    source: str,
    logs: Path,
    *,
    limits: Limits = Limits(),  # noqa: B008  # it is frozen
    max_calls: int = 15,
    apart: bool = False,
    memory_limit_mib: int | None = None,
    time_its_start: bool = False,
) -> Evidence:
    """Play every scenario with a function, and return what was seen.

    Args:
        name: Its folder in `tests/functions`.
        source: The address of its source.
        logs: A folder for its logs.
        limits: What it is held to.
        max_calls: Pages of a sync that are read at most.
        apart: Start a process for each of the players, as `check` does; else one is all of them, which makes no
            difference for a function that keeps nothing in its process.
        memory_limit_mib: What it is said to be deployed with; its memory is measured where one is given.
        time_its_start: Measure its cold start.
    """
    exchanges, numbers = [], count(1)
    with ExitStack() as stack:

        def start(which: str) -> tuple[ObservedFunction, int]:
            log = logs / f"{which}.log"
            # Where the good function is that this one is made of.
            around = {"PYTHONPATH": str(FUNCTIONS)}
            process = stack.enter_context(run_function(FUNCTIONS / name, log, timeout_seconds=30, environment=around))
            client = stack.enter_context(
                closing(FunctionClient(process.url, timeout_seconds=limits.call_timeout_seconds))
            )
            function = ObservedFunction(client, log, exchanges.append, numbers=numbers)
            return stack.enter_context(closing(function)), process.pid

        started = time.monotonic()
        function, pid = start("function")
        start_seconds = time.monotonic() - started
        others = [start(which)[0] if apart else function for which in ("fresh", "impatient", "other")]
        settings = {"base_url": source, "page_size": "2"}
        script = Script(
            {**settings, "api_key": KEY}, {**settings, "api_key": OTHER_KEY}, limits=limits, max_calls=max_calls
        )
        played = play(Players(function, *others), script)
        measures = Measures(
            start_seconds + function.first_seconds if time_its_start else None,
            peak_memory_mib(pid) if memory_limit_mib else None,
            memory_limit_mib,
        )
    hidden = [*hidden_values(script.secrets, None), *hidden_values(script.other_secrets, None), *played.hidden]
    return Evidence(exchanges, hidden, played.gaps, log_is_readable=True, measures=measures, limits=limits)

"""Playing a function of `tests/functions` as `./fivetran check` plays a staged one: real processes, real HTTP."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fivetran_local.conformance import Evidence
from fivetran_local.conformance.driver import play
from fivetran_local.conformance.kept import Kept
from fivetran_local.conformance.script import Players, Script
from fivetran_local.hiding import hidden_values
from fivetran_local.sync import Limits
from fivetran_tools.checking.processes import function_processes
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
        memory_limit_mib: What it is said to be deployed with; its memory is judged where one is given.
        time_its_start: Judge its cold start.
    """
    kept = Kept()
    with function_processes(
        FUNCTIONS / name,
        lambda which: logs / f"{which}.log",
        kept.keep,
        call_timeout_seconds=limits.call_timeout_seconds,
        environment={"PYTHONPATH": str(FUNCTIONS)},  # where the good function is that this one is made of
    ) as processes:
        function = processes.start("function", 30)
        others = [processes.start(which, 30) if apart else function for which in ("fresh", "impatient", "other")]
        settings = {"base_url": source, "page_size": "20"}
        script = Script(
            secrets={**settings, "api_key": KEY},
            other_secrets={**settings, "api_key": OTHER_KEY},
            limits=limits,
            max_calls=max_calls,
        )
        played = play(Players(function, *others), script)
        measures = processes.measures(memory_limit_mib)
    if not time_its_start:  # of a hundred functions beside each other, one may start slowly
        measures = replace(measures, cold_start_seconds=None)
    hidden = [*hidden_values(script.secrets, None), *hidden_values(script.other_secrets, None), *played.hidden]
    return Evidence(kept.in_order(), hidden, played.gaps, log_is_readable=True, measures=measures, limits=limits)

"""Running one function in several processes, each observed, and measuring the first of them."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path

from fivetran_local.conformance import Measures
from fivetran_local.exchanges import Exchange
from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_local.memory import peak_memory_mib
from fivetran_local.observing import ObservedFunction


class FunctionProcesses:
    """The processes of a function; made by `function_processes`."""

    def __init__(
        self,
        stack: ExitStack,
        folder: Path,
        log_of: Callable[[str], Path],
        keep: Callable[[Exchange], None],
        *,
        call_timeout_seconds: float,
        environment: Mapping[str, str] | None,
    ) -> None:
        self._stack = stack
        self._folder = folder
        self._log_of = log_of
        self._keep = keep
        self._call_timeout_seconds = call_timeout_seconds
        self._environment = environment
        self._numbers = count(1)
        self._first: tuple[ObservedFunction, int, float] | None = None

    def start(self, which: str, timeout_seconds: int) -> ObservedFunction:
        """Start one more process.

        Args:
            which: What it is for, which names its log.
            timeout_seconds: The function's timeout, as it is told.

        Raises:
            FunctionStartError: it does not start.
        """
        log = self._log_of(which)
        started = time.monotonic()
        process = self._stack.enter_context(
            run_function(self._folder, log, timeout_seconds=timeout_seconds, environment=self._environment)
        )
        start_seconds = time.monotonic() - started
        client = FunctionClient(process.url, timeout_seconds=self._call_timeout_seconds)
        self._stack.enter_context(closing(client))
        function = ObservedFunction(client, log, self._keep, numbers=self._numbers)
        self._stack.enter_context(closing(function))
        self._first = self._first or (function, process.pid, start_seconds)
        return function

    def measures(self, memory_limit_mib: int | None) -> Measures:
        """Return what the first process took to start, and held; it has to be running still."""
        if self._first is None:
            return Measures(memory_limit_mib=memory_limit_mib)
        function, pid, start_seconds = self._first
        return Measures(start_seconds + function.first_seconds, peak_memory_mib(pid), memory_limit_mib)


@contextmanager
def function_processes(
    folder: Path,
    log_of: Callable[[str], Path],
    keep: Callable[[Exchange], None],
    *,
    call_timeout_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Iterator[FunctionProcesses]:
    """Yield what starts a staged function as often as is asked for, and end all of it afterwards.

    Args:
        folder: The staged folder.
        log_of: Names the log of a process, by what it is for.
        keep: Given every exchange with any of them; all are numbered in one row.
        call_timeout_seconds: What a call may take.
        environment: More variables for the processes.
    """
    with ExitStack() as stack:
        yield FunctionProcesses(
            stack, folder, log_of, keep, call_timeout_seconds=call_timeout_seconds, environment=environment
        )

"""The functions of deploy.yaml, staged and started when they are called for, each at a port of its own."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fivetran_local.errors import FunctionStartError
from fivetran_local.function_process import FunctionProcess, run_function
from fivetran_local.functions import FunctionHere
from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project
from fivetran_tools.serving.ports import address, port_of, wait_until_free
from fivetran_tools.staging import RUNTIME_PACKAGES, StagedFunction, stage

_PORT_SECONDS: Final = 5.0
"""For the function of an earlier `serve`, which was killed, to leave its port."""
_STARTS_AT_ONCE: Final = 4

Print = tuple[tuple[str, int, int], ...]
"""The path, size and time of change of each file that a function is staged from."""


@dataclass(slots=True)
class _Function:
    deployment: Deployment
    port: int
    changing: threading.Lock = field(default_factory=threading.Lock)
    running: ExitStack = field(default_factory=ExitStack)
    """Ends its process."""
    process: FunctionProcess | None = None
    staged_from: Print = ()
    admitted: frozenset[str] = frozenset()
    """The syncs that this process was, or is about to be, called by."""


class FunctionSupervisor(AbstractContextManager["FunctionSupervisor"]):
    """Starts functions and ends them. It implements `fivetran_local.functions.Functions`.

    Args:
        project: the checkout; `builds` says where they are staged.
        deployments: the functions, by name.
        ports: where each is reached.
        configurations: by connector, the settings that reach its source where that is simulated.
    """

    def __init__(
        self,
        project: Project,
        deployments: Mapping[str, Deployment],
        ports: Mapping[str, int],
        configurations: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._project = project
        self._functions = {name: _Function(deployments[name], ports[name]) for name in sorted(deployments)}
        self._configurations = configurations or {}
        # A process that ends with its parent ends with the *thread* that started it, and a sync's thread ends with
        # the sync. The threads of this pool live as long as the pool.
        self._starter = ThreadPoolExecutor(_STARTS_AT_ONCE, "function")
        self.syncs_of: Callable[[int], Collection[str]] = lambda _: ()
        """Gives the ids of the syncs that run and call a port: under none of them a function is replaced."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._starter:
            for function in self._functions.values():
                self._starter.submit(self._end_for_good, function)

    def addresses(self) -> Mapping[str, str]:
        """Return the address of each function, by name; none of them has to be running."""
        return {name: address(function.port) for name, function in self._functions.items()}

    def described(self) -> Sequence[FunctionHere]:
        """Return all of them, by name."""
        described = []
        for name, function in self._functions.items():
            process, connector = function.process, function.deployment.connector
            described.append(
                FunctionHere(
                    name=name,
                    connector=connector,
                    url=address(function.port),
                    running=process is not None and process.is_alive(),
                    log=process.log if process else None,
                    configuration=self._configurations.get(connector),
                )
            )
        return described

    def ready(self, url: str) -> Path | None:
        """Start the function at an address, if it is one of these and not running as its code now stands.

        While syncs call it, a function that runs stays as it is, whatever became of its code.

        Returns:
            its log; None where the address is somebody else's.

        Raises:
            FunctionStartError: it cannot be started, with the reason in one line.
        """
        function = self._at(url)
        if function is None:
            return None
        with function.changing:
            syncs = frozenset(self.syncs_of(function.port))
            alive = function.process is not None and function.process.is_alive()
            is_called = alive and bool(syncs & function.admitted)
            if not is_called:
                self._bring_up(function, alive=alive)
            function.admitted = syncs
        return function.process.log if function.process else None

    def log_of(self, name: str) -> Path | None:
        """Return the log of a function; None where it was never started."""
        return next((function.log for function in self.described() if function.name == name), None)

    def _at(self, url: str) -> _Function | None:
        port = port_of(url)
        return next((function for function in self._functions.values() if function.port == port), None)

    def _bring_up(self, function: _Function, *, alive: bool) -> None:
        connector, project = function.deployment.connector, self._project_of(function)
        try:
            now = _print_of(project, connector)
            if alive and now == function.staged_from:
                return
            before = _identity(project.staged(connector))
            staged = stage(project, connector)
        except (CommandError, UsageError, OSError) as error:
            raise FunctionStartError(f"function {function.deployment.function}: {error}") from error
        if not (alive and before == _identity(staged.folder)):  # `stage` leaves a folder alone that holds the same
            self._starter.submit(self._restart, function, staged).result()
        function.staged_from = now

    def _project_of(self, function: _Function) -> Project:
        """Return the checkout with a folder to stage in that no other function replaces."""
        builds = self._project.build / function.deployment.function
        return Project(self._project.root, builds)

    def _restart(self, function: _Function, staged: StagedFunction) -> None:
        self._end(function)
        name = function.deployment.function
        if not wait_until_free(function.port, _PORT_SECONDS):
            raise FunctionStartError(
                f"function {name} is reached at port {function.port}, which another program has: end that, "
                f"or start `./fivetran serve` with --function-ports-from and another number"
            )
        try:
            ensure_requirements(self._project, [staged.connector])
            log = new_log(self._project, f"serve-{name}")
        except CommandError as error:
            raise FunctionStartError(f"function {name}: {error}") from error
        seconds = function.deployment.timeout_seconds
        running = run_function(staged.folder, log, timeout_seconds=seconds, port=function.port, in_the_background=True)
        function.process = function.running.enter_context(running)

    def _end_for_good(self, function: _Function) -> None:
        with function.changing:
            self._end(function)

    @staticmethod
    def _end(function: _Function) -> None:
        function.process = None
        function.running.close()


def _identity(folder: Path) -> int | None:
    return folder.stat().st_ino if folder.exists() else None


def _print_of(project: Project, connector: str) -> Print:
    """Return what a function is staged from, as far as the file system tells without reading it."""
    folders = [project.connector(connector), *(project.root / "src" / package for package in RUNTIME_PACKAGES)]
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if "__pycache__" not in path.parts and path.is_file():
                state = path.stat()
                found.append((str(path), state.st_size, state.st_mtime_ns))
    return tuple(sorted(found))

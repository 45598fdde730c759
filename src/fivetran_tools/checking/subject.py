"""What a check needs to be running: the function, in as many processes as it is called in, and its source."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_local.conformance import Measures
from fivetran_local.conformance.script import Players
from fivetran_local.exchanges import Exchange
from fivetran_local.function import FunctionClient, without_credentials
from fivetran_local.hiding import public_but_for_looks
from fivetran_local.observing import ObservedFunction
from fivetran_protocol import Json
from fivetran_tools.checking.options import CheckOptions
from fivetran_tools.checking.processes import function_processes
from fivetran_tools.configuration import read_configuration
from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import DEFAULT_MEMORY_MIB, DEPLOY_FILE
from fivetran_tools.errors import CommandError
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage

_IMPATIENT_SECONDS: Final = 3
"""Of a function whose source is down: enough for a first retry."""
_OTHER_SEED: Final = "8"


@dataclass(frozen=True, slots=True)
class Subject:
    """A function that is running, to be checked."""

    players: Players
    public_keys: Collection[str] | None
    """The settings that are no secret; None where it is not known which."""
    build: str = ""
    """The BUILD line of what was staged; empty for a function elsewhere, whose log cannot be read."""
    measures: Callable[[], Measures] = Measures
    """To be asked when all calls are made."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The secrets of the connection to check with, and of a second one."""

    secrets: Mapping[str, Json]
    other_secrets: Mapping[str, Json] | None
    no_other_secrets: str = ""
    """Why there is no second one."""


@contextmanager
def running_function(
    project: Project,
    options: CheckOptions,
    settings: Settings,
    announce: Callable[[str], None],
    keep: Callable[[Exchange], None],
) -> Iterator[Subject]:
    """Run a connector in the processes that a check needs, or reach the function at an address.

    Args:
        project: The checkout.
        options: What to check.
        settings: What it is going to be called with.
        announce: Told what was started.
        keep: Given every exchange.

    Raises:
        UsageError: there is no such connector.
        CommandError, LocalFivetranError: it cannot be staged, or does not start.
    """
    if options.function_url:
        with closing(FunctionClient(options.function_url, timeout_seconds=options.timeout_seconds)) as client:
            announce(f"function at {without_credentials(options.function_url)}")
            function = ObservedFunction(client, None, keep)
            public = public_but_for_looks(options.public_keys, settings.secrets, settings.other_secrets or {})
            yield Subject(Players(function, function, function, function), public)
        return
    name = options.name or ""
    staged = stage(project, name)
    ensure_requirements(project, [name], announce)
    public_keys = read_declaration(staged).public_keys
    memory_limit_mib = _deployed_memory_mib(project, name)

    def log_of(which: str) -> Path:
        return new_log(project, name if which == "function" else f"{name}-{which}")

    patience = max(1, int(options.timeout_seconds))
    with function_processes(staged.folder, log_of, keep, call_timeout_seconds=options.timeout_seconds) as processes:
        function = processes.start("function", patience)
        announce(f"function {staged.build} under functions-framework, in four processes")
        players = Players(
            function,
            fresh=processes.start("fresh", patience),
            impatient=processes.start("impatient", min(patience, _IMPATIENT_SECONDS)),
            other=processes.start("other", patience),
        )
        yield Subject(players, public_keys, staged.build, lambda: processes.measures(memory_limit_mib))


def _deployed_memory_mib(project: Project, connector: str) -> int:
    """Return the memory of the smallest function that a connector is deployed as; the default of one that is not."""
    if not (project.root / DEPLOY_FILE).exists():
        return DEFAULT_MEMORY_MIB
    functions = read_deployments(project).functions.values()
    return min((one.memory_mib for one in functions if one.connector == connector), default=DEFAULT_MEMORY_MIB)


@contextmanager
def connection_settings(project: Project, options: CheckOptions) -> Iterator[Settings]:
    """Yield the settings of the configurations that were given, or of two simulators of the connector's source.

    Raises:
        UsageError: a configuration cannot be read, or the connector has no simulator.
        CommandError: the simulator did not start.
    """
    if options.configuration or options.function_url:
        secrets = read_configuration(options.configuration) if options.configuration else {}
        other = read_configuration(options.second_configuration) if options.second_configuration else None
        yield Settings(secrets, other, "there is no second key (--second-configuration FILE)")
        return
    name = options.name or ""
    with simulated_source(project, name) as secrets, ExitStack() as stack:
        try:
            other = stack.enter_context(simulated_source(project, name, "--seed", _OTHER_SEED))
        except CommandError as error:
            yield Settings(secrets, None, f"the simulator cannot stand for a second source: {error}")
            return
        yield Settings(secrets, other)

"""`debug`: one real sync on this machine, from a source through the function into a warehouse."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fivetran_local.engine import Function, SyncOutcome, run_sync
from fivetran_local.errors import LocalFivetranError
from fivetran_local.function import FunctionClient, address_problem, without_credentials
from fivetran_local.function_process import run_function, tail
from fivetran_local.naming import connection_name_problem
from fivetran_local.observing import ObservedFunction
from fivetran_local.recording.document import Header
from fivetran_local.recording.files import target_problem
from fivetran_local.recording.recorder import recorder
from fivetran_local.recording.tape import is_loopback
from fivetran_local.records import Counts, SyncStatus
from fivetran_local.sync import Limits, SyncRules
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import Json
from fivetran_tools.configuration import read_configuration
from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.declaration import read_declaration
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import StagedFunction, stage
from fivetran_tools.writing import write_whole


@dataclass(frozen=True, slots=True)
class DebugOptions:
    """What to sync, from where, into what."""

    name: str
    """The connector; with `function_url`, any name for the connection."""
    simulate: bool = False
    configuration: Path | None = None
    warehouse: Path | None = None
    function_url: str | None = None
    max_calls: int | None = None
    sample_rows: int = 5
    record: Path | None = None
    """Where to record every exchange with the function."""
    simulator_words: tuple[str, ...] = ()
    """More words for the simulator."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A few rows of one table, as text would show them."""

    table: str
    columns: list[str]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class DebugReport:
    """A sync that ended, well or not, and what is in the warehouse after it."""

    connection: str
    warehouse: Path
    outcome: SyncOutcome
    rows: dict[str, int]
    samples: list[Sample]
    function_log: Path | None
    """The log of the function, where it ran on this machine."""

    def summary(self) -> dict[str, object]:
        """Return what `--summary-json` writes."""
        outcome = self.outcome
        return {
            "status": str(outcome.status),
            "calls": outcome.calls,
            **asdict(outcome.counts),
            "rows": self.rows,
            "state": dict(outcome.state),
            "has_more": outcome.has_more,
            "seconds": round(outcome.seconds, 3),
            "error": outcome.error,
        }

    def function_log_tail(self) -> str:
        """Return the end of the function's log; nothing where it ran elsewhere."""
        return tail(self.function_log, 20) if self.function_log else ""


def debug(
    project: Project,
    options: DebugOptions,
    *,
    announce: Callable[[str], None] = lambda _: None,
    watch: Callable[[SyncOutcome], None] = lambda _: None,
) -> DebugReport:
    """Run one sync and return what it did; a sync that failed is a report as well.

    Args:
        project: The checkout.
        options: What to sync.
        announce: Told each step before the first call.
        watch: Told the outcome so far after each call.

    Raises:
        UsageError: the options or the configuration are wrong.
        CommandError, LocalFivetranError: something could not be started, or the warehouse cannot be used.
    """
    _check(project, options)
    limits = Limits(max_calls=options.max_calls)
    path = options.warehouse or project.warehouse
    warehouse = Warehouse(path)
    with _secrets(project, options, announce) as secrets, _function(project, options, limits, announce) as function:
        announce(f"syncing into {_short(project, path)}")
        if options.record:
            announce(f"recording into {options.record}, rows included: only you can read it")
        with _recorded(options, function, secrets) as (called, sent):
            outcome = run_sync(called, warehouse, options.name, secrets=sent, rules=SyncRules(limits), watch=watch)
    rows = warehouse.row_counts(options.name) if path.exists() else {}
    samples = []
    if outcome.status is not SyncStatus.FAILED and options.sample_rows:
        for table in rows:
            columns, cells = warehouse.sample(options.name, table, options.sample_rows)
            samples.append(Sample(table, list(columns), [tuple(row) for row in cells]))
    return DebugReport(options.name, path, outcome, rows, samples, function.log)


@dataclass(frozen=True, slots=True)
class _Reached:
    client: FunctionClient
    log: Path | None
    staged: StagedFunction | None = None
    """None where it runs elsewhere."""


def _check(project: Project, options: DebugOptions) -> None:
    if problem := connection_name_problem(options.name):
        raise UsageError(problem)
    if not options.function_url:
        project.connector(options.name)
    if options.function_url and (problem := address_problem(options.function_url)):
        raise UsageError(problem)
    if options.simulate and options.configuration:
        message = "--simulate and --configuration exclude each other: the simulator brings its own configuration"
        raise UsageError(message)
    if options.record and (problem := target_problem(options.record)):
        raise UsageError(problem)
    if not options.simulate and not options.configuration and not options.function_url:
        message = (
            f"nothing to read from: pass --simulate, or --configuration FILE "
            f"(start from connectors/{options.name}/configuration.example.json)"
        )
        raise UsageError(message)


@contextmanager
def _secrets(project: Project, options: DebugOptions, announce: Callable[[str], None]) -> Iterator[dict[str, str]]:
    if options.simulate:
        with simulated_source(project, options.name, *options.simulator_words) as configuration:
            announce(f"simulated source at {configuration.get('base_url', 'an address of its own')}")
            yield configuration
    else:
        yield read_configuration(options.configuration) if options.configuration else {}


@contextmanager
def _function(
    project: Project, options: DebugOptions, limits: Limits, announce: Callable[[str], None]
) -> Iterator[_Reached]:
    if options.function_url:
        client = FunctionClient(options.function_url, timeout_seconds=limits.call_timeout_seconds)
        announce(f"function at {without_credentials(options.function_url)}")
        with closing(client):
            yield _Reached(client, None)
        return
    staged = stage(project, options.name)
    ensure_requirements(project, [options.name], announce)
    log = new_log(project, options.name)
    with run_function(staged.folder, log, timeout_seconds=int(limits.call_timeout_seconds)) as process:
        announce(f"function {staged.build} under functions-framework at {process.url}")
        with closing(FunctionClient(process.url, timeout_seconds=limits.call_timeout_seconds)) as client:
            yield _Reached(client, log, staged)


@contextmanager
def _recorded(
    options: DebugOptions, function: _Reached, secrets: Mapping[str, Json]
) -> Iterator[tuple[Function, Mapping[str, Json]]]:
    """Yield what to call and which secrets to send, with a recorder around both where one is wanted."""
    if not options.record:
        yield function.client, secrets
        return
    header = Header(
        connector=options.name,
        build=function.staged.build if function.staged else "",
        address="" if function.staged else without_credentials(function.client.url),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        public_keys=read_declaration(function.staged).public_keys if function.staged else None,
    )
    on_this_machine = is_loopback(function.client.url)
    with (
        recorder(options.record, header, secrets, with_source=on_this_machine) as recording,
        closing(ObservedFunction(function.client, function.log, recording.keep)) as observed,
    ):
        yield observed, recording.settings(secrets)


def _short(project: Project, path: Path) -> str:
    resolved = path.resolve()
    return str(resolved.relative_to(project.root)) if resolved.is_relative_to(project.root) else str(path)


def failed_summary(project: Project, options: DebugOptions, error: str) -> dict[str, object]:
    """Return the summary of a sync that did not come to its first call: what the warehouse holds is what it held."""
    rows: dict[str, int] = {}
    state: dict[str, object] = {}
    path = options.warehouse or project.warehouse
    with suppress(LocalFivetranError):  # a warehouse that cannot be read is most likely what failed
        if path.is_file():
            warehouse = Warehouse(path, lock_wait_seconds=1)
            rows = warehouse.row_counts(options.name)
            record = warehouse.record(options.name)
            state = dict(record.state) if record else {}
    nothing = {"calls": 0, **asdict(Counts()), "rows": rows, "state": state, "has_more": True, "seconds": 0.0}
    return {"status": str(SyncStatus.FAILED), **nothing, "error": error}


def write_summary(file: Path, summary: dict[str, object]) -> None:
    """Write a summary as one JSON object, whole or not at all.

    Raises:
        CommandError: the file cannot be written.
    """
    try:
        write_whole(file, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        message = f"cannot write the summary to {file}: {error.strerror or error}"
        raise CommandError(message) from error

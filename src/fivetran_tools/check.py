"""`check`: the conformance suite, on a connector or on any function that runs."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from fivetran_local.conformance import Evidence, Measures, Report, Verdict, judge
from fivetran_local.conformance.driver import MAX_CALLS, Players, Script, play
from fivetran_local.conformance.rules import NAMES
from fivetran_local.exchanges import Exchange
from fivetran_local.function import FunctionClient, address_problem, without_credentials
from fivetran_local.function_process import run_function
from fivetran_local.hiding import hidden_values
from fivetran_local.memory import peak_memory_mib
from fivetran_local.observing import ObservedFunction
from fivetran_local.recording.document import Header
from fivetran_local.recording.files import target_problem
from fivetran_local.recording.recorder import Recorder, recorder
from fivetran_local.recording.tape import is_loopback
from fivetran_local.sync import Limits
from fivetran_protocol import Json
from fivetran_tools.configuration import read_configuration
from fivetran_tools.declaration import Declaration, read_declaration
from fivetran_tools.deployment.deploy_file import read_deployments
from fivetran_tools.deployment.deployments import DEFAULT_MEMORY_MIB, DEPLOY_FILE
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage
from fivetran_tools.waivers import read_waivers, waivers_in

_IMPATIENT_SECONDS: Final = 3
"""Of a function whose source is down: enough for a first retry."""
_OTHER_SEED: Final = "8"


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check, and how."""

    name: str | None = None
    """The connector; none with `function_url`."""
    function_url: str | None = None
    configuration: Path | None = None
    second_configuration: Path | None = None
    rules: tuple[str, ...] = ()
    """All where none are named."""
    waivers: tuple[str, ...] = ()
    """Each "RULE=REASON"; they add to those in the connector's folder."""
    max_calls: int = MAX_CALLS
    timeout_seconds: float = Limits().call_timeout_seconds
    record: Path | None = None
    """Where to keep every exchange, and what the source answered."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of a check."""

    subject: str
    """The connector's name, or the function's address."""
    build: str
    """The BUILD line of what was staged; empty for a function elsewhere."""
    report: Report
    checked_at: datetime


def check(
    project: Project,
    options: CheckOptions,
    *,
    announce: Callable[[str], None] = lambda _: None,
    watch: Callable[[str], None] = lambda _: None,
) -> CheckReport:
    """Call a function on every occasion that the rules look at, and judge what it answered.

    Args:
        project: The checkout.
        options: What to check.
        announce: Told what was started.
        watch: Told what is being tried.

    Raises:
        UsageError: the options, the configuration or a waiver are wrong.
        CommandError, LocalFivetranError: something could not be started.
    """
    _check(options)
    started = time.monotonic()
    waivers = waivers_in(options.waivers)
    if options.name and not options.function_url:
        waivers = {**read_waivers(project.connector(options.name)), **waivers}
    exchanges: list[Exchange] = []
    keepers = [exchanges.append]

    def keep(exchange: Exchange) -> None:
        for keeper in keepers:
            keeper(exchange)

    with ExitStack() as stack:
        settings = stack.enter_context(_settings(project, options))
        subject = stack.enter_context(_subject(project, options, announce, keep))
        send: Callable[[Mapping[str, Json]], Mapping[str, Json]] = dict
        if options.record:
            recording = stack.enter_context(_recorder(options.record, options, subject, settings))
            keepers.append(recording.keep)
            send = recording.settings
        script = Script(
            send(settings.secrets),
            None if settings.other_secrets is None else send(settings.other_secrets),
            settings.no_other_secrets,
            subject.declaration.public_keys,
            options.name or "check",
            Limits(call_timeout_seconds=options.timeout_seconds),
            options.max_calls,
            watch,
            one_at_a_time=options.record is not None,
        )
        played = play(subject.players, script)
        measures = subject.measures()
    public = subject.declaration.public_keys
    hidden = [*hidden_values(settings.secrets, public), *hidden_values(settings.other_secrets or {}, public)]
    evidence = Evidence(
        sorted(exchanges, key=lambda exchange: exchange.number),
        [*hidden, *played.hidden],
        played.gaps,
        log_is_readable=subject.log_is_readable,
        measures=measures,
        limits=script.limits,
    )
    report = judge(evidence, rules=options.rules, waivers=waivers)
    return CheckReport(
        options.name or without_credentials(options.function_url or ""),
        subject.build,
        replace(report, seconds=time.monotonic() - started),
        datetime.now(UTC),
    )


def write_last_check(project: Project, done: CheckReport) -> None:
    """Note what came of a check, for `connector list`; a check of some rules alone is not noted.

    Raises:
        CommandError: the file cannot be written.
    """
    file = project.root / "files" / "checks" / f"{done.subject}.json"
    note = {
        "checked_at": done.checked_at.isoformat(timespec="seconds"),
        "build": done.build,
        "passed": done.report.count(Verdict.PASSED),
        "errors": done.report.count(Verdict.FAILED),
        "warnings": done.report.count(Verdict.WARNED),
        "waived": done.report.count(Verdict.WAIVED),
        "not_run": done.report.count(Verdict.NOT_RUN),
    }
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
        scratch.replace(file)
    except OSError as error:
        message = f"cannot note the check in {file}: {error.strerror or error}"
        raise CommandError(message) from error


@dataclass(frozen=True, slots=True)
class _Subject:
    players: Players
    declaration: Declaration
    build: str
    log_is_readable: bool
    measures: Callable[[], Measures]


@dataclass(frozen=True, slots=True)
class _Settings:
    secrets: Mapping[str, Json]
    other_secrets: Mapping[str, Json] | None
    no_other_secrets: str = ""


def _check(options: CheckOptions) -> None:
    if not options.name and not options.function_url:
        raise UsageError("nothing to check: name a connector, or pass --function-url URL with --configuration FILE")
    if options.name and options.function_url:
        raise UsageError("a connector's name and --function-url exclude each other: check one function at a time")
    if options.function_url and (problem := address_problem(options.function_url)):
        raise UsageError(problem)
    if options.record and (problem := target_problem(options.record)):
        raise UsageError(problem)
    if unknown := [name for name in options.rules if name not in NAMES]:
        raise UsageError(f"there is no rule '{unknown[0]}': `./fivetran check --list-rules` shows them all")


@contextmanager
def _subject(
    project: Project, options: CheckOptions, announce: Callable[[str], None], keep: Callable[[Exchange], None]
) -> Iterator[_Subject]:
    numbers = count(1)
    if options.function_url:
        with closing(FunctionClient(options.function_url, timeout_seconds=options.timeout_seconds)) as client:
            announce(f"function at {without_credentials(options.function_url)}")
            function = ObservedFunction(client, None, keep, numbers=numbers)
            yield _Subject(Players(function, function, function, function), Declaration(), "", False, Measures)  # noqa: FBT003
        return
    name = options.name or ""
    staged = stage(project, name)
    declaration = read_declaration(staged)
    memory_limit_mib = _deployed_memory_mib(project, name)
    with ExitStack() as stack:

        def start(which: str, timeout_seconds: int) -> tuple[ObservedFunction, int]:
            log = project.log(name if which == "function" else f"{name}-{which}")
            process = stack.enter_context(run_function(staged.folder, log, timeout_seconds=timeout_seconds))
            client = stack.enter_context(closing(FunctionClient(process.url, timeout_seconds=options.timeout_seconds)))
            function = ObservedFunction(client, log, keep, numbers=numbers)
            return stack.enter_context(closing(function)), process.pid

        patience = max(1, int(options.timeout_seconds))
        started = time.monotonic()
        function, pid = start("function", patience)
        start_seconds = time.monotonic() - started
        announce(f"function {staged.build} under functions-framework, in four processes")
        players = Players(
            function,
            fresh=start("fresh", patience)[0],
            impatient=start("impatient", min(patience, _IMPATIENT_SECONDS))[0],
            other=start("other", patience)[0],
        )

        def measures() -> Measures:
            return Measures(start_seconds + function.first_seconds, peak_memory_mib(pid), memory_limit_mib)

        yield _Subject(players, declaration, staged.build, True, measures)  # noqa: FBT003


def _recorder(
    path: Path, options: CheckOptions, subject: _Subject, settings: _Settings
) -> AbstractContextManager[Recorder]:
    about = subject.build or without_credentials(options.function_url or "")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    header = Header(options.name or "check", about, now, subject.declaration.public_keys)
    connections = [settings.secrets, *([settings.other_secrets] if settings.other_secrets is not None else [])]
    with_source = not options.function_url or is_loopback(options.function_url)
    return recorder(path, header, *connections, with_source=with_source)


def _deployed_memory_mib(project: Project, connector: str) -> int:
    """Return the memory of the smallest function that a connector is deployed as; the default of one that is not."""
    if not (project.root / DEPLOY_FILE).exists():
        return DEFAULT_MEMORY_MIB
    functions = read_deployments(project).functions.values()
    return min((one.memory_mib for one in functions if one.connector == connector), default=DEFAULT_MEMORY_MIB)


@contextmanager
def _settings(project: Project, options: CheckOptions) -> Iterator[_Settings]:
    if options.configuration or options.function_url:
        secrets = read_configuration(options.configuration) if options.configuration else {}
        other = read_configuration(options.second_configuration) if options.second_configuration else None
        yield _Settings(secrets, other, "there is no second key (--second-configuration FILE)")
        return
    name = options.name or ""
    with simulated_source(project, name) as secrets, ExitStack() as stack:
        try:
            other = stack.enter_context(simulated_source(project, name, "--seed", _OTHER_SEED))
        except CommandError as error:
            yield _Settings(secrets, None, f"the simulator cannot stand for a second source: {error}")
            return
        yield _Settings(secrets, other)

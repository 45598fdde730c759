"""`check`: the conformance suite, on a connector or on any function that runs."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fivetran_local.conformance import Evidence, Report, Verdict, judge
from fivetran_local.conformance.driver import play
from fivetran_local.conformance.kept import Kept
from fivetran_local.conformance.rules import NAMES
from fivetran_local.conformance.script import Script
from fivetran_local.exchanges import Exchange
from fivetran_local.function import address_problem, without_credentials
from fivetran_local.hiding import hidden_values
from fivetran_local.recording.document import Header
from fivetran_local.recording.files import target_problem
from fivetran_local.recording.recorder import Recorder, recorder
from fivetran_local.recording.tape import is_loopback
from fivetran_local.sync import Limits
from fivetran_tools.checking.last_check import LastCheck
from fivetran_tools.checking.options import CheckOptions
from fivetran_tools.checking.subject import Settings, Subject, connection_settings, running_function
from fivetran_tools.checking.waivers import read_waivers, waivers_in
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What came of a check."""

    subject: str
    """The connector's name, or the function's address."""
    build: str
    """The BUILD line of what was staged; empty for a function elsewhere."""
    report: Report
    checked_at: datetime

    def note(self) -> LastCheck:
        """Return what is kept of it for `connector list`."""
        return LastCheck(
            self.checked_at.isoformat(timespec="seconds"),
            self.build,
            self.report.count(Verdict.PASSED),
            self.report.count(Verdict.FAILED),
            self.report.count(Verdict.WARNED),
            self.report.count(Verdict.WAIVED),
            self.report.count(Verdict.NOT_RUN),
        )


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
    evidence, build = _evidence(project, options, announce, watch)
    report = judge(evidence, rules=options.rules, waivers=waivers)
    return CheckReport(
        options.name or without_credentials(options.function_url or ""),
        build,
        replace(report, seconds=time.monotonic() - started),
        datetime.now(UTC),
    )


def _check(options: CheckOptions) -> None:
    if not options.name and not options.function_url:
        raise UsageError("nothing to check: name a connector, or pass --function-url URL with --configuration FILE")
    if options.name and options.function_url:
        raise UsageError("a connector's name and --function-url exclude each other: check one function at a time")
    if options.function_url and (problem := address_problem(options.function_url)):
        raise UsageError(problem)
    if options.public_keys and not options.function_url:
        raise UsageError("--public is for --function-url: a connector declares its public settings in @connector")
    if options.record and (problem := target_problem(options.record)):
        raise UsageError(problem)
    if unknown := [name for name in options.rules if name not in NAMES]:
        raise UsageError(f"there is no rule '{unknown[0]}': `./fivetran check --list-rules` shows them all")


def _evidence(
    project: Project, options: CheckOptions, announce: Callable[[str], None], watch: Callable[[str], None]
) -> tuple[Evidence, str]:
    """Play every occasion; return what was seen, and the BUILD line of what was staged."""
    kept = Kept()
    keepers = [kept.keep]

    def keep(exchange: Exchange) -> None:
        for keeper in keepers:
            keeper(exchange)

    with ExitStack() as stack:
        settings = stack.enter_context(connection_settings(project, options))
        subject = stack.enter_context(running_function(project, options, settings, announce, keep))
        secrets, other_secrets = settings.secrets, settings.other_secrets
        if options.record:
            recording = stack.enter_context(_recorder(options.record, options, subject, settings))
            keepers.append(recording.keep)
            secrets = recording.settings(secrets)
            other_secrets = None if other_secrets is None else recording.settings(other_secrets)
        script = Script(
            secrets=secrets,
            other_secrets=other_secrets,
            no_other_secrets=settings.no_other_secrets,
            public_keys=subject.public_keys,
            connection=options.name or "check",
            limits=Limits(call_timeout_seconds=options.timeout_seconds),
            max_calls=options.max_calls,
            watch=watch,
            one_at_a_time=options.record is not None,
        )
        played = play(subject.players, script)
        measures = subject.measures()
    public = subject.public_keys
    hidden = [*hidden_values(settings.secrets, public), *hidden_values(settings.other_secrets or {}, public)]
    seen = Evidence(
        kept.in_order(),
        [*hidden, *played.hidden],
        played.gaps,
        log_is_readable=bool(subject.build),
        measures=measures,
        limits=script.limits,
    )
    return seen, subject.build


def _recorder(
    path: Path, options: CheckOptions, subject: Subject, settings: Settings
) -> AbstractContextManager[Recorder]:
    header = Header(
        connector=options.name or "check",
        build=subject.build,
        address=without_credentials(options.function_url or ""),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        public_keys=subject.public_keys,
    )
    connections = [settings.secrets, *([settings.other_secrets] if settings.other_secrets is not None else [])]
    with_source = not options.function_url or is_loopback(options.function_url)
    return recorder(path, header, *connections, with_source=with_source)

"""`replay`: a recording's exchanges listed, sent again to today's function, and judged."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_local.conformance import rules_broken_by
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.exchanges import Exchange
from fivetran_local.function import FunctionClient, address_problem, without_credentials
from fivetran_local.function_process import run_function
from fivetran_local.observing import ObservedFunction
from fivetran_local.recording.differences import Difference, differences
from fivetran_local.recording.document import Header, Recorded, RecordingError
from fivetran_local.recording.files import Recording, read_recording
from fivetran_local.sync import Limits
from fivetran_protocol import Finding, Severity
from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.errors import UsageError
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project
from fivetran_tools.replaying.options import ReplayOptions
from fivetran_tools.replaying.source import TodaysSource, todays_source
from fivetran_tools.staging import stage

_NUMBERS: Final = re.compile(r"(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?", re.ASCII)
_ALL: Final = "all"
_SOURCE_DOWN: Final = frozenset({Scenario.SETUP_TEST_SOURCE_DOWN, Scenario.SOURCE_DOWN})
"""Not sent again: how a function fails then depends on the time that it has to retry, and `check` gives it little."""
_FROM_THE_TAPE: Final = frozenset(
    {
        Scenario.TYPED_SECRETS,
        Scenario.SETUP_TEST_BAD_CREDENTIALS,
        Scenario.BAD_CREDENTIALS,
        Scenario.OTHER_SYNC,
        Scenario.INTERLEAVED_OTHER,
    }
)
"""Sent again only if the tape answers: their settings are not the connection's, and a mask would become its own key."""
_FIRST_CALL: Final = re.compile(r"call (\d+)")


@dataclass(frozen=True, slots=True)
class Resent:
    """One recorded exchange, and what became of it today."""

    recorded: Exchange
    today: Exchange
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first exchange whose answer breaks a rule, together with those before it."""

    exchange: Exchange
    finding: Finding


def opened(file: Path) -> Recording:
    """Return a recording.

    Raises:
        UsageError: the file cannot be read, or is no recording.
    """
    try:
        return read_recording(file)
    except RecordingError as error:
        raise UsageError(str(error)) from error


def selected(recording: Recording, numbers: str) -> Iterator[Recorded]:
    """Return the exchanges with these numbers: "3", "3-7" or "all".

    Raises:
        UsageError: it is none of these, or there is no exchange of such a number.
    """
    if not len(recording):
        message = f"{recording.path} has no exchange: record a sync that comes to its first call"
        raise UsageError(message)
    if numbers == _ALL:
        return iter(recording)
    found = _NUMBERS.fullmatch(numbers)
    if not found:
        message = f"'{numbers}' selects no exchange: give a number, two as 3-7, or all"
        raise UsageError(message)
    first = int(found["first"])
    last = int(found["last"] or first)
    places = [place for place, one in enumerate(recording) if first <= one.exchange.number <= last]
    if not places:
        message = f"{recording.path} has no exchange {numbers}: `./fivetran replay {recording.path}` lists them"
        raise UsageError(message)
    return (recording[place] for place in places)


def send(
    project: Project,
    recording: Recording,
    exchanges: Iterable[Recorded],
    options: ReplayOptions,
    *,
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Resent]:
    """Send recorded requests to today's function, one after another, and compare what it answers.

    The source is the recording's own tape, unless the options name another; then no key is needed.

    Args:
        project: The checkout.
        recording: Where the exchanges are from.
        exchanges: Those to send.
        options: Which function, and which source.
        announce: Told what is started.

    Raises:
        UsageError: the options do not suit the recording.
        CommandError, LocalFivetranError: something could not be started or read.
    """
    header = recording.header
    _check(header, options)
    with (
        todays_source(project, header, options, announce) as source,
        _function(project, header, options, announce) as called,
    ):
        for recorded in exchanges:
            before = recorded.exchange
            if reason := _not_sent(before, source):
                announce(f"{before} is not sent again: {reason}")
                continue
            request = source.request_for(recorded)
            body = before.request.encode() if isinstance(before.request, str) else None
            exchange = called.send(before.scenario, request, body=body, method=before.method, about=before.about)
            today = source.as_recorded(exchange)
            found = [*differences(before, today, ignored=options.ignored), *source.differences()]
            yield Resent(before, today, tuple(one for one in found if one.where not in options.ignored))


def bisect(recording: Recording) -> Broken | None:
    """Return the first exchange whose recorded answer breaks a rule; None when none does.

    A rule may need several answers, and is judged on the exchanges up to one of them. Only what is broken in the end
    counts, since a later exchange may mend what looked broken; and that is broken in every part that reaches so far,
    so that halving finds the first.
    """

    def broken_up_to(count: int) -> dict[tuple[str, str], Finding]:
        known = recording.header.public_keys is not None
        findings = rules_broken_by((one.exchange for one in recording[:count]), masked=known)
        return {_first_seen(one): one for one in reversed(findings) if one.severity is Severity.REFUSED}

    lasting = broken_up_to(len(recording)).keys()
    if not lasting:
        return None
    holds, breaks = 0, len(recording)
    while breaks - holds > 1:
        middle = (holds + breaks) // 2
        if lasting & broken_up_to(middle).keys():
            breaks = middle
        else:
            holds = middle
    found = broken_up_to(breaks)
    return Broken(recording[breaks - 1].exchange, next(found[one] for one in found if one in lasting))


def _first_seen(finding: Finding) -> tuple[str, str]:
    """Return the rule and its first exchange: how often it is seen, and what is counted in its text, grows."""
    found = _FIRST_CALL.match(finding.where)
    return finding.rule, found[1] if found else ""


def _not_sent(exchange: Exchange, source: TodaysSource) -> str:
    """Say why an exchange is not sent again; nothing where it is."""
    if exchange.scenario in _SOURCE_DOWN:
        return "how it fails depends on the time that a function has"
    if exchange.scenario in _FROM_THE_TAPE and not source.answers_wrong_words:
        return "its settings are not the connection's, and only the recording's tape answers to them"
    return ""


def _check(header: Header, options: ReplayOptions) -> None:
    if options.simulate and options.configuration:
        message = "--simulate and --configuration exclude each other: the simulator brings its own configuration"
        raise UsageError(message)
    if options.function_url and (problem := address_problem(options.function_url)):
        raise UsageError(problem)
    if header.address and not options.function_url:
        message = f"the function that was recorded is not of this project ({header.address}): pass --function-url URL"
        raise UsageError(message)


@contextmanager
def _function(
    project: Project, header: Header, options: ReplayOptions, announce: Callable[[str], None]
) -> Iterator[ObservedFunction]:
    if options.function_url:
        with closing(FunctionClient(options.function_url)) as client:
            announce(f"function at {without_credentials(options.function_url)}")
            with closing(ObservedFunction(client, None, lambda _: None)) as observed:
                yield observed
        return
    staged = stage(project, header.connector)
    ensure_requirements(project, [header.connector], announce)
    seconds = int(Limits().call_timeout_seconds)
    with (
        run_function(staged.folder, new_log(project, header.connector), timeout_seconds=seconds) as process,
        closing(FunctionClient(process.url)) as client,
        closing(ObservedFunction(client, None, lambda _: None)) as observed,
    ):
        announce(f"function {staged.build} under functions-framework at {process.url}")
        yield observed

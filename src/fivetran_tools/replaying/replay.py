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
from fivetran_protocol import MASK, Finding, Severity
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.replaying.source import ReplayOptions, todays_source
from fivetran_tools.staging import stage

_NUMBERS: Final = re.compile(r"(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?", re.ASCII)
_ALL: Final = "all"
_SOURCE_DOWN: Final = frozenset({Scenario.SETUP_TEST_SOURCE_DOWN, Scenario.SOURCE_DOWN})
"""Not sent again: how a function fails then depends on the time that it has to retry, and `check` gives it little."""


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
            if before.scenario in _SOURCE_DOWN:
                announce(f"{before} is not sent again: how it fails depends on the time that a function has")
                continue
            request = source.request_for(recorded)
            body = before.request.encode() if isinstance(before.request, str) else None
            exchange = called.send(before.scenario, request, body=body, method=before.method, about=before.about)
            today = source.as_recorded(exchange)
            found = [*differences(before, today, ignored=options.ignored), *source.differences()]
            yield Resent(before, today, tuple(one for one in found if one.where not in options.ignored))


def bisect(recording: Recording) -> Broken | None:
    """Return the first exchange whose recorded answer breaks a rule; None when none does.

    A rule may need several answers, and is judged on the exchanges up to one of them: what is broken there stays
    broken with every later one, so that halving finds the first.
    """
    hidden = () if recording.header.public_keys is None else (MASK,)

    def broken_up_to(count: int) -> list[Finding]:
        findings = rules_broken_by((one.exchange for one in recording[:count]), hidden)
        return [finding for finding in findings if finding.severity is Severity.REFUSED]

    # Only what is broken in the end counts: what a later exchange mends is no breach.
    lasting = {(finding.rule, finding.seen) for finding in broken_up_to(len(recording))}
    if not lasting:
        return None
    holds, breaks = 0, len(recording)
    while breaks - holds > 1:
        middle = (holds + breaks) // 2
        if any((finding.rule, finding.seen) in lasting for finding in broken_up_to(middle)):
            breaks = middle
        else:
            holds = middle
    finding = next(found for found in broken_up_to(breaks) if (found.rule, found.seen) in lasting)
    return Broken(recording[breaks - 1].exchange, finding)


def _check(header: Header, options: ReplayOptions) -> None:
    if options.simulate and options.configuration:
        message = "--simulate and --configuration exclude each other: the simulator brings its own configuration"
        raise UsageError(message)
    if options.function_url and (problem := address_problem(options.function_url)):
        raise UsageError(problem)
    if header.runs_elsewhere and not options.function_url:
        message = f"the function that was recorded is not of this project ({header.function}): pass --function-url URL"
        raise UsageError(message)


@contextmanager
def _function(
    project: Project, header: Header, options: ReplayOptions, announce: Callable[[str], None]
) -> Iterator[ObservedFunction]:
    if options.function_url:
        with closing(FunctionClient(options.function_url)) as client:
            announce(f"function at {without_credentials(options.function_url)}")
            yield ObservedFunction(client, None, lambda _: None)
        return
    staged = stage(project, header.connector)
    seconds = int(Limits().call_timeout_seconds)
    with (
        run_function(staged.folder, project.log(header.connector), timeout_seconds=seconds) as process,
        closing(FunctionClient(process.url)) as client,
    ):
        announce(f"function {staged.build} under functions-framework at {process.url}")
        yield ObservedFunction(client, None, lambda _: None)

"""One sync: calls a function page after page, as Fivetran does, and lands what it answers."""

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from fivetran_local.admission import Admission
from fivetran_local.errors import LocalFivetranError, RefusedError, SettingsRefusedError
from fivetran_local.function import Answer
from fivetran_local.gathering import Gathering
from fivetran_local.hiding import hidden_values
from fivetran_local.records import Counts, Ending, OpenSync, SyncStatus
from fivetran_local.sync import Progress, Step, SyncRules
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import (
    Finding,
    FunctionRequest,
    FunctionResponse,
    Json,
    Redactor,
    Severity,
    State,
    agent_of,
    read_response,
)

EXTERNAL_ID: Final = "local_machine"
"""Stands in the agent's text where Fivetran puts a group's two-word name."""


class Function(Protocol):
    """Anything that answers like a function: `FunctionClient` over HTTP."""

    def call(self, request: FunctionRequest) -> Answer:
        """Answer one request, or raise LocalFivetranError."""
        ...


@dataclass(slots=True)
class SyncOutcome:
    """What a sync did. While it runs, what it has done so far."""

    status: SyncStatus = SyncStatus.RUNNING
    calls: int = 0
    counts: Counts = field(default_factory=Counts)
    rows_received: int = 0
    """Rows in `insert` and `delete` of the answers so far; they may not have landed yet."""
    state: State = field(default_factory=dict)
    """The state last committed."""
    has_more: bool = False
    seconds: float = 0.0
    """From the first call to the last commit."""
    slowest_call_seconds: float = 0.0
    reason: str | None = None
    """Why the sync stopped before its end, or failed."""
    warnings: list[Finding] = field(default_factory=list)
    """Each kind once, as first seen."""
    settings_refused: bool = False
    """Whether it failed because the function refused the connection's settings: somebody has to change them."""

    @property
    def error(self) -> str | None:
        """The reason of a failure; None otherwise."""
        return self.reason if self.status is SyncStatus.FAILED else None


def run_sync(
    function: Function,
    warehouse: Warehouse,
    connection: str,
    *,
    secrets: Mapping[str, Json],
    custom_payload: Mapping[str, Json] | None = None,
    rules: SyncRules | None = None,
    watch: Callable[[SyncOutcome], None] = lambda _: None,
    select: Callable[[FunctionResponse], FunctionResponse] = lambda response: response,
    untouched: Collection[str] = (),
    hidden: Collection[str] = (),
    external_id: str = EXTERNAL_ID,
    sync_id: str | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SyncOutcome:
    """Run one sync of a connection to its end, and land it under the connection's name.

    Pages before a failure stay, with the state of the last of them. Ctrl-C (KeyboardInterrupt) ends the sync as
    canceled in the same way; a second one leaves it at what has landed.

    Args:
        function: What answers.
        warehouse: Where rows, state and the sync's record go.
        connection: Name of the connection, and of the schema its tables are in.
        secrets: Sent with every call.
        custom_payload: Sent with every call, where there is one.
        rules: Limits and guards; Fivetran's limits and all guards where none are given.
        watch: Called after every answer, with the outcome so far.
        select: Leaves out of a response what is not to be loaded; the state stays.
        untouched: Tables of the warehouse that are not loaded: their rows stay as they are.
        hidden: Texts to keep out of the outcome, besides those of the secrets.
        external_id: The two words of the agent's text.
        sync_id: A UUID; a new one where none is given.
        now: Tells the time in UTC.

    Raises:
        WarehouseError: the warehouse cannot be opened, or another sync of this connection is running.
    """
    with warehouse.sync_lock(connection):
        opened = replace(
            warehouse.begin(connection, sync_id or str(uuid.uuid4()), now()), untouched=frozenset(untouched)
        )
        agent = agent_of(external_id, connection)
        template = FunctionRequest(agent, {}, secrets, opened.sync_id, custom_payload=custom_payload or {})
        run = _Run(
            function,
            warehouse,
            opened,
            template,
            rules=rules or SyncRules(),
            watch=watch,
            select=select,
            redact=Redactor([*hidden_values(secrets, public_keys=None), *hidden]),
            now=now,
        )
        return run.to_its_end()


class _Run:
    def __init__(
        self,
        function: Function,
        warehouse: Warehouse,
        opened: OpenSync,
        template: FunctionRequest,
        *,
        rules: SyncRules,
        watch: Callable[[SyncOutcome], None],
        select: Callable[[FunctionResponse], FunctionResponse],
        redact: Redactor,
        now: Callable[[], datetime],
    ) -> None:
        self._function = function
        self._warehouse = warehouse
        self._sync = opened
        self._template = template
        """Every request but for the state."""
        self._rules = rules
        self._watch = watch
        self._select = select
        self._now = now
        self._outcome = SyncOutcome(state=opened.state)
        self._admission = Admission(opened.known_keys, refuse_collisions=rules.guards.name_collisions)
        self._redact = redact
        self._has_ended = False
        """Whether the sync's end has landed."""
        self._warned: set[tuple[str, str]] = set()
        self._started = time.monotonic()

    def to_its_end(self) -> SyncOutcome:
        outcome = self._outcome
        with Gathering(self._land) as gathering:
            try:
                try:
                    outcome.has_more = self._read_pages(gathering)
                    outcome.status = SyncStatus.SUCCEEDED
                    self._end(gathering)
                except LocalFivetranError as error:
                    outcome.status, outcome.reason, outcome.has_more = SyncStatus.FAILED, self._redact(str(error)), True
                    outcome.settings_refused = isinstance(error, SettingsRefusedError)
                    self._end_early(gathering)
            except KeyboardInterrupt:
                self._cancel(gathering)
        outcome.seconds = time.monotonic() - self._started
        return outcome

    def _read_pages(self, gathering: Gathering) -> bool:
        """Call until the rules say stop; return whether the function had more."""
        progress = Progress(self._sync.state)
        while True:
            request = replace(self._template, state=progress.state)
            self._outcome.calls += 1
            answer = self._function.call(request)
            response = self._readable(answer)
            decision = self._rules.decide(progress, response, time.monotonic() - self._started)
            if decision.step is Step.FAIL:
                raise RefusedError(decision.reason)
            gathering.add(self._select(response), answer.size_bytes, self._outcome.calls)
            self._note(answer, response)
            progress = decision.progress
            if decision.step is not Step.CALL_AGAIN:
                self._outcome.reason = decision.reason or None
                return decision.step is Step.PAUSE

    def _readable(self, answer: Answer) -> FunctionResponse:
        """Return the response in an answer, unless Fivetran, or what the warehouse already holds, refuses it."""
        reading = read_response(answer.document)
        findings = list(reading.findings)
        if reading.response:
            findings += self._admission.admit(reading.response)
        for finding in findings:
            if finding.severity is Severity.WARNING and (finding.rule, finding.seen) not in self._warned:
                self._warned.add((finding.rule, finding.seen))
                self._outcome.warnings.append(finding)
        refusals = [finding for finding in findings if finding.severity is Severity.REFUSED]
        if refusals or reading.response is None:
            more = f" (and {len(refusals) - 1} more findings)" if len(refusals) > 1 else ""
            message = f"call {self._outcome.calls}: {refusals[0]}{more}"
            raise RefusedError(message)
        return reading.response

    def _note(self, answer: Answer, response: FunctionResponse) -> None:
        outcome = self._outcome
        outcome.rows_received += response.row_count
        outcome.slowest_call_seconds = max(outcome.slowest_call_seconds, answer.seconds)
        outcome.seconds = time.monotonic() - self._started
        self._watch(outcome)

    def _end(self, gathering: Gathering) -> None:
        """Land what is left together with the sync's end."""
        calls, ending = self._outcome.calls, self._ending()
        gathering.finish(lambda responses: self._land(responses, calls, ending))

    def _ending(self) -> Ending:
        outcome = self._outcome
        return Ending(outcome.status, self._now(), outcome.has_more, outcome.error)

    def _cancel(self, gathering: Gathering) -> None:
        """Land the pages before Ctrl-C, and that; where the sync's end was just landing, it has come too late."""
        outcome = self._outcome
        with suppress(LocalFivetranError):
            gathering.settle()
        if not self._has_ended:
            outcome.status, outcome.has_more = SyncStatus.CANCELED, True
            outcome.reason = "interrupted; the next sync goes on from here"
            self._end_early(gathering)

    def _end_early(self, gathering: Gathering) -> None:
        """Land the pages before a failure, and the failure; where landing itself failed, only try to."""
        try:
            self._end(gathering)
        except LocalFivetranError as error:
            if self._outcome.status is not SyncStatus.FAILED:
                self._outcome.status, self._outcome.reason = SyncStatus.FAILED, self._redact(str(error))
            with suppress(LocalFivetranError):
                self._land([], self._outcome.calls, self._ending())

    def _land(self, responses: Sequence[FunctionResponse], calls: int, ending: Ending | None = None) -> None:
        landed = self._warehouse.land(self._sync, responses, calls=calls, ending=ending)
        self._has_ended = ending is not None
        self._outcome.counts += landed
        if responses:
            self._outcome.state = responses[-1].state

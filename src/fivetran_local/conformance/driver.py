"""Calling a function on every occasion that the rules look at."""

import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from fivetran_local.conformance.effects import changed_columns
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.script import Played, Players, Script
from fivetran_local.conformance.settings import as_json_text, dead_address, with_source_at, with_wrong_secrets
from fivetran_local.conformance.states import from_the_future, of_a_newer_version
from fivetran_local.conformance.way import Way
from fivetran_local.engine import EXTERNAL_ID
from fivetran_local.exchanges import Exchange
from fivetran_local.hiding import hidden_values
from fivetran_local.json_text import canonical
from fivetran_local.observing import ObservedFunction
from fivetran_protocol import Json, State, agent_of

_REPEATED_PAGES: Final = 20
_REPEATS: Final = 2
_STEPS_FOR_EACH_STATE: Final = 3
"""On the average, in a fresh process; then one for each of those that are left. One is enough where states come again,
or the rows of opaque ones."""


def play(players: Players, script: Script) -> Played:
    """Play every scenario; the exchanges go to whoever observes the players' functions."""
    return _Play(players, script).all()


class _TimeUpError(Exception):
    """A call outlasted the function's time; the text is its scenario. Others would, too."""


class _Play:
    def __init__(self, players: Players, script: Script) -> None:
        self._players = players
        self._script = script
        self._gaps: dict[Scenario, str] = {}
        self._canaries: list[str] = []
        self._tried: set[Scenario] = set()
        self._unstable: set[tuple[str, str]] = set()

    def all(self) -> Played:
        try:
            self._all()
        except _TimeUpError as error:
            seen = f"a call ({error}) was not answered in time, and nothing was tried after it"
            self._cannot(seen, *(scenario for scenario in Scenario if scenario not in self._tried))
        return Played(self._gaps, tuple(self._canaries))

    def _all(self) -> None:
        function = self._players.function
        first = self._sync(function, Scenario.SYNC, {}, self._script.secrets)
        if not first[0].succeeded:
            self._cannot("the first call of the sync failed", *Scenario)
            return
        apart = self._players.impatient is not function and not self._script.one_at_a_time
        with ThreadPoolExecutor(1) as aside:
            down = aside.submit(self._source_down) if apart else None
            self._requests(function, first)
            self._repeats(function, first)
            self._going_on(function, first)
            self._resumes(self._players.fresh, first)
            self._two_connections(first)
            self._bad_credentials(first)
            if down:
                down.result()
            else:
                self._source_down()

    def _send(
        self,
        function: ObservedFunction,
        scenario: Scenario,
        request: Json,
        *,
        body: bytes | None = None,
        method: str = "POST",
        about: int | None = None,
    ) -> Exchange:
        self._tried.add(scenario)
        exchange = function.send(scenario, request, body=body, method=method, about=about)
        if exchange.status is None and exchange.seconds >= self._script.limits.call_timeout_seconds:
            raise _TimeUpError(scenario)
        return exchange

    def _sync(
        self, function: ObservedFunction, scenario: Scenario, state: State, secrets: Mapping[str, Json]
    ) -> list[Exchange]:
        """Call page after page until the end, a failure, or the point where Fivetran would give up or go round."""
        exchanges: list[Exchange] = []
        seen: set[str] = set()
        empty = 0
        sync_id = str(uuid.uuid4())
        while True:
            self._script.watch(f"{scenario}, call {len(exchanges) + 1}")
            exchange = self._send(function, scenario, self._request(state, secrets, sync_id=sync_id))
            exchanges.append(exchange)
            page = exchange.response
            if page is None or not page.has_more:
                return exchanges
            seen.add(canonical(state))
            empty = empty + 1 if page.is_empty else 0
            if canonical(page.state) in seen or empty > self._script.limits.max_consecutive_empty_responses:
                return exchanges
            if len(exchanges) == self._script.max_calls:
                return exchanges
            state = page.state

    def _requests(self, function: ObservedFunction, first: list[Exchange]) -> None:
        """Everything that can be done to a first request."""
        secrets, watch = self._script.secrets, self._script.watch
        plain = self._request({}, secrets, sync_id=str(uuid.uuid4()))
        variants: dict[Scenario, dict[str, Json]] = {
            Scenario.NO_STATE: _without(plain, "state"),
            Scenario.NO_SECRETS: _without(plain, "secrets"),
            Scenario.NO_SYNC_ID: _without(plain, "sync_id"),
            Scenario.UNKNOWN_KEYS: {**plain, "priority": 1, "environment": {"region": None}},
            Scenario.TYPED_SECRETS: {**plain, "secrets": as_json_text(secrets, self._script.public_keys)},
            Scenario.CUSTOM_PAYLOAD: {**plain, "customPayload": {"note": "check"}},
            Scenario.SETUP_TEST: self._setup_test(secrets),
        }
        for scenario, request in variants.items():
            watch(scenario)
            self._send(function, scenario, request)
        self._send(function, Scenario.GET, "", body=b"", method="GET")
        self._send(function, Scenario.NOT_JSON, "state=1&secrets=2", body=b"state=1&secrets=2")

    def _repeats(self, function: ObservedFunction, first: list[Exchange]) -> None:
        pages = [exchange for exchange in first if exchange.response]
        if not pages:
            self._cannot("no page of the sync could be read", Scenario.REPEAT)
        for exchange in pages[:: -(-len(pages) // _REPEATED_PAGES) or 1]:
            self._script.watch(f"{Scenario.REPEAT} of call {exchange.number}")
            for _ in range(_REPEATS):
                again = self._send(function, Scenario.REPEAT, exchange.request, about=exchange.number)
                if exchange.response and again.response:
                    self._unstable.update(changed_columns(exchange.response, again.response))

    def _going_on(self, function: ObservedFunction, first: list[Exchange]) -> None:
        """What comes after the last page of a sync."""
        last = first[-1].response
        if last is None or last.has_more:
            reason = self._unfinished(first)
            self._cannot(reason, Scenario.SECOND_SYNC, Scenario.FUTURE_STATE, Scenario.NEWER_STATE)
            return
        self._sync(function, Scenario.SECOND_SYNC, last.state, self._script.secrets)
        if future := from_the_future(last.state):
            self._send(function, Scenario.FUTURE_STATE, self._request(future, self._script.secrets))
        else:
            reason = "the state holds no number and no ISO 8601 time that could be moved forward"
            self._cannot(reason, Scenario.FUTURE_STATE)
        self._send(function, Scenario.NEWER_STATE, self._request(of_a_newer_version(last.state), self._script.secrets))

    def _resumes(self, function: ObservedFunction, first: list[Exchange]) -> None:
        """Go on from the state after each page, the later ones first, until the sync's own way is met.

        From there on the rest is known: whether the same state gets the same answer is another rule's question.
        """
        pages = [(exchange, page) for exchange in first if (page := exchange.response)]
        if len(pages) < 2:
            single = "the sync has a single page, and no state in between"
            self._cannot(single if pages else "no page of the sync could be read", Scenario.RESUME)
            return
        way = Way([page for _, page in pages], self._unstable)
        left = _STEPS_FOR_EACH_STATE * len(pages)
        for start in range(len(pages) - 1, 0, -1):
            exchange, page = pages[start - 1]
            self._script.watch(f"{Scenario.RESUME} after call {exchange.number}")
            for place in range(start, len(pages)):
                request = self._request(page.state, self._script.secrets)
                sent = self._send(function, Scenario.RESUME, request, about=exchange.number)
                left -= 1
                if sent.response is None or not sent.response.has_more or left <= 0:
                    break
                page = sent.response
                if way.met_at(page, place) is not None:
                    break

    def _two_connections(self, first: list[Exchange]) -> None:
        other = self._script.other_secrets
        scenarios = (Scenario.OTHER_SYNC, Scenario.INTERLEAVED, Scenario.INTERLEAVED_OTHER)
        if other is None:
            self._cannot(self._script.no_other_secrets or "there is no second connection's configuration", *scenarios)
            return
        if not first[-1].succeeded or first[0].response is None:
            self._cannot(self._unfinished(first), *scenarios)
            return
        alone = self._sync(self._players.other, Scenario.OTHER_SYNC, {}, other)
        if not alone[-1].succeeded or alone[0].response is None:
            self._cannot("the second connection's own sync failed", *scenarios)
            return
        turns = [
            self._pages(Scenario.INTERLEAVED, self._script.secrets, len(first)),
            self._pages(Scenario.INTERLEAVED_OTHER, other, len(alone)),
        ]
        while turns:
            turns = [pages for pages in turns if next(pages, None)]

    def _pages(self, scenario: Scenario, secrets: Mapping[str, Json], most: int) -> Iterator[Exchange]:
        """Read a sync page by page, a call at each step."""
        state: State = {}
        sync_id = str(uuid.uuid4())
        for _ in range(most):
            self._script.watch(scenario)
            exchange = self._send(self._players.function, scenario, self._request(state, secrets, sync_id=sync_id))
            yield exchange
            page = exchange.response
            if page is None or not page.has_more:
                return
            state = page.state

    def _bad_credentials(self, first: list[Exchange]) -> None:
        """Wrong secrets, in a process that has seen the right ones."""
        function, script = self._players.function, self._script
        wrong = with_wrong_secrets(script.secrets, script.public_keys)
        if wrong is None:
            reason = "the configuration has no secret that could be wrong"
            self._cannot(reason, Scenario.BAD_CREDENTIALS, Scenario.SETUP_TEST_BAD_CREDENTIALS)
            return
        changed = {key: value for key, value in wrong.items() if value != script.secrets[key]}
        self._canaries += hidden_values(changed, script.public_keys)
        script.watch(Scenario.BAD_CREDENTIALS)
        self._send(function, Scenario.SETUP_TEST_BAD_CREDENTIALS, self._setup_test(wrong))
        for state in ({}, *(page.state for exchange in first[-1:] if (page := exchange.response))):
            self._send(function, Scenario.BAD_CREDENTIALS, self._request(state, wrong))

    def _source_down(self) -> None:
        """The right secrets, and a source at whose address nothing answers."""
        function, script = self._players.impatient, self._script
        with dead_address() as address:
            dead = with_source_at(script.secrets, address)
            if dead is None:
                reason = "no setting is the source's address, so it cannot be made to look down"
                self._cannot(reason, Scenario.SETUP_TEST_SOURCE_DOWN, Scenario.SOURCE_DOWN)
                return
            self._send(function, Scenario.SETUP_TEST_SOURCE_DOWN, self._setup_test(dead))
            self._send(function, Scenario.SOURCE_DOWN, self._request({}, dead))

    def _request(self, state: State, secrets: Mapping[str, Json], sync_id: str | None = None) -> dict[str, Json]:
        agent = agent_of(EXTERNAL_ID, self._script.connection)
        return {
            "agent": agent,
            "state": dict(state),
            "secrets": dict(secrets),
            "sync_id": sync_id or str(uuid.uuid4()),
            "setup_test": False,
        }

    def _setup_test(self, secrets: Mapping[str, Json]) -> dict[str, Json]:
        return {**_without(self._request({}, secrets), "sync_id"), "setup_test": True}

    def _unfinished(self, first: list[Exchange]) -> str:
        if first[-1].response is None:
            return f"the sync broke off at its call {len(first)}"
        if len(first) >= self._script.max_calls:
            return f"the sync had not ended after {len(first)} calls (--max-calls reads further)"
        return "the sync goes round and has no end"

    def _cannot(self, reason: str, *scenarios: Scenario) -> None:
        self._gaps.update(dict.fromkeys(scenarios, reason))


def _without(request: dict[str, Json], key: str) -> dict[str, Json]:
    return {name: value for name, value in request.items() if name != key}

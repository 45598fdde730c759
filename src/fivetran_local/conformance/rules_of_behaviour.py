"""Rules about pages that follow one another: does a sync end, and can it be repeated, resumed and shared?"""

from collections.abc import Iterable, Iterator

from fivetran_local.conformance.effects import Columns, Effect, changed_columns, effect_of
from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding, outcome
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.states import moved_back, same_but_for_tokens
from fivetran_local.conformance.way import Way
from fivetran_local.exchanges import Exchange
from fivetran_local.json_text import canonical
from fivetran_protocol import Finding, FunctionResponse


def sync_succeeds(evidence: Evidence) -> Iterator[Finding]:
    """Ordinary calls with good credentials are answered with pages."""
    for exchange in evidence.of(Scenario.SYNC, Scenario.SECOND_SYNC):
        if not exchange.succeeded:
            advice = "a sync with good credentials has to succeed; see the function's log"
            yield finding(exchange, f"the call failed: {outcome(exchange)}", advice)


def ends(evidence: Evidence) -> Iterator[Finding]:
    """A sync comes to its end: states move, do not return, and empty pages do not go on."""
    for scenario in (Scenario.SYNC, Scenario.SECOND_SYNC):
        yield from _endless(list(evidence.of(scenario)), evidence.limits.max_consecutive_empty_responses)
    calls = list(evidence.of(Scenario.SYNC))
    page = calls[-1].response if calls else None
    if page is None:
        raise CannotRunError(f"the sync broke off at its call {len(calls)}")
    if page.has_more:
        raise CannotRunError(f"the sync had not ended after {len(calls)} calls (--max-calls reads further)")


def _endless(exchanges: list[Exchange], most_empty: int) -> Iterator[Finding]:
    states: dict[str, Exchange] = {}
    rows: dict[str, Exchange] = {}
    empty = 0
    for exchange in exchanges:
        page = exchange.response
        if page is None or not page.has_more:
            return
        states.setdefault(canonical(exchange.state_sent), exchange)
        if canonical(page.state) == canonical(exchange.state_sent):
            advice = "move the state with every page, or set hasMore to false"
            yield finding(exchange, "hasMore is true and the state has not moved", advice, "state")
            return
        if before := states.get(canonical(page.state)):
            seen = f"hasMore is true and the state is the one that call {before.number} was made with"
            yield finding(exchange, seen, "the sync would go round for six hours: a state must not return", "state")
            return
        empty = empty + 1 if page.is_empty else 0
        if empty > most_empty:
            advice = f"Fivetran ends the sync after {most_empty}: set hasMore to false when there is nothing more"
            yield finding(exchange, f"{empty} pages in a row had no row and said hasMore", advice)
            return
        if not page.is_empty and (earlier := rows.setdefault(_rows_of(page), exchange)) is not exchange:
            seen = f"hasMore is true and the rows are those of call {earlier.number}, with another state"
            yield finding(exchange, seen, "the source is read in a circle: use the state to ask for the next page")
            return


def same_answer(evidence: Evidence) -> Iterator[Finding]:
    """The same request, twice, gets the same answer."""
    for number, repeats in evidence.about(Scenario.REPEAT).items():
        first = evidence.numbered(number)
        for repeat in repeats:
            if difference := _difference(first, repeat):
                advice = "an answer may depend on its request and the source alone: Fivetran may ask twice"
                yield finding(repeat, f"the same request {difference}", advice)
                break


def page_twice(evidence: Evidence) -> Iterator[Finding]:
    """A page that is delivered twice or three times adds no row."""
    for number, repeats in evidence.about(Scenario.REPEAT).items():
        first = evidence.numbered(number).response
        if first is None:
            continue
        pages = [first, *(page for repeat in repeats if (page := repeat.response))]
        once, again = effect_of(pages[:1]).keyed.keys(), effect_of(pages).keyed.keys()
        if more := len(again - once):
            table = min(again - once)[0]
            advice = "take keys from the source: keys that are made up double every row of a page that is read again"
            seen = f"delivered {len(pages)} times, a page leaves {more} rows more in '{table}'"
            yield finding(repeats[0], seen, advice)


def resumes(evidence: Evidence) -> Iterator[Finding]:
    """From the state after any page, a fresh process comes to the same tables."""
    sync = [(exchange.number, page) for exchange in evidence.of(Scenario.SYNC) if (page := exchange.response)]
    pages = [page for _, page in sync]
    unstable = evidence.unstable_columns
    way = Way(pages, unstable)
    after = {number: place + 1 for place, (number, _) in enumerate(sync)}
    advice = "all that a call needs to know has to be in its state, not in the process"
    for number, walk in evidence.about(Scenario.RESUME).items():
        if number not in after:
            continue
        failed = next((exchange for exchange in walk if not exchange.succeeded), None)
        if failed:
            yield finding(failed, f"in a fresh process the call failed: {outcome(failed)}", advice)
            continue
        walked = [page for exchange in walk if (page := exchange.response)]
        rest = pages[after[number] : _end_of(walked, way, after[number])]
        if difference := effect_of(rest, unstable).difference(effect_of(walked, unstable)):
            yield finding(walk[0], f"a fresh process ends in other tables: {difference}", advice)


def _end_of(walked: list[FunctionResponse], way: Way, start: int) -> int | None:
    """Return the place behind the last page of the sync that a walk is compared with; None for the sync's own end."""
    last = start + len(walked) - 1
    met = way.met_at(walked[-1], last) if walked else None
    if met is not None:
        return met + 1 if met >= start else None
    return last + 1 if walked and walked[-1].has_more else None  # it was not walked further


def future_state(evidence: Evidence) -> Iterator[Finding]:
    """A state from the future neither breaks a function nor is moved back by it."""
    advice = "answer with an empty page and the state as it came: the source will catch up"
    return _unusual_state(evidence, Scenario.FUTURE_STATE, advice)


def newer_state(evidence: Evidence) -> Iterator[Finding]:
    """A state of a newer version neither breaks a function nor is moved back by it."""
    advice = "ignore keys that it does not know: whoever goes back a version leaves such states"
    return _unusual_state(evidence, Scenario.NEWER_STATE, advice)


def _unusual_state(evidence: Evidence, scenario: Scenario, advice: str) -> Iterator[Finding]:
    counters = {
        place
        for exchange in evidence.of(Scenario.SYNC, Scenario.SECOND_SYNC)
        if (page := exchange.response)
        for place in moved_back(exchange.state_sent, page.state)
    }  # an ordinary sync moves them back itself, as a page's number at its end
    for exchange in evidence.of(scenario):
        page = exchange.response
        if page is None:
            yield finding(exchange, f"the call failed: {outcome(exchange)}", advice)
        elif places := [place for place in moved_back(exchange.state_sent, page.state) if place not in counters]:
            never = "never return less than what came in: rows would be read again, at every sync"
            yield finding(exchange, "the state was moved back", never, f"state.{places[0]}")


def separate_syncs(evidence: Evidence) -> Iterator[Finding]:
    """Two connections that share a process get what each gets alone."""
    unstable = evidence.unstable_columns
    for mixed, alone in (
        (Scenario.INTERLEAVED, Scenario.SYNC),
        (Scenario.INTERLEAVED_OTHER, Scenario.OTHER_SYNC),
    ):
        exchanges = list(evidence.of(mixed))
        failed = next((exchange for exchange in exchanges if not exchange.succeeded), None)
        advice = "keep nothing of one call for the next in the process: no global client, key or cursor"
        if failed:
            seen = f"in turns with another connection, the call failed: {outcome(failed)}"
            yield finding(failed, seen, advice)
            continue
        expected = _effect(list(evidence.of(alone))[: len(exchanges)], unstable)
        if difference := expected.difference(_effect(exchanges, unstable)):
            seen = f"in turns with another connection, the sync ends in other tables: {difference}"
            yield finding(exchanges[0], seen, advice)


def bad_credentials(evidence: Evidence) -> Iterator[Finding]:
    """A call with wrong credentials ends in an error report."""
    for exchange in evidence.of(Scenario.BAD_CREDENTIALS):
        if exchange.succeeded:
            advice = "answer a refused key with an error report: an empty success hides it for as long as it lasts"
            yield finding(exchange, "with every secret wrong, the call succeeded", advice)
        elif exchange.error is None:
            advice = "answer with errorMessage and errorType as JSON, or nobody sees what is wrong"
            yield finding(exchange, f"no error report: {outcome(exchange)}", advice)


def _rows_of(page: FunctionResponse) -> str:
    return canonical([page.insert, page.delete])


def _difference(first: Exchange, again: Exchange) -> str | None:
    """Say in a clause how another answer to the same request differs, without values of rows."""
    one, other = first.response, again.response
    if one is None or other is None:
        return None if one is other else f"ended in another way: {outcome(again)}"
    if not same_but_for_tokens(dict(one.state), dict(other.state)):
        return "returned another state"
    if one.has_more != other.has_more:
        return "returned another hasMore"
    if difference := effect_of([one]).difference(effect_of([other])):
        columns = sorted(column for _, column in changed_columns(one, other))
        return f"returned other rows: {difference}" + (f" (column '{columns[0]}')" if columns else "")
    return None


def _effect(exchanges: Iterable[Exchange], without: Columns) -> Effect:
    return effect_of((page for exchange in exchanges if (page := exchange.response)), without)

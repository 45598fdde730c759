"""Rules about pages that follow one another: does a sync end, and can it be repeated, resumed and shared?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fivetran_local.conformance.effects import Columns, Effect, canonical, content_of, effect_of, key_of
from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding, outcome
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.states import moved_back, same_but_for_tokens
from fivetran_local.exchanges import Exchange
from fivetran_protocol import Finding, FunctionResponse

_RESENT_SHARE: Final = 0.5
"""Beyond this share of the first sync's rows, a second sync has read everything again; below, or with a single row, it
overlaps a little."""


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
    sync = [exchange for exchange in evidence.of(Scenario.SYNC) if exchange.response]
    unstable = _unstable_columns(evidence)
    position = {exchange.number: index for index, exchange in enumerate(sync)}
    for number, walk in evidence.about(Scenario.RESUME).items():
        if number not in position:
            continue
        failed = next((exchange for exchange in walk if not exchange.succeeded), None)
        if failed:
            seen = f"in a fresh process the call failed: {outcome(failed)}"
            yield finding(failed, seen, "all that a call needs to know has to be in its state, not in the process")
            continue
        pages = [page for exchange in walk if (page := exchange.response)]
        rest = sync[position[number] + 1 :]
        until = _meeting(rest, pages[-1]) if pages else len(rest)
        if difference := _effect(rest[:until], unstable).difference(effect_of(pages, unstable)):
            seen = f"a fresh process ends in other tables: {difference}"
            advice = "all that a call needs to know has to be in its state, not in the process"
            yield finding(walk[0], seen, advice)


def _meeting(rest: list[Exchange], last: FunctionResponse) -> int:
    """Return how many pages of the sync come to the state, and the end, that a walk came to; all where none does."""
    for index, exchange in enumerate(rest):
        page = exchange.response
        if page and canonical(page.state) == canonical(last.state) and page.has_more == last.has_more:
            return index + 1
    return len(rest)


def second_sync(evidence: Evidence) -> Iterator[Finding]:
    """A sync after a complete one reads only what is new."""
    if not any(exchange.response for exchange in evidence.of(Scenario.SECOND_SYNC)):
        raise CannotRunError("the second sync failed")
    kept_whole = {name for exchange in evidence.pages for name in _kept_whole(exchange)}
    unstable = _unstable_columns(evidence)
    first = _rows_by_table(evidence, Scenario.SYNC, unstable)
    for table, rows in _rows_by_table(evidence, Scenario.SECOND_SYNC, unstable).items():
        again = len(rows & first.get(table, set()))
        if table not in kept_whole and again > max(1, _RESENT_SHARE * len(first.get(table, ()))):
            exchange = next(evidence.of(Scenario.SECOND_SYNC))
            seen = f"{again} of the {len(first[table])} rows of '{table}' came again, unchanged"
            advice = (
                "keep in the state how far the source was read, also after the last page; a table that is meant to be "
                "sent whole belongs into softDelete"
            )
            yield finding(exchange, seen, advice)


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
    unstable = _unstable_columns(evidence)
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


def _unstable_columns(evidence: Evidence) -> set[tuple[str, str]]:
    """Return the columns that differ when a request is repeated, which is one finding, and not several."""
    return {
        column
        for number, repeats in evidence.about(Scenario.REPEAT).items()
        if (first := evidence.numbered(number).response)
        for repeat in repeats
        if repeat.response
        for column in _changed_columns(first, repeat.response)
    }


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
        columns = sorted(column for _, column in _changed_columns(one, other))
        return f"returned other rows: {difference}" + (f" (column '{columns[0]}')" if columns else "")
    return None


def _changed_columns(one: FunctionResponse, other: FunctionResponse) -> Iterator[tuple[str, str]]:
    """Yield the columns of keyed tables in which two answers differ, row by row."""
    for table, rows in one.insert.items():
        key = one.primary_key(table)
        if key and key == other.primary_key(table):
            again = {key_of(row, key): row for row in other.insert.get(table, ())}
            for row in rows:
                after = again.get(key_of(row, key), row)
                yield from ((table, name) for name in row.keys() | after.keys() if row.get(name) != after.get(name))


def _kept_whole(exchange: Exchange) -> tuple[str, ...]:
    page = exchange.response
    return page.soft_delete if page and isinstance(page.soft_delete, tuple) else ()


def _rows_by_table(evidence: Evidence, scenario: Scenario, without: Columns) -> Mapping[str, set[str]]:
    rows: dict[str, set[str]] = {}
    for exchange in evidence.of(scenario):
        if page := exchange.response:
            for table, sent in page.insert.items():
                rows.setdefault(table, set()).update(content_of(table, row, without) for row in sent)
    return rows


def _effect(exchanges: Iterable[Exchange], without: Columns) -> Effect:
    return effect_of((page for exchange in exchanges if (page := exchange.response)), without)

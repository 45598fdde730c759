"""Rules about a page alone: is it what Fivetran reads?"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Final

from fivetran_local.admission import Admission
from fivetran_local.conformance.evidence import Evidence
from fivetran_local.conformance.rule import CannotRunError, finding
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.exchanges import Exchange
from fivetran_local.function import constant_in
from fivetran_local.naming import column_name, table_name
from fivetran_protocol import Finding, FunctionResponse, Json

_SIXTY_FOUR_BITS: Final = range(-(2**63), 2**63)
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?")
_WORDS_OF_POSTGRESQL: Final = frozenset(
    {"user", "current_date", "current_role", "current_time", "current_timestamp", "current_user", "localtime",
     "localtimestamp", "session_user"}
)  # fmt: skip
_NAMES_ALL_THE_SAME: Final = {"columns", "generated", "map", "struct", "try_cast"}
"""DuckDB lists them with those that need quotes, and takes them without."""
_KINDS: Final = {bool: "booleans", int: "numbers", float: "numbers", str: "texts", dict: "JSON", list: "JSON"}


def _answers(evidence: Evidence) -> Iterator[Exchange]:
    """Yield the answers that claim to be pages: those to syncs and to a setup test with good credentials."""
    for exchange in evidence.of(Scenario.SYNC, Scenario.SECOND_SYNC, Scenario.SETUP_TEST):
        if exchange.status is not None and 200 <= exchange.status < 300 and exchange.error is None:
            yield exchange


def json_object(evidence: Evidence) -> Iterator[Finding]:
    """The body is a JSON object, and the content type says so."""
    for exchange in _answers(evidence):
        if exchange.undecodable and not constant_in(exchange.content):
            yield finding(exchange, "the answer is not JSON", "return a dict, or a JSON object with its content type")
        elif not exchange.undecodable:
            yield from _read(exchange, "not-an-object")
            if repeated := _repeated_key(exchange.content):
                seen = f"the key '{repeated}' stands twice in one object"
                yield finding(exchange, seen, "write it once: only one of them is kept")
            if not exchange.content_type.lower().startswith("application/json"):
                seen = f"the content type is '{exchange.content_type}'"
                yield finding(exchange, seen, "answer with Content-Type: application/json")


def finite_numbers(evidence: Evidence) -> Iterator[Finding]:
    """No NaN and no infinity."""
    for exchange in _answers(evidence):
        if exchange.undecodable and (constant := constant_in(exchange.content)):
            yield finding(exchange, f"the answer holds {constant}, which is not JSON", "send null instead")


def state_object(evidence: Evidence) -> Iterator[Finding]:
    """`state` is an object that comes back as it was given."""
    for exchange in _answers(evidence):
        yield from _read(exchange, "state-not-an-object")
        if exchange.response and _large_integers(exchange.response.state):
            advice = "keep it as text: whoever stores the state may round it"
            yield finding(exchange, "an integer beyond 64 bits", advice, "state")


def has_more(evidence: Evidence) -> Iterator[Finding]:
    """`hasMore` is a boolean in every page."""
    return _read_all(evidence, "has-more-missing", "has-more-as-text", "has-more-not-a-boolean")


def field_names(evidence: Evidence) -> Iterator[Finding]:
    """Every field is one that Fivetran reads."""
    return _read_all(evidence, "unknown-field", "unknown-schema-field")


def rows_by_table(evidence: Evidence) -> Iterator[Finding]:
    """`insert`, `delete` and `schema` are objects by table, and rows are lists of objects."""
    names = ("rows-not-by-table", "rows-not-a-list", "row-not-an-object", "table-without-a-name")
    return _read_all(evidence, *names, "schema-not-an-object", "table-not-an-object")


def delete_has_key(evidence: Evidence) -> Iterator[Finding]:
    """Rows are deleted by a key that `schema` declares."""
    yield from _read_all(evidence, "delete-without-schema")
    yield from _admitted(evidence, "delete-without-key")


def primary_key(evidence: Evidence) -> Iterator[Finding]:
    """A key is a list of columns, and every row has a scalar there."""
    return _read_all(evidence, "primary-key-not-a-list", "primary-key-repeats", "null-primary-key")


def primary_key_stable(evidence: Evidence) -> Iterator[Finding]:
    """A table has the same key in every page."""
    return _admitted(evidence, "primary-key-changed")


def primary_key_unique(evidence: Evidence) -> Iterator[Finding]:
    """No key stands twice in a page."""
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            key = page.primary_key(table)
            keys = [tuple(map(repr, (row.get(column) for column in key))) for row in rows] if key else []
            if twice := len(keys) - len(set(keys)):
                seen = f"{twice} {'row has' if twice == 1 else 'rows have'} the key of another row in the page"
                advice = "send one row for each key; if the last is meant to win, waive this rule and say so"
                yield finding(exchange, seen, advice, f"insert.{table}")
    yield from _admitted(evidence, "insert-and-delete")


def soft_delete_tables(evidence: Evidence) -> Iterator[Finding]:
    """`softDelete` names tables that the function fills."""
    yield from _read_all(evidence, "soft-delete-unreadable")
    known = {table for _, page in _pages(evidence) for table in (*page.schema, *page.insert)}
    for exchange, page in _pages(evidence):
        listed = page.soft_delete if isinstance(page.soft_delete, tuple) else ()
        for table in listed:
            if table not in known:
                seen = f"'{table}' is in softDelete, and no page has such a table"
                advice = "spell it as in 'insert'; one without rows at the moment belongs into 'schema'"
                yield finding(exchange, seen, advice, "softDelete")


def keyless_tables(evidence: Evidence) -> Iterator[Finding]:
    """Every table has a primary key."""
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            if rows and not page.primary_key(table):
                seen, advice = "no primary key", "declare one: without, every row that is read again is there twice"
                yield finding(exchange, f"'{table}' has {seen}", advice, f"insert.{table}")


def big_integers(evidence: Evidence) -> Iterator[Finding]:
    """No integer is beyond 64 bits."""
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            columns = {column for row in rows for column, value in row.items() if _large_integers(value)}
            for column in sorted(columns):
                seen = f"'{column}' holds integers beyond 64 bits"
                yield finding(exchange, seen, "send them as text: few warehouses hold them", f"insert.{table}")


def one_type(evidence: Evidence) -> Iterator[Finding]:
    """A column has values of one type; whole and other numbers count as one."""
    seen_kinds: dict[tuple[str, str], set[str]] = {}
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            for row in rows:
                for column, value in row.items():
                    kind = _KINDS.get(type(value))
                    before = seen_kinds.setdefault((table, column), set())
                    if kind and before and kind not in before:
                        seen = f"'{column}' holds {' and '.join(sorted({*before, kind}))}"
                        yield finding(exchange, seen, "the whole column becomes text: send one type", f"insert.{table}")
                    before |= {kind} if kind else set()


def naive_timestamps(evidence: Evidence) -> Iterator[Finding]:
    """Times say their zone."""
    columns: dict[str, dict[str, None]] = {}
    first: dict[str, Exchange] = {}
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            for row in rows:
                for column, value in row.items():
                    if isinstance(value, str) and _NAIVE.fullmatch(value):
                        columns.setdefault(table, {})[column] = None
                        first.setdefault(table, exchange)
    for table, exchange in first.items():
        names = ", ".join(f"'{column}'" for column in columns[table])
        advice = "add the zone ('Z' or '+00:00'), or waive this rule and say in which zone they are"
        yield finding(exchange, f"times without a zone in {names}", advice, f"insert.{table}")


def names_survive(evidence: Evidence) -> Iterator[Finding]:
    """Names stay apart after Fivetran's renaming, and apart from Fivetran's own columns."""
    names = ("table-names-collide", "column-names-collide", "system-column", "column-without-a-name")
    return _admitted(evidence, *names)


def reserved_words(evidence: Evidence) -> Iterator[Finding]:
    """No table and no column is called by a word of SQL."""
    said = set()
    for exchange, page in _pages(evidence):
        for table, rows in page.insert.items():
            if not rows:
                continue
            names = [("table", table, table_name(table))]
            names += [
                ("column", column, column_name(column)) for column in {name: None for row in rows for name in row}
            ]
            for kind, source, name in names:
                if name in _words_of_sql() and (kind, name) not in said:
                    said.add((kind, name))
                    advice = "every query has to quote it: rename it, or waive this rule"
                    yield finding(exchange, f"the {kind} '{source}' is a word of SQL", advice, f"insert.{table}")


def _pages(evidence: Evidence) -> Iterator[tuple[Exchange, FunctionResponse]]:
    pages = [(exchange, exchange.response) for exchange in evidence.pages if exchange.response]
    if not pages:
        raise CannotRunError("no page of the sync could be read")
    return iter(pages)


def _read_all(evidence: Evidence, *names: str) -> Iterator[Finding]:
    for exchange in _answers(evidence):
        yield from _read(exchange, *names)


def _read(exchange: Exchange, *names: str) -> Iterator[Finding]:
    """Yield what reading the answer found under these names."""
    for found in exchange.reading.findings:
        if found.rule in names:
            yield finding(exchange, found.seen, found.advice, found.where)


def _admitted(evidence: Evidence, *names: str) -> Iterator[Finding]:
    """Yield what Fivetran would refuse of pages, given those before them."""
    admission = Admission({})
    for exchange, page in _pages(evidence):
        for found in admission.admit(page):
            if found.rule in names:
                yield finding(exchange, found.seen, found.advice, found.where)


def _large_integers(value: Json | Mapping[str, Json]) -> bool:
    if isinstance(value, Mapping):
        return any(map(_large_integers, value.values()))
    if isinstance(value, list):
        return any(map(_large_integers, value))
    return isinstance(value, int) and value not in _SIXTY_FOUR_BITS


def _repeated_key(content: bytes) -> str | None:
    """Return a key that stands twice in an object of a body: decoders keep one of the two and say nothing."""
    repeated: list[str] = []

    def pairs(items: Iterable[tuple[str, Json]]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in items:
            if key in found:
                repeated.append(key)
            found[key] = value
        return found

    with suppress(RecursionError):  # an answer may be nested deeper than this decoder goes
        json.loads(content, object_pairs_hook=pairs)
    return repeated[0] if repeated else None


@cache
def _words_of_sql() -> frozenset[str]:
    """Return what DuckDB does not take as a name without quotes, and what PostgreSQL does not besides."""
    import duckdb

    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
    with duckdb.connect() as database:
        words = {str(word) for (word,) in database.execute(query).fetchall()}
    return _WORDS_OF_POSTGRESQL | (words - _NAMES_ALL_THE_SAME)

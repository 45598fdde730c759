"""What Fivetran would refuse of a response that only shows against what came before it.

`fivetran_protocol.read_response` judges a response alone. Admission knows the tables of the warehouse and of this
sync, and judges each response at its arrival, before it is gathered with others, so that the pages before a refused
one still land.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fivetran_local.naming import SYSTEM_COLUMNS, collisions, column_name, table_name
from fivetran_protocol import Finding, FunctionResponse, Row, Severity

_START_OVER: Final = "start over with `./fivetran reset` (a re-sync in production)"


class Admission:
    """The judge of one sync's responses.

    Args:
        known_keys: primary key of each table that has rows, by the names that the function gives both.
        refuse_collisions: refuse two names that Fivetran's naming makes one. Fivetran itself merges them, and one of
            the two is lost; this knob is the local Fivetran's own.
    """

    def __init__(self, known_keys: Mapping[str, tuple[str, ...]], *, refuse_collisions: bool = True) -> None:
        self._keys = dict(known_keys)
        self._refuse_collisions = refuse_collisions
        self._tables = {table_name(source): source for source in known_keys}
        self._columns: dict[str, set[str]] = {}
        self._names: dict[str, dict[str, str]] = {}

    def admit(self, response: FunctionResponse) -> list[Finding]:
        """What is wrong with a response, given those admitted before it. It is remembered unless it is refused."""
        findings: list[Finding] = []
        arriving = {name: response.primary_key(name) for name, rows in response.insert.items() if rows}
        for name, key in arriving.items():
            findings += self._table_findings(name, key, f"insert.{name}")
        for name, rows in response.delete.items():
            if rows:
                key = response.primary_key(name)
                findings += self._delete_findings(name, key, arriving)
                findings += _undone(response.insert.get(name, ()), rows, key, f"delete.{name}")
        for name in arriving:
            findings += self._column_findings(name, response.insert[name])
        if all(finding.severity is not Severity.REFUSED for finding in findings):
            self._keys.update(arriving)
        return findings

    def _table_findings(self, name: str, key: tuple[str, ...], where: str) -> Iterator[Finding]:
        known = self._keys.get(name)
        if known is not None and set(known) != set(key):
            seen = f"the primary key was {_list(known)} and is now {_list(key)}"
            advice = f"declare the same key in every response that has rows of the table, or {_START_OVER}"
            yield Finding("primary-key-changed", seen, advice, where)
        first = self._tables.setdefault(table_name(name), name)
        if first != name and self._refuse_collisions:
            seen = f"the tables '{first}' and '{name}' are both called '{table_name(name)}' in the warehouse"
            yield Finding("table-names-collide", seen, "rename one of them in the function", where)

    def _delete_findings(self, name: str, key: tuple[str, ...], arriving: Mapping[str, object]) -> Iterator[Finding]:
        where = f"delete.{name}"
        if not key:
            advice = "declare the table's primary_key in 'schema', or Fivetran cannot tell which rows to delete"
            yield Finding("delete-without-key", "rows to delete from a table without a primary key", advice, where)
        elif name not in arriving:
            yield from self._table_findings(name, key, where)

    def _column_findings(self, name: str, rows: Sequence[Row]) -> Iterator[Finding]:
        seen = self._columns.setdefault(name, set())
        if all(map(seen.issuperset, rows)):
            return
        fresh = [column for column in dict.fromkeys(column for row in rows for column in row) if column not in seen]
        where = f"insert.{name}"
        refused = False
        for column in fresh:
            if not column:
                refused = True
                yield Finding("column-without-a-name", "a column's name is empty", "name it", where)
            elif column_name(column) in SYSTEM_COLUMNS:
                refused = True
                advice = "Fivetran fills that column itself: rename yours"
                yield Finding("system-column", f"the column '{column}' is one of Fivetran's", advice, where)
        if self._refuse_collisions:
            for first, second in collisions(fresh, self._names.setdefault(name, {})):
                refused = True
                text = f"the columns '{first}' and '{second}' are both called '{column_name(second)}' in the warehouse"
                yield Finding("column-names-collide", text, "rename one of them in the function", where)
        if not refused:
            seen.update(fresh)


def _undone(inserted: Sequence[Row], deleted: Sequence[Row], key: tuple[str, ...], where: str) -> Iterator[Finding]:
    if not inserted or not key:
        return
    keys = {tuple(row.get(column) for column in key) for row in inserted}
    both = sum(tuple(row.get(column) for column in key) in keys for row in deleted)
    if both:
        seen = f"{both} of the rows to delete are inserted by the same response"
        advice = "deletes follow inserts, so these rows end deleted"
        yield Finding("insert-and-delete", seen, advice, where, Severity.WARNING)


def _list(key: tuple[str, ...]) -> str:
    return ", ".join(f"'{column}'" for column in key) or "none"

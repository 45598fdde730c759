"""What a run of pages does to the tables, whatever was in them before."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from fivetran_local.json_text import canonical
from fivetran_protocol import FunctionResponse, Json, Row

Columns: TypeAlias = Collection[tuple[str, str]]
"""Columns of tables, as pairs of both names."""

DELETED = "deleted"
"""Stands where a row is deleted; no row looks so, since a row's text is an object."""


@dataclass(slots=True)
class Effect:
    """For each row that is named by a key, its last content; rows without a key, and how often each came."""

    keyed: dict[tuple[str, str], str] = field(default_factory=dict)
    """By table and key: the row as canonical JSON, or DELETED."""
    appended: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By table and row."""

    def difference(self, other: "Effect") -> str | None:
        """Say in a clause how another effect differs from this one, without a value of a row; None when it does not."""
        missing, added = self.keyed.keys() - other.keyed.keys(), other.keyed.keys() - self.keyed.keys()
        changed = [at for at in self.keyed.keys() & other.keyed.keys() if self.keyed[at] != other.keyed[at]]
        parts = [
            f"{_rows(found)} {what} in '{min(found)[0]}'"
            for found, what in ((missing, "missing"), (added, "more"), (changed, "different"))
            if found
        ]
        if self.appended != other.appended:
            tables = {table for table, _ in (self.appended - other.appended) + (other.appended - self.appended)}
            parts.append(f"other rows in '{min(tables)}'")
        return ", ".join(parts) or None


def effect_of(pages: Iterable[FunctionResponse], without: Columns = ()) -> Effect:
    """Apply pages in order: within each, deletes follow inserts, and the last row of a key wins.

    Args:
        pages: What the function answered.
        without: Columns whose values are not looked at.
    """
    effect = Effect()
    for page in pages:
        for table, rows in page.insert.items():
            key = page.primary_key(table)
            for row in rows:
                if key:
                    effect.keyed[table, key_of(row, key)] = content_of(table, row, without)
                else:
                    effect.appended[table, content_of(table, row, without)] += 1
        for table, rows in page.delete.items():
            key = page.primary_key(table)
            for row in rows:
                effect.keyed[table, key_of(row, key)] = DELETED
    return effect


def changed_columns(one: FunctionResponse, other: FunctionResponse) -> Iterator[tuple[str, str]]:
    """Yield the columns of keyed tables in which two answers differ, row by row."""
    for table, rows in one.insert.items():
        key = one.primary_key(table)
        if key and key == other.primary_key(table):
            again = {key_of(row, key): row for row in other.insert.get(table, ())}
            for row in rows:
                after = again.get(key_of(row, key), row)
                yield from ((table, name) for name in row.keys() | after.keys() if row.get(name) != after.get(name))


def key_of(row: Mapping[str, Json], key: Iterable[str]) -> str:
    """Return a row's key as text: 1, 1.0 and "1" are three keys here, true is a fourth."""
    return json.dumps([row.get(column) for column in sorted(key)])


def content_of(table: str, row: Row, without: Columns = ()) -> str:
    """Return a row as text, but for some columns."""
    return canonical({name: value for name, value in row.items() if (table, name) not in without} if without else row)


def _rows(found: Iterable[object]) -> str:
    count = len(list(found))
    return "1 row" if count == 1 else f"{count} rows"

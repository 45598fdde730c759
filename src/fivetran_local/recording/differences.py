"""What differs between a recorded answer and today's to the same request."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from fivetran_local.exchanges import Exchange
from fivetran_local.json_text import canonical
from fivetran_protocol import ErrorReport, Json, kind_of
from fivetran_protocol.response import ROOT_FIELDS

_MOST_SHOWN: Final = 3
_LONGEST_SHOWN: Final = 300

_Rows = Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is no longer as it was recorded."""

    where: str
    """The part of the answer, as a dotted path: "insert.users"."""
    text: str
    """What became of it, in a clause; without values of rows."""
    values: tuple[str, ...] = ()
    """A few of the rows that differ, with their keys and values."""

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def differences(recorded: Exchange, today: Exchange, *, ignored: Collection[str] = ()) -> Iterator[Difference]:
    """Compare two answers; seconds and log are not compared, nor is the order of rows with different keys.

    Args:
        recorded: The exchange of the recording.
        today: The same request's exchange, masked in the same way.
        ignored: Columns of rows that are not compared.
    """
    if (recorded.status, recorded.failure) != (today.status, today.failure):
        yield Difference("status", f"{_outcome(recorded)} became {_outcome(today)}")
    before, after = recorded.document, today.document
    if recorded.error or today.error:
        if recorded.error and today.error:
            yield from _errors(recorded.error, today.error)
        elif recorded.status == today.status:
            yield Difference("errorMessage", f"{_outcome(recorded)} became {_outcome(today)}")
    elif isinstance(before, dict) and isinstance(after, dict) and recorded.succeeded and today.succeeded:
        yield from _pages(before, after, frozenset(ignored))
    elif recorded.status == today.status and recorded.content != today.content:
        yield Difference("answer", f"{_described(recorded)} became {_described(today)}")


def _errors(recorded: ErrorReport, today: ErrorReport) -> Iterator[Difference]:
    for where, before, after in (
        ("errorMessage", recorded.message, today.message),
        ("errorType", recorded.type, today.type),
    ):
        if before != after:
            yield Difference(where, f"{_short(before)} became {_short(after)}")


def _pages(before: Mapping[str, Json], after: Mapping[str, Json], ignored: frozenset[str]) -> Iterator[Difference]:
    keys = _keys(before) | _keys(after)
    fields = dict.fromkeys((*ROOT_FIELDS, *before, *after))
    for field in (one for one in fields if one in before or one in after):
        old, new = before.get(field), after.get(field)
        if field in {"insert", "delete"} and isinstance(old or {}, dict) and isinstance(new or {}, dict):
            yield from _tables(field, old or {}, new or {}, keys, ignored)  # type: ignore[arg-type]  # just seen
        elif field not in before or field not in after:
            yield Difference(field, "is new" if field not in before else "is gone")
        elif field == "state" and isinstance(old, dict) and isinstance(new, dict):
            yield from _states(old, new)
        elif not same(old, new):
            if field in ROOT_FIELDS and field not in {"insert", "delete"}:
                yield Difference(field, f"{_short(old)} became {_short(new)}")
            else:
                yield Difference(
                    field, f"{kind_of(old)} became {'another' if kind_of(old) == kind_of(new) else kind_of(new)}"
                )


def _states(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        if name not in before or name not in after or not same(before[name], after[name]):
            yield Difference(f"state.{name}", f"{_value(before, name)} became {_value(after, name)}")


def _tables(
    field: str,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    keys: Mapping[str, tuple[str, ...]],
    ignored: frozenset[str],
) -> Iterator[Difference]:
    for table in dict.fromkeys((*before, *after)):
        old, new = before.get(table, []), after.get(table, [])
        where = f"{field}.{table}"
        if not _are_rows(old) or not _are_rows(new):
            if not same(old, new):
                yield Difference(where, "is not a list of rows, and not what it was")
            continue
        yield from _rows(where, _without(old, ignored), _without(new, ignored), keys.get(table, ()))


def _rows(where: str, before: _Rows, after: _Rows, key: tuple[str, ...]) -> Iterator[Difference]:
    if same(before, after):
        return
    if not key:
        gone, new = _counted(before), _counted(after)
        yield from _counts(where, list((gone - new).elements()), list((new - gone).elements()))
        return
    old, now = _by_key(before, key), _by_key(after, key)
    yield from _counts(where, [name for name in old if name not in now], [name for name in now if name not in old])
    changed = {
        name: columns for name, rows in old.items() if name in now and (columns := _changed_columns(rows, now[name]))
    }
    if changed:
        counts = Counter(column for columns in changed.values() for column in columns)
        columns_text = ", ".join(f"{column} ({number})" for column, number in counts.most_common())
        shown = [
            _change(name, columns, old[name][-1], now[name][-1])
            for name, columns in islice(changed.items(), _MOST_SHOWN)
        ]
        yield Difference(where, f"{_plural(len(changed))} changed in {columns_text}", tuple(shown))


def _counts(where: str, gone: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    if gone:
        yield Difference(
            where, f"{_plural(len(gone))} missing", tuple(f"missing {name}" for name in gone[:_MOST_SHOWN])
        )
    if new:
        yield Difference(where, f"{_plural(len(new))} more", tuple(f"more {name}" for name in new[:_MOST_SHOWN]))


def _changed_columns(before: _Rows, after: _Rows) -> list[str]:
    if len(before) != len(after):
        return ["(how often the row is sent)"]
    pairs = zip(before, after, strict=True)
    return list(
        dict.fromkeys(
            column
            for old, new in pairs
            for column in (*old, *new)
            if column not in old or column not in new or not same(old[column], new[column])
        )
    )


def _change(name: str, columns: Sequence[str], before: Mapping[str, Json], after: Mapping[str, Json]) -> str:
    parts = [f"{column} {_value(before, column)} became {_value(after, column)}" for column in columns[:_MOST_SHOWN]]
    return f"{name}: {', '.join(parts)}"


def _value(row: Mapping[str, Json], column: str) -> str:
    return _short(row[column]) if column in row else "nothing"


def same(one: object, other: object) -> bool:
    """Tell whether two documents are the same JSON: 1 is neither true nor 1.0, and the order of keys is nothing."""
    return canonical(one) == canonical(other)


def _counted(rows: _Rows) -> Counter[str]:
    return Counter(canonical(row) for row in rows)


def _by_key(rows: _Rows, key: tuple[str, ...]) -> dict[str, list[Mapping[str, Json]]]:
    found: dict[str, list[Mapping[str, Json]]] = {}
    for row in rows:
        found.setdefault(canonical({column: row.get(column) for column in key}), []).append(row)
    return found


def _keys(page: Mapping[str, Json]) -> dict[str, tuple[str, ...]]:
    schema = page.get("schema")
    keys = {}
    for table, declared in schema.items() if isinstance(schema, dict) else ():
        columns = declared.get("primary_key") if isinstance(declared, dict) else None
        if isinstance(columns, list) and columns and all(isinstance(column, str) for column in columns):
            keys[table] = tuple(map(str, columns))
    return keys


def _are_rows(rows: Json) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def _without(rows: Json, ignored: frozenset[str]) -> _Rows:
    known: _Rows = rows  # type: ignore[assignment]  # _are_rows has seen it
    if not ignored:
        return known
    return [{column: value for column, value in row.items() if column not in ignored} for row in known]


def _outcome(exchange: Exchange) -> str:
    if exchange.status is None:
        return f"no answer ({exchange.failure})"
    return f"{exchange.status} ({_short(str(exchange.error))})" if exchange.error else str(exchange.status)


def _described(exchange: Exchange) -> str:
    kind = kind_of(exchange.document) if exchange.document is not None else "no JSON"
    return f"{kind} of {len(exchange.content)} bytes"


def _plural(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _short(value: object) -> str:
    text = canonical(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"

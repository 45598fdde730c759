"""Which records somebody looks for: conditions by a column's kind, and one search through all texts.

What somebody types is bound, never pattern: a per cent sign is a per cent sign. Each condition's placeholders begin
with its `name`, so that many of them fit into one query.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from cohort.filters import Condition, Filters
from warehouse.protocol import Column
from warehouse.query import Value


def quoted(name: str) -> str:
    """Return a column's name as an identifier: names are the warehouse's own words, and may be anything."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def found(columns: Iterable[Column], text: str, name: str = "search") -> Condition:
    """Return the condition that one of these text columns contains `text`, whatever the case of either."""
    names = tuple(column.name for column in columns)
    parts = [f"strpos(lower({quoted(column)}), lower(:{name})) > 0" for column in names]
    return Condition(" or ".join(parts) or "false", {name: text} if names else {}, names)


def contains(column: Column, text: str, name: str) -> Condition:
    """Return the condition that a text column contains `text`, whatever the case of either."""
    return found((column,), text, name)


def one_of(column: Column, values: Sequence[str], name: str) -> Condition:
    """Return the condition that a text column is one of these, exactly."""
    bound: dict[str, Value] = {f"{name}_{place}": value for place, value in enumerate(values)}
    marks = ", ".join(f":{mark}" for mark in bound)
    return Condition(f"{quoted(column.name)} in ({marks})" if values else "false", bound, (column.name,))


def between(column: Column, low: Value, high: Value, name: str) -> Condition:
    """Return the condition that a number or a day is in a range, both ends included, each of which may be None.

    The days of a column with a time of day are whole days, in UTC.
    """
    here, parts, bound = quoted(column.name), [], dict[str, Value]()
    timed = column.kind == "time"
    if low is not None:
        bound[f"{name}_low"] = low
        parts.append(f"{here} >= {_bound(f'{name}_low', timed=timed)}")
    if timed and isinstance(high, date):
        # The calendar's last day has no next one: it bounds nothing.
        high = high + timedelta(days=1) if high < date.max else None
    if high is not None:
        bound[f"{name}_high"] = high
        parts.append(f"{here} {'<' if timed else '<='} {_bound(f'{name}_high', timed=timed)}")
    return Condition(" and ".join(parts) or f"{here} is not null", bound, (column.name,))


def true(column: Column) -> Condition:
    """Return the condition that a boolean column is true."""
    return Condition(quoted(column.name), {}, (column.name,))


def false(column: Column) -> Condition:
    """Return the condition that a boolean column is false, which is not the same as empty."""
    return Condition(f"not {quoted(column.name)}", {}, (column.name,))


def empty(column: Column) -> Condition:
    """Return the condition that a column says nothing: it is null or, in a text column, a text without characters."""
    here = quoted(column.name)
    return Condition(f"{here} is null" + (f" or {here} = ''" if column.kind == "text" else ""), {}, (column.name,))


def filled(column: Column) -> Condition:
    """Return the condition that a column says something."""
    here = quoted(column.name)
    return Condition(
        f"{here} is not null" + (f" and {here} <> ''" if column.kind == "text" else ""), {}, (column.name,)
    )


def every(filters: Filters, conditions: Iterable[Condition] = ()) -> Condition:
    """Return the condition that all of these hold, and those of the sidebar."""
    conditions = tuple(conditions)
    whole = filters.where(*(condition.sql for condition in conditions))
    parameters = {**whole.parameters}
    for condition in conditions:
        parameters.update(condition.parameters)
    columns = (*whole.columns, *(name for condition in conditions for name in condition.columns))
    return Condition(whole.sql, parameters, tuple(dict.fromkeys(columns)))


def _bound(name: str, *, timed: bool) -> str:
    return f"cast(:{name} as timestamp)" if timed else f":{name}"

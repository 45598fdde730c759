"""A page of records as a table: each column as its kind wants it, and every text as text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

import pandas as pd
import streamlit as st

from cohort.columns import unit
from views.explorer_filters import titled
from views.text import cell, shown
from warehouse.protocol import Column, Kind
from warehouse.query import Row

ROW_PIXELS: Final = 35
MOST_PIXELS: Final = 26 * ROW_PIXELS + 3
"""The table's height: 25 rows and the header; of more rows, the table scrolls."""

_SAFE: Final = 2**53
"""Integers beyond it a browser rounds: they are shown as text."""
_TYPES: Final[Mapping[Kind, str]] = {"integer": "Int64", "number": "Float64", "boolean": "boolean"}


def draw(rows: Sequence[Row], columns: Sequence[Column], *, key: str) -> None:
    """Draw records whose cells are `cell_0`, `cell_1` and so on, in the order of `columns`."""
    made = [_column(column, [row[f"cell_{place}"] for row in rows]) for place, column in enumerate(columns)]
    frame = pd.DataFrame({str(place): series for place, (series, _) in enumerate(made)})
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=min(ROW_PIXELS * (len(rows) + 1) + 3, MOST_PIXELS),
        row_height=ROW_PIXELS,
        column_config={str(place): config for place, (_, config) in enumerate(made)},
        key=key,
    )


def _column(column: Column, values: list[Any]) -> tuple["pd.Series[Any]", Any]:
    title, config = shown(titled(column.name)), st.column_config
    match column.kind:
        case "integer" if any(value is not None and abs(value) >= _SAFE for value in values):
            return _texts(values), config.TextColumn(title)
        case "integer" | "number":
            form = "dollar" if unit(column.name) == "USD" else _digits(values) if column.kind == "number" else None
            return pd.Series(values, dtype=_TYPES[column.kind]), config.NumberColumn(title, format=form)
        case "boolean":
            return pd.Series(values, dtype=_TYPES["boolean"]), config.CheckboxColumn(title)
        case "date":
            return pd.Series(values, dtype="object"), config.DateColumn(title, format="YYYY-MM-DD")
        case "time":
            return _times(title, values)
    return _texts(values), config.TextColumn(title)


def _digits(values: list[Any]) -> str | None:
    """Return the format that gives a column's numbers as many digits as the longest has, where those are few."""
    written = [repr(float(value)) for value in values if value is not None]
    if not written or any("e" in word or "n" in word for word in written):
        return None
    return f"%.{min(max(len(word.partition('.')[2]) for word in written), 4)}f"


def _times(title: str, values: list[Any]) -> tuple["pd.Series[Any]", Any]:
    at = [value.astimezone(UTC).replace(tzinfo=None) if value and value.tzinfo else value for value in values]
    if all(value is None or value.time() == time.min for value in at):
        days: list[date | None] = [value.date() if isinstance(value, datetime) else None for value in at]
        return pd.Series(days, dtype="object"), st.column_config.DateColumn(title, format="YYYY-MM-DD")
    series = pd.Series(at, dtype="datetime64[us]")
    return series, st.column_config.DatetimeColumn(f"{title} (UTC)", format="YYYY-MM-DD HH:mm")


def _texts(values: list[Any]) -> "pd.Series[Any]":
    return pd.Series([None if value is None else cell(str(value)) for value in values], dtype="object")

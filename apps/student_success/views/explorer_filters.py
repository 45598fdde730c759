"""Which records the explorer shows: the search, and a filter for each column that somebody chose."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cohort.columns import label, unit
from cohort.filters import Condition
from explorer import matching
from views import kept
from views.text import plain
from warehouse.protocol import Column, Kind

MOST_FILTERS: Final = 8
"""More columns than somebody can keep in mind at once."""
MOST_VALUES: Final = 50

_EMPTY: Final = ("is empty", "is not empty")
_WAYS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "text": ("contains", "is one of", *_EMPTY),
    "integer": ("is between", *_EMPTY),
    "number": ("is between", *_EMPTY),
    "date": ("is between", *_EMPTY),
    "time": ("is between", *_EMPTY),
    "boolean": ("is yes", "is no", *_EMPTY),
    "other": _EMPTY,
}


def chosen(columns: Sequence[Column]) -> list[Condition]:
    """Draw the search and the filters, and return what they say."""
    conditions = []
    texts = [column for column in columns if column.kind == "text"]
    left, right = st.columns(2)
    if texts:
        kept.begin("explorer_search", "")
        where = plain(f"Search in {', '.join(label(column.name) for column in texts)}")
        word = left.text_input(where, key="explorer_search", placeholder="Part of a text", icon=":material/search:")
        kept.keep("explorer_search")
        if word and word.strip():
            conditions.append(matching.found(texts, word.strip()))
    by_name = {column.name: column for column in columns}
    kept.begin("explorer_filtered", [], among=by_name)
    names = right.multiselect(
        "Filter by", list(by_name), format_func=label, max_selections=MOST_FILTERS, key="explorer_filtered",
        placeholder="Choose columns",
    )  # fmt: skip
    kept.keep("explorer_filtered")
    for place, name in enumerate(names):
        with st.container(border=True):
            condition = _chosen(by_name[name], f"match_{place}")
        if condition:
            conditions.append(condition)
    return conditions


def _chosen(column: Column, name: str) -> Condition | None:
    """Draw one column's filter. Returns None while nothing is asked of it."""
    key, ways = f"explorer_match_{column.name}", _WAYS[column.kind]
    kept.begin(key, ways[0], among=ways)
    left, *places = st.columns([1, 1, 1] if ways[0] == "is between" else [1, 2], vertical_alignment="bottom")
    way = left.selectbox(plain(titled(column.name)), ways, key=key)
    kept.keep(key)
    with places[0]:
        match way:
            case "is empty":
                return matching.empty(column)
            case "is not empty":
                return matching.filled(column)
            case "is yes":
                return matching.true(column)
            case "is no":
                return matching.false(column)
            case "contains":
                return _containing(column, key, name)
            case "is one of":
                return _one_of(column, key, name)
    return _between(column, key, name, places)


def _containing(column: Column, key: str, name: str) -> Condition | None:
    kept.begin(f"{key}_text", "")
    text = st.text_input("Text", key=f"{key}_text", label_visibility="collapsed", placeholder="Part of the text")
    kept.keep(f"{key}_text")
    return matching.contains(column, text, name) if text else None


def _one_of(column: Column, key: str, name: str) -> Condition | None:
    kept.begin(f"{key}_values", [])
    values = st.multiselect(
        "Values", list(st.session_state[f"{key}_values"]), key=f"{key}_values", accept_new_options=True,
        max_selections=MOST_VALUES, label_visibility="collapsed", placeholder="Type a value and press Enter",
    )  # fmt: skip
    kept.keep(f"{key}_values")
    return matching.one_of(column, values, name) if values else None


def _between(column: Column, key: str, name: str, places: Sequence[DeltaGenerator]) -> Condition | None:
    left, right = places
    with left:
        low = _end(column, "From", f"{key}_low")
    with right:
        high = _end(column, "To", f"{key}_high")
    return None if low is None and high is None else matching.between(column, low, high, name)


def _end(column: Column, words: str, key: str) -> date | float | None:
    kept.begin(key, None)
    if column.kind in ("date", "time"):
        day = st.date_input(words, value=None, key=key, min_value="1900-01-01", max_value="2199-12-31")
        kept.keep(key)
        return day
    number = st.number_input(words, value=None, step=1 if column.kind == "integer" else 0.01, key=key)
    kept.keep(key)
    return number


def titled(name: str) -> str:
    """Return a column's label, with its unit."""
    return f"{label(name)} ({unit(name)})" if unit(name) else label(name)

"""What somebody set on a page, kept while they look at another one: Streamlit forgets what it does not draw."""

from collections.abc import Container
from typing import Any

import streamlit as st


def begin(key: str, value: Any, *, among: Container[Any] | None = None) -> None:  # noqa: ANN401  # whatever a widget has
    """Let the widget `key`, which is drawn next, begin with what it had when it was last drawn, or with `value`.

    Args:
        key: The widget's.
        value: What it begins with the first time.
        among: What it may be now; of a list, what each of its items may be.
    """
    state = st.session_state
    had = state[key] if key in state else state.get(_place(key), value)
    if among is not None:
        if isinstance(had, list):
            had = [item for item in had if item in among]
        elif had not in among:
            had = value
    st.session_state[key] = had


def keep(*keys: str) -> None:
    """Keep what these widgets have now."""
    for key in keys:
        if key in st.session_state:
            st.session_state[_place(key)] = st.session_state[key]


def _place(key: str) -> str:
    return f"kept_{key}"

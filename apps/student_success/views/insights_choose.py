"""What is asked, of whom, and where the figures go: chosen before anything runs."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import streamlit as st

from insights.areas import financial
from insights.areas.catalog import AREAS, BY_KEY
from insights.assumptions import Assumptions, from_text, to_text
from insights.providers.available import available
from insights.providers.protocol import Provider
from insights.report import Question
from views.reader import Reader
from views.text import plain

PRESET: Final = "insights_question"
"""Where another page puts a question to begin with."""

_INPUTS: Final = {
    "tuition": ("Revenue of a student in a year, USD", 500.0),
    "leaving": ("Of those at risk, share who leave in a year", 0.05),
    "reached": ("Of those at risk, share who are reached", 0.05),
    "effect": ("Of those who would leave, share who stay", 0.05),
    "cost": ("An intervention for one student, USD", 50.0),
}


def question(reader: Reader, *, running: bool) -> tuple[Question, Provider]:
    """Draw the choices, and return what they come to."""
    providers, wrong = available(os.environ, secrets(), reader.place)
    _begin(providers)
    area = st.radio(
        "Focus area", [area.key for area in AREAS], key="insights_area", format_func=_title, horizontal=True,
        disabled=running,
    )  # fmt: skip
    st.caption(f"{BY_KEY[area].about} {len(BY_KEY[area].steps)} steps, each shown with its numbers and its SQL.")
    assumptions = _assumptions(disabled=running) if area == financial.AREA.key else ""
    left, right = st.columns([3, 2])
    by_key = {provider.key: provider for provider in providers}
    if st.session_state.get("insights_provider") not in by_key:
        st.session_state["insights_provider"] = providers[0].key
    chosen = left.selectbox(
        "Written by", list(by_key), key="insights_provider", format_func=lambda key: by_key[key].label, disabled=running
    )
    provider = by_key[chosen]
    if st.session_state.get("insights_model") not in provider.models():
        st.session_state["insights_model"] = provider.models()[0]
    model = right.selectbox("Model", provider.models(), key="insights_model", disabled=running)
    for reason in wrong:
        st.caption(f":material/warning: {plain(reason)}")
    if provider.sends_to is None:
        st.info("Nothing leaves this machine.", icon=":material/lock:")
    else:
        st.warning(
            f"Aggregates go to {plain(provider.sends_to)}: figures of at least 10 records each, with the names of"
            " majors and standings. No record, no student, no advisor.",
            icon=":material/upload:",
        )
    return Question(area, reader.filters, provider.key, model, assumptions), provider


def secrets() -> dict[str, object]:
    """Return Streamlit's secrets; none where there is no file of them."""
    try:
        return st.secrets.to_dict()
    except FileNotFoundError:
        return {}


def _begin(providers: Sequence[Provider]) -> None:
    """Begin with another page's question, if there is one."""
    state = st.session_state
    asked = state.pop(PRESET, None)
    if not isinstance(asked, Question):
        return
    if asked.area in BY_KEY:
        state["insights_area"] = asked.area
    for name, value in asdict(from_text(asked.assumptions)).items():
        state[f"insights_{name}"] = value
    known = {provider.key: provider for provider in providers}
    if asked.provider in known:
        state["insights_provider"] = asked.provider
        state["insights_model"] = asked.model
        st.info("The same question again: Start asks it of the data as it is now.", icon=":material/replay:")
    else:
        st.warning(plain(f"{asked.provider} is not set up here any more: choose who writes."))


def _assumptions(*, disabled: bool) -> str:
    with st.expander("Assumptions: what no record says"):
        st.caption("The report calls these assumptions. Put in your own numbers.")
        places = st.columns(len(_INPUTS))
        defaults = asdict(Assumptions())
        values = {}
        for place, (name, (label, step)) in zip(places, _INPUTS.items(), strict=True):
            key = f"insights_{name}"
            most = 1.0 if defaults[name] <= 1 else 1e9
            values[name] = place.number_input(
                label, min_value=0.0, max_value=most, step=step, key=key, disabled=disabled,
                value=None if key in st.session_state else defaults[name],
            )  # fmt: skip
    return to_text(Assumptions(**{name: defaults[name] if value is None else value for name, value in values.items()}))


def _title(key: str) -> str:
    return BY_KEY[key].title

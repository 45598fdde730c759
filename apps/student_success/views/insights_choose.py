"""What is asked, of whom, and where the figures go: chosen before anything runs."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import streamlit as st

from insights.areas import financial
from insights.areas.catalog import AREAS, BY_KEY
from insights.assumptions import Assumptions, from_text, to_text
from insights.figures import SMALLEST
from insights.matching import matching
from insights.providers.available import available
from insights.providers.protocol import Provider
from insights.report import Question
from views.reader import Reader
from views.text import plain

PRESET: Final = "insights_question"
"""Where another page puts a question to begin with."""

_INPUTS: Final = {
    "students": ("Students offered help", 1.0, 1.0, "%.0f", "All at risk", ""),
    "tuition": (
        "Net tuition of a student who stays (USD)", 500.0, 1.0, "%.0f", "Your figure",
        "What the student pays after aid, over the time that you count.",
    ),
    "cost": (
        "Cost of helping one student (USD)", 10.0, 1.0, "%.0f", "Your figure",
        "Staff time and all, for each student who takes part.",
    ),
    "reach": ("Reach: of those offered help, how many take part (%)", 5.0, 100.0, "%.0f", "Your assumption", ""),
    "effect": (
        "Effect: of those who take part, how many stay because of it (%)", 1.0, 100.0, "%.1f", "Your assumption",
        "They would have left otherwise. A trial can say; this page cannot.",
    ),
}  # fmt: skip
"""The inputs of `risk.costs`: each one's label, step, how many of its unit make 1, format, placeholder, help."""


def too_few(reader: Reader) -> bool:
    """Return whether too few records match for a report, and say so."""
    count = int(reader.row(matching(reader.filters))["records"])
    few = count < SMALLEST
    if few:
        said = {0: "No record matches", 1: "Only 1 record matches"}.get(count, f"Only {count} records match")
        st.info(f"{said}; a report needs {SMALLEST}.", icon=":material/hourglass_empty:")
    return few


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
    provider, model = _who(providers, disabled=running)
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


def _who(providers: Sequence[Provider], *, disabled: bool) -> tuple[Provider, str]:
    state = st.session_state
    by_key = {provider.key: provider for provider in providers}
    if state.get("insights_provider") not in by_key:
        state["insights_provider"] = providers[0].key
    if len(providers) == 1:
        st.caption(
            "No AI model is set up: statistics are put into sentences. docs/student-success.md says how to set one up."
        )
        return providers[0], providers[0].models()[0]
    left, right = st.columns([3, 2])
    chosen = left.selectbox(
        "Written by", list(by_key), key="insights_provider", format_func=lambda key: by_key[key].label,
        disabled=disabled,
    )  # fmt: skip
    provider = by_key[chosen]
    models = provider.models()
    if state.get("insights_model") not in models:
        state["insights_model"] = models[0]
    if len(models) == 1:
        return provider, models[0]
    return provider, right.selectbox("Model", models, key="insights_model", disabled=disabled)


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
        state[f"insights_{name}"] = None if value is None else value * _INPUTS[name][2]
    known = {provider.key: provider for provider in providers}
    if asked.provider in known:
        state["insights_provider"] = asked.provider
        state["insights_model"] = asked.model
        st.info("The same question again: Start asks it of the data as it is now.", icon=":material/replay:")
    else:
        st.warning(plain(f"{asked.provider} is not set up here any more: choose who writes."))


def _assumptions(*, disabled: bool) -> str:
    st.markdown("**Your assumptions**: what no record says")
    st.caption("Steps that need what is empty are left out. The report calls these assumptions, and what follows too.")
    places = st.columns(3)
    values: dict[str, float | None] = {}
    for number, (name, (label, step, whole, format_, placeholder, help_)) in enumerate(_INPUTS.items()):
        value = places[number % len(places)].number_input(
            label, 0.0, 100.0 if whole == 100 else None, None, step, format=format_, key=f"insights_{name}",
            placeholder=placeholder, help=help_ or None, disabled=disabled,
        )  # fmt: skip
        values[name] = None if value is None else value / whole
    return to_text(Assumptions(**values))


def _title(key: str) -> str:
    return BY_KEY[key].title

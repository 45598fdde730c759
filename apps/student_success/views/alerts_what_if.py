"""What if: one student's numbers, moved, and the score that follows."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

import streamlit as st

from risk.fields import Field
from risk.ranking import Listed
from risk.reasons import NOTHING, next_step, reasons
from risk.sample import FARTHEST
from risk.scoring import Scorer
from views import kept
from views.text import plain, shown

MOST_CHOICES: Final = 200


def show(scorer: Scorer, listed: Sequence[Listed], version: str) -> None:
    """Draw the sliders and the score.

    Args:
        scorer: The score in use.
        listed: The students to start from.
        version: The data's version.
    """
    st.caption(
        "This moves the score, not the student: it shows how the score is made. That a number would change because"
        " of help, or that the risk would change with it, does not follow."
    )
    usual = {term.field.name: term.usual_number for term in scorer.terms}
    kept.begin("alerts_start", -1, among=range(-1, min(len(listed), MOST_CHOICES)))
    place = st.selectbox(
        "Start from",
        range(-1, min(len(listed), MOST_CHOICES)),
        format_func=lambda place: "The usual numbers" if place < 0 else _name(place, listed[place]),
        key="alerts_start",
    )
    kept.keep("alerts_start")
    start: Mapping[str, float | None] = usual if place < 0 else listed[place].numbers
    above = st.container()  # what follows stays in sight while a slider is moved
    moved = _moved(scorer, start, usual, version)
    with above:
        _outcome(scorer, moved, start)


def _outcome(scorer: Scorer, moved: Mapping[str, float | None], start: Mapping[str, float | None]) -> None:
    left, right = st.columns([1, 2])
    score, before = round(scorer.score(moved)), round(scorer.score(start))
    change = f"{score - before:+d} points, was {before}" if score != before else None
    left.metric("Score", str(score), change, delta_color="inverse")
    with right:
        found, step = reasons(scorer, moved), next_step(scorer, moved)
        lines = ["**What raises it**", "", *(f"- {plain(reason.words)}" for reason in found)]
        st.markdown("\n".join(lines) if found else f"{NOTHING.capitalize()}.")
        if found:
            st.markdown(f"**Next step:** {step if step.endswith('?') else f'{step}.'}")


def _moved(
    scorer: Scorer, start: Mapping[str, float | None], usual: Mapping[str, float], version: str
) -> dict[str, float | None]:
    # A slider belongs to the numbers it starts from: other numbers, or newer ones, have sliders of their own.
    whose = sha256(f"{version}{sorted(start.items())}".encode()).hexdigest()[:12]
    moved: dict[str, float | None] = {}
    columns = st.columns(2)
    for place, term in enumerate(scorer.terms):
        field, number = term.field, start[term.field.name]
        with columns[place % 2]:
            value = _slider(field, usual[field.name] if number is None else number, f"alerts_{field.name}_{whose}")
            if number is None:
                st.caption("Not known: it counts as usual.")
        moved[field.name] = value
    return moved


def _slider(field: Field, number: float, key: str) -> float:
    number = min(max(number, -FARTHEST), FARTHEST)  # a slider goes no further than a browser's numbers
    if field.most == 1:  # a share is moved in per cent
        percent, most = 100 * number, max(100.0, 100 * number)
        return st.slider(f"{field.label} (%)", 0.0, most, percent, 1.0, format="%.0f", key=key) / 100
    label = f"{field.label} ({field.unit})" if field.unit else field.label
    least, most = min(field.least, number), max(field.most, number)
    digits = 2 if field.step_size < 1 else 0
    return st.slider(label, least, most, number, field.step_size, format=f"%.{digits}f", key=key)


def _name(place: int, student: Listed) -> str:
    return f"{place + 1}. {shown(str(student.values.get('student_id') or 'no name'))}"

"""The ranked list: a page of it, one student of it in full, and all of it as a file."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from cohort.columns import label
from risk.ranking import SHOWN, Listed
from views import kept
from views.alerts_flagging import Flagging
from views.text import cell, plain, shown

PAGE: Final = 50
ROW: Final = 66
"""Pixels: three lines, as three reasons need."""
HEIGHT: Final = 560
FLAGGED, EVERYBODY = "flagged", "everybody"


def show(flagging: Flagging) -> None:
    """Draw the list: the flagged, or everybody."""
    names = {
        FLAGGED: f"Flagged ({len(flagging.students):,})" if flagging.has_all_flagged else "Flagged",
        EVERYBODY: f"Everybody ({len(flagging.listed):,})" if flagging.has_everybody else "Everybody",
    }
    left, right = st.columns([2, 3])
    kept.begin("alerts_whom", FLAGGED, among=names)
    left.radio(
        "Whom", list(names), format_func=names.__getitem__, horizontal=True, key="alerts_whom",
        label_visibility="collapsed",
    )  # fmt: skip
    kept.keep("alerts_whom")
    everybody = st.session_state["alerts_whom"] == EVERYBODY
    listed = flagging.listed if everybody else flagging.students
    if listed:
        with right:
            chosen = _one(listed)
    st.caption(_said(flagging, listed, everybody=everybody))
    if listed:
        if chosen is not None:
            _in_full(chosen)
        _page(listed)


def _said(flagging: Flagging, listed: Sequence[Listed], *, everybody: bool) -> str:
    if not listed:
        return "Nobody is flagged from this score. A lower one flags more; Everybody shows the others."
    complete = flagging.has_everybody if everybody else flagging.has_all_flagged
    count = f"{len(listed):,} student{'' if len(listed) == 1 else 's'}{'' if everybody else ' flagged'}"
    which = count if complete else f"The {len(listed):,} students who score highest, of more"
    return f"{which}; the highest score first, each student once, with the record of theirs that scores highest."


def _one(listed: Sequence[Listed]) -> Listed | None:
    places = {_key(place, student): place for place, student in enumerate(listed)}
    kept.begin("alerts_student", None, among=(None, *places))
    st.selectbox(
        "Student",
        list(places),
        format_func=lambda key: f"{places[key] + 1}. {shown(_name(listed[places[key]]))}",
        placeholder="Choose a student, or select a row below",
        index=None,
        key="alerts_student",
        label_visibility="collapsed",
        on_change=_forget_row,
    )
    chosen = st.session_state["alerts_student"]
    return None if chosen is None else listed[places[chosen]]


def _page(listed: Sequence[Listed]) -> None:
    pages = -(-len(listed) // PAGE)
    page = min(int(st.session_state.get("alerts_page", 1)), pages)
    first = PAGE * (page - 1)
    part = listed[first : first + PAGE]
    key = f"alerts_rows_{page}_{st.session_state.get('alerts_rows_turn', 0)}"
    st.dataframe(
        [_row(student) for student in part],
        hide_index=True,
        width="stretch",
        height=min(HEIGHT, 40 + ROW * len(part)),
        column_config={
            "Score": st.column_config.NumberColumn(format="%.0f", width=50, help="From 0 to 100"),
            label("student_id"): st.column_config.TextColumn(width=110),
            "Why": st.column_config.TextColumn(width=235),
            "Next step": st.column_config.TextColumn(width=150),
            label("advisor_id"): st.column_config.TextColumn(width=85),
            label("academic_standing"): st.column_config.TextColumn(width=125),
            label("major_code"): st.column_config.TextColumn(width=65),
            heading("at_risk_flag"): st.column_config.TextColumn(
                width=125, help="Whether the source flags the student"
            ),
        },
        row_height=ROW,
        on_select=lambda: _select(key, [_key(place, student) for place, student in enumerate(part, first)]),
        selection_mode="single-row",
        key=key,
    )
    if pages > 1:
        st.session_state["alerts_page"] = page  # there may be fewer pages than when it was chosen
        st.number_input(f"Page of {pages}", 1, pages, key="alerts_page", width=160)


def _select(table: str, students: Sequence[str | int]) -> None:
    rows = st.session_state[table]["selection"]["rows"]
    st.session_state["alerts_student"] = students[rows[0]] if rows and rows[0] < len(students) else None


def _forget_row() -> None:
    # A table whose name is another has no row selected: what is shown in full is somebody else now.
    st.session_state["alerts_rows_turn"] = st.session_state.get("alerts_rows_turn", 0) + 1


def _key(place: int, student: Listed) -> str | int:
    name = student.values.get("student_id")
    return place if name is None else str(name)


def _name(student: Listed) -> str:
    return str(student.values.get("student_id") or "A student without a name")


def _in_full(student: Listed) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(_name(student))}**: score {student.score:.0f}")
        st.markdown("\n".join(f"- {plain(reason)}" for reason in student.reasons))
        step = student.step if student.step.endswith("?") else f"{student.step}."
        st.markdown(f"**Next step:** {step}")
        rest = [column for column in SHOWN[1:] if column in student.values]
        st.caption(" · ".join(f"{heading(column)}: {plain(written(column, student) or 'none')}" for column in rest))


def _row(student: Listed) -> dict[str, object]:
    # Who and why come first; what else there is of the record follows.
    values = {heading(column): cell(written(column, student)) for column in SHOWN if column in student.values}
    return {
        "Score": round(student.score, 1),
        **({label("student_id"): values.pop(label("student_id"))} if "student_id" in student.values else {}),
        "Why": "; ".join(student.reasons),
        "Next step": student.step,
        **values,
    }


def heading(column: str) -> str:
    """Return what a column of `SHOWN` is called here: who is flagged by the score is something else."""
    return "At risk at source" if column == "at_risk_flag" else label(column)


def written(column: str, student: Listed) -> str:
    """Return what a student's record has in a column of `SHOWN`, as a person reads it; empty for nothing."""
    value = student.values[column]
    if column == "at_risk_flag" and value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column == "last_login_date":
        return str(value)[:10] if value is not None else ""
    return "" if value is None else shown(str(value))

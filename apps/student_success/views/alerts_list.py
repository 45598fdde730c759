"""The ranked list: a page of it, one student of it in full, and all of it as a file."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from cohort.columns import label
from cohort.spreadsheet import as_csv
from risk.ranking import DOWNLOADED, LISTED, SHOWN, Listed, ranked, students
from risk.scoring import Scorer
from views import numbers
from views.reader import Reader
from views.text import plain, shown

PAGE: Final = 50
ROW: Final = 66
"""Pixels: the least at which a cell's text has several lines, as three reasons need."""


def show(reader: Reader, scorer: Scorer, listed: Sequence[Listed]) -> None:
    """Draw the list.

    Args:
        reader: The records.
        scorer: The score in use.
        listed: The students, the highest score first.
    """
    pages = -(-len(listed) // PAGE)
    page = min(int(st.session_state.get("alerts_page", 1)), pages)
    first = PAGE * (page - 1)
    part = listed[first : first + PAGE]
    st.caption(
        f"{first + 1:,} to {first + len(part):,} of {len(listed):,} students, the highest score first. Select a row to"
        " read it in full."
    )
    header = _header(listed[0])
    chosen = st.dataframe(
        [dict(zip(header, _cells(place, student), strict=True)) for place, student in enumerate(part, first + 1)],
        hide_index=True,
        width="stretch",
        column_config={
            "Rank": st.column_config.NumberColumn(width=45),
            "Score": st.column_config.NumberColumn(format="%.0f", width=50, help="From 0 to 100"),
            "Why": st.column_config.TextColumn(width=285),
            "Next step": st.column_config.TextColumn(width=170),
        },
        row_height=ROW,
        on_select="rerun",
        selection_mode="single-row",
        key=f"alerts_rows_{page}",
    )
    if pages > 1:
        st.session_state["alerts_page"] = page  # there may be fewer pages than when it was chosen
        st.number_input(f"Page of {pages}", 1, pages, key="alerts_page", width=160)
    for place in chosen["selection"]["rows"][:1]:
        if place < len(part):
            _in_full(part[place])
    st.caption(
        f"Each student once, with the record of theirs that scores highest; from the {LISTED:,} records that score"
        " highest of all that the filters leave."
    )
    _download(reader, scorer)


def _in_full(student: Listed) -> None:
    with st.container(border=True):
        name = student.values.get("student_id")
        st.markdown(f"**{plain(str(name or 'A student without a name'))}**: score {student.score:.0f}")
        for reason in student.reasons:
            st.markdown(f"- {plain(reason)}")
        advisor = student.values.get("advisor_id")
        st.markdown(f"Next step: {student.step}. Advisor: {plain(str(advisor or 'none'))}.")


def _download(reader: Reader, scorer: Scorer) -> None:
    made_for = (reader.version, reader.filters, scorer)
    if st.session_state.get("alerts_file_for") != made_for:
        note = f"The students of the {numbers.count(DOWNLOADED)} records that score highest"
        if not st.button("Prepare CSV", icon=":material/description:", help=note, key="alerts_prepare"):
            return
        columns = [column.name for column in reader.cohort.columns]
        query = ranked(scorer, reader.filters, columns, DOWNLOADED)
        found = list(students(scorer, (row for batch in reader.cohort.batches(query) for row in batch)))
        rows = (_cells(place, student) for place, student in enumerate(found, 1))
        st.session_state["alerts_file"] = as_csv(_header(found[0]) if found else (), rows).content
        st.session_state["alerts_file_for"] = made_for
        st.session_state["alerts_file_students"] = len(found)
    count = numbers.count(st.session_state["alerts_file_students"])
    st.download_button(
        f"Download {count} students as CSV", st.session_state["alerts_file"], "early-alerts.csv", "text/csv",
        icon=":material/download:", key="alerts_download",
    )  # fmt: skip
    st.caption(
        f"The students of the {numbers.count(DOWNLOADED)} records that score highest. It names students: keep it safe."
    )


def _header(student: Listed) -> tuple[str, ...]:
    # Who and why come first; what else there is of the record follows.
    names = [_label(column) for column in SHOWN if column in student.values]
    return ("Rank", "Score", *names[:1], "Why", "Next step", *names[1:])


def _cells(place: int, student: Listed) -> tuple[object, ...]:
    values = [_value(column, student.values[column]) for column in SHOWN if column in student.values]
    return (place, round(student.score, 1), *values[:1], "; ".join(student.reasons), student.step, *values[1:])


def _label(column: str) -> str:
    return "Flagged at the source" if column == "at_risk_flag" else label(column)


def _value(column: str, value: object) -> str:
    if column == "at_risk_flag" and value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else shown(str(value))

"""The scores by advisor, major or standing, and the way from a group to its students."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cohort.filters import NONE, Filters
from risk.evaluation import SMALL_GROUP
from risk.ranking import GROUPS, MOST_GROUPS, by_group
from risk.scoring import Scorer
from views import kept, sidebar
from views.alerts_flagging import RANKED, SECTION
from views.reader import Reader
from views.text import cell, plain
from warehouse.query import Row


def show(reader: Reader, scorer: Scorer, threshold: float) -> None:
    """Draw the groups.

    Args:
        reader: The records.
        scorer: The score in use.
        threshold: The score from which a record is flagged.
    """
    there = [column for column in GROUPS if reader.cohort.has(column)]
    if not there:
        st.info("The table has no advisor, major or standing to group by.", icon=":material/view_column:")
        return
    kept.begin("alerts_group", there[0], among=there)
    column = st.radio("By", there, format_func=GROUPS.__getitem__, horizontal=True, key="alerts_group")
    kept.keep("alerts_group")
    rows = reader.rows(by_group(scorer, reader.filters, threshold, column))
    above = st.container()
    chosen = st.dataframe(
        [_row(column, row) for row in rows],
        hide_index=True,
        width="stretch",
        column_config={
            "Records": st.column_config.NumberColumn(format="localized"),
            "Flagged": st.column_config.NumberColumn(format="localized"),
            "Share flagged": st.column_config.NumberColumn(format="%.0f %%"),
            "Average score": st.column_config.NumberColumn(format="%.0f"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"alerts_groups_{column}",
    )
    with above:
        _to_its_students(reader.filters, column, [row["choice"] for row in rows], chosen["selection"]["rows"])
    more = f" The {MOST_GROUPS} with the most flagged records are shown." if len(rows) == MOST_GROUPS else ""
    st.caption(
        f"All records that the filters leave, those with the most flagged first.{more}"
        f" None: of fewer than {SMALL_GROUP} records a share or an average would say little."
    )


def _row(column: str, row: Row) -> dict[str, object]:
    told = row["records"] >= SMALL_GROUP
    return {
        GROUPS[column]: _name(row["choice"]),
        "Records": row["records"],
        "Flagged": row["flagged"],
        "Share flagged": 100 * row["flagged"] / row["records"] if told else None,
        "Average score": row["average"] if told else None,
    }


def _name(choice: object) -> str:
    return "none" if choice is None else cell(str(choice))


def _to_its_students(filters: Filters, column: str, choices: Sequence[object], selected: Sequence[int]) -> None:
    if not selected or selected[0] >= len(choices):
        st.caption(f"Select a row to list the students of one {GROUPS[column].lower()}.")
        return
    choice = choices[selected[0]]
    label = f"List the students: {GROUPS[column].lower()} {plain(_name(choice))}"
    st.button(label, icon=":material/filter_alt:", on_click=_list, args=(filters, column, choice), key="alerts_to_list")


def _list(filters: Filters, column: str, choice: object) -> None:
    choices = (NONE if choice is None else str(choice),)
    match column:
        case "advisor_id":
            sidebar.put(replace(filters, advisors=choices))
        case "major_code":
            sidebar.put(replace(filters, majors=choices))
        case _:
            sidebar.put(replace(filters, standings=choices))
    st.session_state[SECTION] = RANKED

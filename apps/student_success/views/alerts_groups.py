"""The scores by advisor, major or standing."""

import streamlit as st

from risk.evaluation import SMALL_GROUP
from risk.ranking import GROUPS, MOST_GROUPS, by_group
from risk.scoring import Scorer
from views import numbers
from views.reader import Reader
from views.text import shown


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
    column = st.radio("By", there, format_func=GROUPS.__getitem__, horizontal=True, key="alerts_group")
    rows = reader.rows(by_group(scorer, reader.filters, threshold, column))
    st.dataframe(
        [
            {
                GROUPS[column]: "none" if row["choice"] is None else shown(str(row["choice"])),
                "Records": row["records"],
                "Flagged": row["flagged"],
                "Share flagged": numbers.share(row["flagged"] / row["records"], 0)
                if row["records"] >= SMALL_GROUP
                else numbers.NO_FIGURE,
                "Average score": numbers.number(row["average"], 0)
                if row["records"] >= SMALL_GROUP
                else numbers.NO_FIGURE,
            }
            for row in rows
        ],
        hide_index=True,
        width="stretch",
        key="alerts_groups",
    )
    more = f" The {MOST_GROUPS} with the most flagged records are shown." if len(rows) == MOST_GROUPS else ""
    st.caption(
        f"All records that the filters leave, those with the most flagged first.{more}"
        f" Groups of fewer than {SMALL_GROUP} records have no share and no average: they would say little."
    )

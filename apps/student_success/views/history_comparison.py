"""An older and a newer report beside each other."""

import streamlit as st

from insights.history.comparing import MOST_LINES, compared, said
from insights.report import Report
from views import history_facts
from views.insights_text import inert
from views.text import shown


def show(older: Report, newer: Report) -> None:
    """Say what differs, and show both."""
    before, after = history_facts.facts(older), history_facts.facts(newer)
    st.markdown("**How they were made**")
    made = [{"What": name, "Older": before[name], "Newer": after[name]} for name in before]
    _table([row for row in made if row["Older"] != row["Newer"]], "made")

    difference = compared(said(older.text), said(newer.text))
    if difference.moved:
        st.markdown(f"**Numbers that moved: {len(difference.moved)}**")
        moved = [{"Line": item.line, "Older": item.older, "Newer": item.newer} for item in difference.moved]
        _table(moved, "numbers")
    if difference.reworded:
        st.markdown("**Said differently**")
        # As a difference between files: its signs say without colour which is which.
        st.code("\n".join(line[:2] + shown(line[2:]) for line in difference.reworded), language="diff", wrap_lines=True)
    if not difference.moved and not difference.reworded:
        st.info("Both say the same.", icon=":material/check:")
    if not difference.whole:
        st.caption(f"Only the first {MOST_LINES:,} lines of each are compared.")

    left, right = st.columns(2)
    for column, label, report in ((left, "Older", older), (right, "Newer", newer)):
        with column, st.expander(f"{label}: {report.made_at:%Y-%m-%d %H:%M:%S}"):
            st.markdown(inert(report.text) or "It has no text.")


def _table(rows: list[dict[str, str]], key: str) -> None:
    cells = [{name: shown(value) for name, value in row.items()} for row in rows]
    st.dataframe(cells, width="stretch", hide_index=True, key=f"history_{key}")

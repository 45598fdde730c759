"""How charts look: one accent, titles that say what is seen, axes that say their unit, in light and in dark."""

from typing import Final

import altair as alt
import streamlit as st

ACCENT: Final = "#2f6f8f"
"""Whatever a chart is about. It has 4.5:1 against the light page and 3:1 against the dark one."""
MUTED: Final = "#8a949e"
"""What it is compared with."""
ALARM: Final = "#b3541e"
"""At risk; never the only sign of it."""

HEIGHT: Final = 260


def draw(chart: alt.Chart | alt.LayerChart, title: str, *, key: str, note: str = "") -> None:
    """Draw a chart under its title, with a note below that says what it is made of.

    Args:
        chart: Without a title of its own, and with titled axes.
        title: What the reader sees, such as "GPA of 600 records".
        key: The chart's name on its page.
        note: Such as "a sample of 2,000 of 600,000 records".
    """
    st.markdown(f"**{title}**")
    st.altair_chart(chart.properties(height=HEIGHT), width="stretch", key=key)
    if note:
        st.caption(note)

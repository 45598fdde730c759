"""How charts look: one accent, titles that say what is seen, axes that say their unit, in light and in dark."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import streamlit as st

ACCENT: Final = "#2f6f8f"
"""Whatever a chart is about. It has 4.5:1 against the light page and 3:1 against the dark one."""
MUTED: Final = "#8a949e"
"""What it is compared with."""
ALARM: Final = "#b3541e"
"""At risk; never the only sign of it."""

HEIGHT: Final = 260


def of(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return a chart of these values, not yet marked."""
    return alt.Chart(alt.Data(values=[*values]))  # type: ignore[no-untyped-call]  # Altair's schema classes are untyped


def draw(chart: alt.Chart | alt.LayerChart | alt.FacetChart, title: str, *, key: str, note: str = "") -> None:
    """Draw a chart under its title, with a note below that says what it is made of.

    Args:
        chart: Without a title of its own, and with titled axes.
        title: What the reader sees, such as "GPA of 600 records".
        key: The chart's name on its page.
        note: Such as "a sample of 2,000 of 600,000 records".
    """
    titled(title)
    st.altair_chart(chart.properties(height=HEIGHT), key=key)  # as wide as its column, in every Streamlit
    if note:
        st.caption(note)


def titled(title: str) -> None:
    """Write the title of a chart, or of what stands in its place."""
    st.markdown(f"**{title}**")


def empty(title: str, why: str) -> None:
    """Say under a chart's title why there is none."""
    titled(title)
    st.info(why, icon=":material/hourglass_empty:")


def counts(most: float) -> dict[str, Any]:
    """Return how an axis writes counts of up to `most`: whole, and never in scientific notation."""
    if most >= 10_000:
        return {"format": "~s", "labelExpr": "datum.value ? datum.label : '0'", "tickCount": 5}
    return {"format": ",d", "tickCount": min(5, max(1, int(most))), "tickMinStep": 1}

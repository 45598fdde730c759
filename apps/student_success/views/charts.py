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

_ON_LIGHT: Final = "#47525c"
_ON_DARK: Final = "#b4bfc8"
TEXT: Final = alt.ExprRef(f"luminance(background) > 0.4 ? '{_ON_LIGHT}' : '{_ON_DARK}'")
"""Words and figures, and what must be told from a mark: 7:1 or more against the page.

No one colour has that in light and in dark. Vega asks the page's background, which Streamlit gives it, where the chart
is drawn: so it is right at once when somebody changes the theme.
"""
TEXT_SIZE: Final = 12

HEIGHT: Final = 280
_ROW: Final = 38
"""Pixels of a row whose label has two lines."""
_BELOW: Final = 60
"""Pixels of an axis and its title."""

_PADDING: Final = {"left": 0, "top": 6, "right": 8, "bottom": 6}


def of(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Return a chart of these values, not yet marked."""
    return alt.Chart(alt.Data(values=[*values]))  # type: ignore[no-untyped-call]  # Altair's schema classes are untyped


def draw(
    chart: alt.Chart | alt.LayerChart | alt.FacetChart, title: str, *, key: str, note: str = "", rows: int = 0
) -> None:
    """Draw a chart under its title, with a note below that says what it is made of.

    Args:
        chart: Without a title of its own, and with titled axes.
        title: What the reader sees, such as "GPA of 600 records".
        key: The chart's name on its page.
        note: Such as "a sample of 2,000 of 600,000 records".
        rows: Of a chart with one for each group: it is as high as they need.
    """
    titled(title)
    height = max(HEIGHT, rows * _ROW + _BELOW)
    size = TEXT_SIZE
    chart = (
        chart.properties(height=height, padding=_PADDING)
        .configure_axis(labelColor=TEXT, titleColor=TEXT, labelFontSize=size, titleFontSize=size)
        .configure_legend(labelColor=TEXT, titleColor=TEXT, labelFontSize=size, titleFontSize=size)
    )
    st.altair_chart(chart, key=key)  # as wide as its column, in every Streamlit
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

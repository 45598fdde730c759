"""Panels of the metrics page on groups: at risk and engagement by academic standing, and every major."""

from typing import Final

import altair as alt
import streamlit as st

from cohort import metrics_groups
from cohort.metrics import FEW
from cohort.metrics_groups import Box, StandingAtRisk
from views import charts, numbers, states
from views.metrics_whom import noun
from views.reader import Reader
from views.text import shown
from warehouse.query import Row

MAJORS_SEEN: Final = 10
"""Rows of the table that are seen at once; it scrolls to the others."""
_LINE: Final = 35
"""Pixels of a row, and of the header."""


def at_risk(reader: Reader) -> None:
    """Draw the share at risk in each academic standing; of those chosen by it, how many there are."""
    rows = reader.rows(metrics_groups.at_risk_by_standing(reader.filters.where()))
    found = metrics_groups.standings_at_risk(rows)
    if not found:
        charts.empty("At risk by academic standing", "No record says whether the student is at risk.")
        return
    if reader.filters.at_risk is not None:
        _counts(reader, found, rows)
        return
    known, flagged = sum(one.known for one in found), sum(one.at_risk for one in found)
    values = [
        {
            "standing": _named(one.standing, f"{numbers.share(one.share)} of {numbers.count(one.known)}", few=one.few),
            "share": 100 * one.share,
            "at risk": one.at_risk,
            "records": one.known,
            "few": one.few,
        }
        for one in found
    ]
    chart = (
        charts.of(values)
        .mark_bar(size=18, color=charts.ALARM)
        .encode(
            y=_standings(values),
            x=alt.X("share:Q", title=f"At risk (% of {noun(reader)})", scale=alt.Scale(domain=[0, 100])),
            opacity=alt.condition(alt.datum.few, alt.value(0.5), alt.value(1)),
            tooltip=[
                "standing:N",
                alt.Tooltip("share:Q", format=".1f", title="at risk, %"),
                "at risk:Q",
                _counted(reader),
            ],
        )
    )
    note = _note(reader, rows, metrics_groups.MOST_STANDINGS, "standings", any(one.few for one in found))
    title = f"At risk by academic standing: {numbers.count(flagged)} of {numbers.count(known)} {noun(reader)}"
    charts.draw(chart, title, key="metrics_at_risk", note=note, rows=len(values))


def _counts(reader: Reader, found: list[StandingAtRisk], rows: list[Row]) -> None:
    what = "At risk" if reader.filters.at_risk else "Not at risk"
    values = [
        {
            "standing": _named(one.standing, _number(reader, one.known), few=False),
            "records": one.known,
        }
        for one in sorted(found, key=lambda one: -one.known)
    ]
    most = max(one.known for one in found)
    chart = (
        charts.of(values)
        .mark_bar(size=18, color=charts.ALARM if reader.filters.at_risk else charts.ACCENT)
        .encode(
            y=_standings(values),
            x=alt.X("records:Q", title=f"{what} ({noun(reader)})", scale=alt.Scale(domain=[0, most])).axis(
                **charts.counts(most)
            ),
            tooltip=["standing:N", _counted(reader)],
        )
    )
    note = _note(reader, rows, metrics_groups.MOST_STANDINGS, "standings", few=False)
    title = f"{what} by academic standing: {numbers.count(sum(one.known for one in found))} {noun(reader)}"
    charts.draw(chart, title, key="metrics_at_risk", note=note, rows=len(values))


def engagement(reader: Reader) -> None:
    """Draw the spread of engagement in each academic standing."""
    rows = reader.rows(metrics_groups.engagement_by_standing(reader.filters.where()))
    found = _in_order(reader, metrics_groups.boxes(rows))
    if not found:
        charts.empty("Engagement by academic standing", "No record has an engagement score.")
        return
    values = [
        {
            "standing": _named(box.standing, f"median {box.median:.1f} of {numbers.count(box.records)}", few=box.few),
            "p5": box.p5,
            "q1": box.q1,
            "median": box.median,
            "q3": box.q3,
            "p95": box.p95,
            "records": box.records,
        }
        for box in found
    ]
    tooltip = [
        alt.Tooltip("standing:N"),
        *(alt.Tooltip(f"{name}:Q") for name in ("p5", "q1", "median", "q3", "p95")),
        _counted(reader),
    ]
    base = charts.of(values).encode(y=_standings(values), tooltip=tooltip)
    scale = alt.Scale(domain=[min(0, *(box.p5 for box in found)), max(100, *(box.p95 for box in found))], nice=False)
    across = alt.X("p5:Q", title="Engagement (of 100)", scale=scale)
    chart = alt.layer(
        base.mark_rule(color=charts.TEXT, strokeWidth=1.5).encode(x=across, x2="p95:Q"),
        base.mark_bar(size=18, color=charts.ACCENT, stroke=charts.TEXT, strokeWidth=1).encode(x="q1:Q", x2="q3:Q"),
        base.mark_tick(size=18, thickness=4, color="white").encode(x="median:Q"),
    )
    note = "Box: the middle half, with the median. Line: the 5th to the 95th percentile. Scores rounded to 0.1."
    more = _note(reader, rows, metrics_groups.MOST_STANDINGS, "standings", any(box.few for box in found))
    title = f"Engagement by academic standing, {numbers.count(sum(box.records for box in found))} {noun(reader)}"
    charts.draw(chart, title, key="metrics_engagement", note=f"{note} {more}", rows=len(values))


def _in_order(reader: Reader, boxes: list[Box]) -> list[Box]:
    """Return the boxes as the panel beside has the standings: the highest share at risk first."""
    if not reader.cohort.has("at_risk_flag"):
        return boxes
    rows = reader.rows(metrics_groups.at_risk_by_standing(reader.filters.where()))
    found = metrics_groups.standings_at_risk(rows)
    order = {one.standing: place for place, one in enumerate(found)}
    return sorted(boxes, key=lambda box: order.get(box.standing, len(order)))


def majors(reader: Reader) -> None:
    """Draw every major's figures, to be sorted by any of them."""
    rows = reader.rows(metrics_groups.by_major(reader.filters.where()))
    if not rows:
        states.nobody()
        return
    rows = sorted(rows, key=_worst_first)
    few = any(row["records"] < FEW for row in rows)
    what = noun(reader)
    values = {
        "Major": ["No major" if row["major"] is None else shown(row["major"]) for row in rows],
        what.capitalize(): [int(row["records"]) for row in rows],
        "GPA": [_float(row["gpa"]) for row in rows],
        "Completion": [_percent(row["completion"]) for row in rows],
        "At risk": [_percent(row["at_risk"]) for row in rows],
    }
    if few:
        values["Note"] = ["few" if row["records"] < FEW else "" for row in rows]
    number = st.column_config.NumberColumn
    columns = {
        "Records": number(format="localized", help="A student may have several"),
        "Students": number(format="localized"),
        "GPA": number(format="%.2f", help="Average, of 4.0"),
        "Completion": number(format="%.1f %%", help="Average share of courses completed"),
        "At risk": number(format="%.1f %%", help=f"Of the {what} of whom it is known"),
        "Note": st.column_config.TextColumn(help=f"“few”: fewer than {FEW} {what}, whose averages say little"),
    }
    groups = int(rows[0]["groups"])
    charts.titled(f"Performance by major: {numbers.count(groups)} {'major' if groups == 1 else 'majors'}")
    columns = {name: column for name, column in columns.items() if name in values}
    height = _LINE * (min(len(rows), MAJORS_SEEN) + 1) + 2
    st.dataframe(values, column_config=columns, hide_index=True, height=height, width="stretch", key="metrics_majors")
    note = _note(reader, rows, metrics_groups.MOST_MAJORS, "majors", few)
    st.caption(f"The highest share at risk first; click a column to sort by it. {note}")


def _worst_first(row: Row) -> tuple[bool, float, str]:
    """Return a major's place: by its share at risk, those with few records last."""
    share = row["at_risk"]
    return row["records"] < FEW, 1 if share is None else -share, str(row["major"])


def _number(reader: Reader, count: int) -> str:
    what = noun(reader)
    return f"{numbers.count(count)} {what.removesuffix('s') if count == 1 else what}"


def _counted(reader: Reader) -> alt.Tooltip:
    return alt.Tooltip("records:Q", title=noun(reader))


def _standings(values: list[dict[str, object]]) -> alt.Y:
    return alt.Y("standing:N", sort=[str(value["standing"]) for value in values], title=None).axis(
        labelLimit=230, labelOffset=-5, labelOverlap=False, labelExpr="split(datum.label, '\\n')", ticks=False
    )


def _named(name: str | None, figures: str, *, few: bool) -> str:
    """Return a group's name with its figures below, so that no length of a bar has to be guessed."""
    called = "No standing" if name is None else shown(name)
    return f"{called if len(called) <= 40 else called[:39] + '…'}\n{figures}{', few' if few else ''}"


def _note(reader: Reader, rows: list[Row], most: int, what: str, few: bool) -> str:  # noqa: FBT001
    groups = int(str(rows[0]["groups"]))
    parts = [f"The {most} largest of {numbers.count(groups)} {what}."] if groups > most else []
    if few:
        parts.append(f"“few”: fewer than {FEW} {noun(reader)}, which say little.")
    return " ".join(parts)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * float(value)

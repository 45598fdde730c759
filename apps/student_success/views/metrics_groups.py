"""Panels of the metrics page on groups: at risk and engagement by academic standing, and every major."""

import altair as alt
import streamlit as st

from cohort import metrics_groups
from cohort.metrics import FEW
from views import charts, numbers, states
from views.reader import Reader
from views.text import shown

_NONE = "None"


def at_risk(reader: Reader) -> None:
    """Draw the share at risk in each academic standing."""
    rows = reader.rows(metrics_groups.at_risk_by_standing(reader.filters.where()))
    found = metrics_groups.standings_at_risk(rows)
    if not found:
        charts.empty("At risk by academic standing", "No record says whether the student is at risk.")
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
            x=alt.X("share:Q", title="At risk (% of records)", scale=alt.Scale(domain=[0, 100])),
            opacity=alt.condition(alt.datum.few, alt.value(0.5), alt.value(1)),
            tooltip=["standing:N", alt.Tooltip("share:Q", format=".1f"), "at risk:Q", "records:Q"],
        )
    )
    note = _note(rows, metrics_groups.MOST_STANDINGS, "standings", any(one.few for one in found))
    title = f"At risk by academic standing: {numbers.count(flagged)} of {numbers.count(known)} records"
    charts.draw(chart, title, key="metrics_at_risk", note=note)


def engagement(reader: Reader) -> None:
    """Draw the spread of engagement in each academic standing."""
    rows = reader.rows(metrics_groups.engagement_by_standing(reader.filters.where()))
    found = metrics_groups.boxes(rows)
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
    tooltip = ["standing:N", *(f"{name}:Q" for name in ("p5", "q1", "median", "q3", "p95", "records"))]
    base = charts.of(values).encode(y=_standings(values), tooltip=tooltip)
    scale = alt.Scale(domain=[min(0, *(box.p5 for box in found)), max(100, *(box.p95 for box in found))], nice=False)
    across = alt.X("p5:Q", title="Engagement (of 100)", scale=scale)
    chart = alt.layer(
        base.mark_rule(color=charts.MUTED, strokeWidth=2).encode(x=across, x2="p95:Q"),
        base.mark_bar(size=18, color=charts.ACCENT, opacity=0.35).encode(x="q1:Q", x2="q3:Q"),
        base.mark_tick(size=18, thickness=4, color=charts.ACCENT).encode(x="median:Q"),
    )
    note = "Box: the middle half, with the median. Line: the 5th to the 95th percentile. Scores rounded to 0.1."
    more = _note(rows, metrics_groups.MOST_STANDINGS, "standings", any(box.few for box in found))
    charts.draw(chart, "Engagement by academic standing", key="metrics_engagement", note=f"{note} {more}")


def majors(reader: Reader) -> None:
    """Draw every major's figures, to be sorted by any of them."""
    rows = reader.rows(metrics_groups.by_major(reader.filters.where()))
    if not rows:
        states.nobody()
        return
    few = any(row["records"] < FEW for row in rows)
    values = {
        "Major": [_NONE if row["major"] is None else shown(row["major"]) for row in rows],
        "Records": [int(row["records"]) for row in rows],
        "GPA": [_float(row["gpa"]) for row in rows],
        "Completion": [_percent(row["completion"]) for row in rows],
        "At risk": [_percent(row["at_risk"]) for row in rows],
    }
    if few:
        values["Note"] = ["few" if row["records"] < FEW else "" for row in rows]
    number = st.column_config.NumberColumn
    columns = {
        "Records": number(format="localized", help="Records, not students"),
        "GPA": number(format="%.2f", help="Average, of 4.0"),
        "Completion": number(format="%.1f %%", help="Average share of courses completed"),
        "At risk": number(format="%.1f %%", help="Of the records that say whether the student is"),
        "Note": st.column_config.TextColumn(help=f"“few”: fewer than {FEW} records, whose averages say little"),
    }
    st.markdown(f"**Performance by major: {numbers.count(rows[0]['groups'])}**")
    st.dataframe(
        values, column_config=columns, hide_index=True, height=charts.HEIGHT, width="stretch", key="metrics_majors"
    )
    st.caption(f"Click a column to sort. {_note(rows, metrics_groups.MOST_MAJORS, 'majors', few)}")


def _standings(values: list[dict[str, object]]) -> alt.Y:
    return alt.Y("standing:N", sort=[str(value["standing"]) for value in values], title=None).axis(
        labelLimit=230, labelOffset=-5, labelOverlap=False, labelExpr="split(datum.label, '\\n')", ticks=False
    )


def _named(name: str | None, figures: str, *, few: bool) -> str:
    """Return a group's name with its figures below, so that no length of a bar has to be guessed."""
    called = _NONE if name is None else shown(name)
    return f"{called if len(called) <= 40 else called[:39] + '…'}\n{figures}{', few' if few else ''}"


def _note(rows: list[dict[str, object]], most: int, what: str, few: bool) -> str:  # noqa: FBT001
    groups = int(str(rows[0]["groups"]))
    parts = [f"The {most} largest of {numbers.count(groups)} {what}."] if groups > most else []
    if few:
        parts.append(f"“few”: fewer than {FEW} records, which say little.")
    return " ".join(parts)


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * float(value)

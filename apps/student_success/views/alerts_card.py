"""The model card: what the score is made of, how good it is, where it errs, and what it must not be used for.

Source of what a card says: Mitchell et al., Model Cards for Model Reporting, 2019.
"""

import os
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from cohort.freshness import FRESHNESS
from risk.assessment import Assessment
from risk.evaluation import SMALL_GROUP, Hits, hits
from risk.sample import GROUPS, MOST_RECORDS
from risk.training import FOLDS
from views import charts, numbers
from views.alerts_flagging import Flagging
from views.reader import Reader
from views.text import cell, plain

_PERCENT: Final = st.column_config.NumberColumn(format="%.0f %%")

NOT_FOR: Final = (
    "Not for admission, financial aid, discipline or grading, and not to single anybody out.",
    "Never alone: a score opens a conversation; an advisor who knows the student decides.",
    "Not a cause: a field that raises the score need not be what holds the student back.",
    "Not the truth either: it has learnt what the source flags as at risk, mistakes included.",
)


def simulated() -> bool | None:
    """Return whether the records are simulated, as whoever started the app says; None if they do not say."""
    return {"1": True, "0": False}.get(os.environ.get("STUDENT_SUCCESS_SIMULATED", ""))


def show(reader: Reader, assessment: Assessment, flagging: Flagging) -> None:
    """Draw the card.

    Args:
        reader: The records.
        assessment: The score in use and its credentials.
        flagging: Who is flagged on the page.
    """
    threshold = flagging.threshold
    _whose_figures()
    st.markdown("**What it must not be used for**")
    st.markdown("\n".join(f"- {line}" for line in NOT_FOR))
    _data(reader, assessment)
    _compared(assessment, threshold)
    left, right = st.columns(2)
    with left:
        _calibration(assessment)
    with right:
        _weights(assessment)
    for column, name in GROUPS.items():
        _errors(assessment, column, name, threshold)


def _whose_figures() -> None:
    match simulated():
        case True:
            st.warning(
                "**The records are simulated.** The figures on this card say how the simulator makes records. They say"
                " nothing about students.",
                icon=":material/science:",
            )
        case None:
            st.caption(
                "Whether the records are simulated is not known here. If they are, this says nothing about students."
            )


def _data(reader: Reader, assessment: Assessment) -> None:
    synced = reader.row(FRESHNESS)["synced"] if reader.cohort.has(*FRESHNESS.columns) else None
    snapshot = f"synced {synced:%Y-%m-%d %H:%M} UTC" if synced else "which do not say when they were synced"
    st.markdown("**Made of**")
    sample = assessment.sample
    records = numbers.count(len(sample)) if sample else "no"
    at_risk = numbers.share(float(sample.at_risk.mean())) if sample and len(sample) else numbers.NO_FIGURE
    st.markdown(
        f"- {records} records that say whether the student is at risk ({at_risk} are), {snapshot}; at most"
        f" {numbers.count(MOST_RECORDS)}, drawn by a rule blind to the student. The filters play no part.\n"
        f"- Made {assessment.made_at:%Y-%m-%d %H:%M} UTC, anew for each version of the data; the same"
        " data gives the same score.\n"
        "- A logistic regression on standardised fields, its scores set right against what was so, computed for all"
        " rows by the warehouse. A number that is not known counts as the average.\n"
        f"- Checked on students it had not seen: {FOLDS} parts, a student's records all in one; intervals from"
        " drawing students again.\n"
        "- Academic standing and interventions are left out: they follow from the flag that is to be told. So are aid,"
        " major and plagiarism: nobody is ranked by them."
    )
    if evaluation := assessment.evaluation:
        auc = evaluation.auc
        st.markdown(
            f"- It ranks a record at risk above one that is not {100 * auc.value:.0f} times in 100 (AUC"
            f" {auc.value:.2f}, 95 % interval {auc.low:.2f} to {auc.high:.2f})."
        )
    if assessment.left_out:
        st.markdown(
            f"- Without: {plain(', '.join(assessment.left_out))}. The table has no such numbers, or other fields say it"
            " better."
        )


def _compared(assessment: Assessment, threshold: float) -> None:
    evaluation, sample, rule = assessment.evaluation, assessment.sample, assessment.rule_hits()
    if sample is None or not len(sample):
        return
    rows = []
    if evaluation:
        used = "Model" if assessment.why_no_model is None else "Model, not in use"
        auc = evaluation.auc.value
        rows.append(_row(f"{used}, from a score of {threshold:.3g}", auc, evaluation.hits(threshold)))
        if rule and rule.flagged:
            as_many = float(np.sort(evaluation.scores)[-rule.flagged])
            rows.append(_row(f"{used}, flagging as many as the rule below", auc, evaluation.hits(as_many)))
    if rule:
        ranking = evaluation.gpa_auc if evaluation else None
        rows.append(_row("Rule: GPA below 2.0", ranking, rule))
    nobody = hits(np.zeros(len(sample), dtype=np.bool_), sample.at_risk)
    rows.append(_row("Majority: nobody is at risk", 0.5, nobody))
    st.markdown("**Compared with two plain rules**")
    config = {
        "AUC": st.column_config.NumberColumn(format="%.2f"),
        "Flagged": st.column_config.NumberColumn(format="localized"),
        **dict.fromkeys(("Precision", "Recall", "Right"), _PERCENT),
    }
    st.dataframe(rows, hide_index=True, width="stretch", column_config=config, key="alerts_compared")
    st.caption(
        "AUC: how often a record at risk is ranked above one that is not; 0.5 is chance. For the rule it is that of"
        " ranking by GPA. Flagged, of these records, each by a score that had not seen the student: so their number is"
        " not quite the page's."
    )
    if evaluation and (better := evaluation.better_than_gpa) and better.low <= 0 < better.value:
        st.caption(
            f"Above ranking by GPA by {_two(better.value)}, with a 95 % interval from {_two(better.low)} to"
            f" {_two(better.high)}: on this many records, the model may be no better than the GPA alone."
        )


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"  # never -0.00


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _row(name: str, auc: float | None, counted: Hits) -> dict[str, Any]:
    return {
        "": name,
        "AUC": auc,
        "Flagged": counted.flagged,
        "Precision": _percent(counted.precision),
        "Recall": _percent(counted.recall),
        "Right": _percent(counted.accuracy),
    }


def _calibration(assessment: Assessment) -> None:
    if assessment.evaluation is None:
        return
    bins = assessment.evaluation.calibration()
    table = pd.DataFrame(
        {"predicted": 100 * b.predicted, "observed": 100 * b.observed, "records": b.records} for b in bins
    )
    scale = alt.Scale(domain=[0, 100])
    line = alt.Chart(pd.DataFrame({"x": [0, 100], "y": [0, 100]})).mark_line(color=charts.MUTED, strokeDash=[4, 4])
    points = alt.Chart(table).mark_point(color=charts.ACCENT, filled=True, size=70, opacity=1).encode(
        x=alt.X("predicted:Q", title="Score (average of the tenth)", scale=scale),
        y=alt.Y("observed:Q", title="At risk (%)", scale=scale),
        tooltip=[
            alt.Tooltip("predicted:Q", title="Score", format=".0f"),
            alt.Tooltip("observed:Q", title="At risk (%)", format=".0f"),
            alt.Tooltip("records:Q", title="Records", format=","),
        ],
    )  # fmt: skip
    counts = points.mark_text(align="left", dx=7, dy=7, color=charts.MUTED).encode(
        text=alt.Text("records:Q", format=",")
    )
    chart = line.encode(x=alt.X("x:Q"), y=alt.Y("y:Q")) + points + counts
    note = "Each point is a tenth of the scale, with its number of records. On the line, the score is right."
    charts.draw(chart, "Calibration", key="alerts_calibration", note=note)


def _weights(assessment: Assessment) -> None:
    scorer = assessment.scorer
    if scorer is None or scorer.kind == "rule":
        return
    st.markdown("**Fields and weights**")
    deviations = _deviations(assessment)
    st.dataframe(
        [
            {
                "Field": term.field.label,
                "Usual": f"{term.field.written(term.usual_number)} {term.field.unit}".strip(),
                "Weight": round(term.weight * deviations[term.field.name], 2) + 0.0,
            }
            for term in sorted(scorer.terms, key=lambda term: -abs(term.weight * deviations[term.field.name]))
        ],
        hide_index=True,
        width="stretch",
        column_config={"Weight": st.column_config.NumberColumn(format="%.2f")},
        key="alerts_weights",
    )
    st.caption(
        "Weight: how much a typical difference between students (one standard deviation) more of it raises the score;"
        " below zero, lowers it. 0.7 doubles the odds of being at risk. A field whose weight would point the wrong way"
        " is left out."
    )


def _deviations(assessment: Assessment) -> dict[str, float]:
    sample = assessment.sample
    if sample is None:
        return {}
    return {
        field.name: float(np.nanstd(sample.numbers[:, place]))
        for place, field in enumerate(sample.fields)
        if not np.isnan(sample.numbers[:, place]).all()
    }


def _errors(assessment: Assessment, column: str, name: str, threshold: float) -> None:
    groups, small = assessment.errors_by(column, threshold)
    if not groups:
        return
    st.markdown(f"**Error by {name.lower()}, from a score of {threshold:.3g}**")
    st.dataframe(
        [
            {
                name: "none" if group.group is None else cell(str(group.group)),
                "Records": group.records,
                "Average score": 100 * group.predicted,
                "At risk": 100 * group.observed,
                "At risk, not flagged": _percent(group.missed),
                "Not at risk, flagged": _percent(group.false_alarms),
            }
            for group in groups
        ],
        hide_index=True,
        width="stretch",
        column_config={
            "Records": st.column_config.NumberColumn(format="localized"),
            "Average score": st.column_config.NumberColumn(format="%.0f"),
            **dict.fromkeys(("At risk", "At risk, not flagged", "Not at risk, flagged"), _PERCENT),
        },
        key=f"alerts_errors_{column}",
    )
    hidden = f" {small} groups of fewer than {SMALL_GROUP} records are not shown." if small else ""
    st.caption(
        f"Of the sample. None: a rate of fewer than {SMALL_GROUP} records is left out.{hidden} Where few are at risk"
        " almost all scores are low, so hardly anybody is flagged: most or all of those at risk there are missed."
    )

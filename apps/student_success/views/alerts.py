"""The page of early alerts: who needs help first, why, and how far the score can be trusted."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from risk.assessment import Assessment, assess
from risk.ranking import LISTED, Listed, ranked, students, totals
from risk.scoring import Scorer
from views import alerts_card, alerts_costs, alerts_groups, alerts_list, alerts_what_if, numbers, states
from views.reader import Reader
from views.text import plain

MOST_SEEN: Final = 20
"""How many students somebody sees in a week, until they say otherwise."""


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("Early alerts")
    with st.spinner("Learning from the records, once for this version of the data"):
        assessment = reader.once("assessment", lambda: assess(reader.cohort))
    scorer = assessment.scorer
    _which_score(assessment)
    if scorer is None:
        return
    columns = [column.name for column in reader.cohort.columns]
    listed = list(students(scorer, reader.rows(ranked(scorer, reader.filters, columns))))
    if not listed:
        states.nobody()
        return
    control, *figures = st.columns([2, 1, 1, 1])
    with control:
        threshold = _threshold(scorer, listed)
    flagged = _flagged(figures, reader, assessment, threshold)
    ranking, groups, what_if, costs, card = st.tabs(
        ["Ranked list", "By group", "What if", "Cost and benefit", "About the score"]
    )
    with ranking:
        alerts_list.show(reader, scorer, listed)
    with groups:
        alerts_groups.show(reader, scorer, threshold)
    with what_if:
        alerts_what_if.show(scorer, listed, reader.version)
    with costs:
        alerts_costs.show(flagged)
    with card:
        alerts_card.show(reader, assessment, threshold)


def _which_score(assessment: Assessment) -> None:
    evaluation = assessment.evaluation
    invented = " The records are simulated: nothing here is about a person." if alerts_card.simulated() else ""
    if assessment.scorer is None:
        reason = plain(assessment.why_no_model or "")
        st.info(f"No score: {reason}, and there is no GPA for the plain rule.", icon=":material/hourglass_empty:")
    elif assessment.scorer.kind == "rule":
        reason = plain(assessment.why_no_model or "")
        rule = "**The plain rule is in use, not a model.** The lower the GPA, the higher the score; 50 is a GPA of 2.0."
        st.info(f"{rule} Why: {reason}.{invented}", icon=":material/rule:")
    elif evaluation:
        auc = evaluation.auc
        st.caption(
            "Score: how likely it is, out of 100, that the source flags a record as at risk."
            f" A model says so (AUC {auc.value:.2f}, 95 % interval {auc.low:.2f} to {auc.high:.2f});"
            f" **About the score** says what it must not be used for.{invented}"
        )


def _threshold(scorer: Scorer, listed: list[Listed]) -> float:
    by = st.radio("Flag students", ["from a score", "as many as can be seen"], horizontal=True, key="alerts_by")
    if by == "from a score":
        meant = "50 is a GPA of 2.0." if scorer.kind == "rule" else "50: as likely at risk as not."
        return float(st.slider("Score from which a student is flagged", 1, 99, 50, key="alerts_threshold", help=meant))
    seen = st.number_input(
        "Students that can be seen this week", 1, len(listed), min(MOST_SEEN, len(listed)), key="alerts_capacity",
        help=f"At most as many as the list has: the students of the {LISTED:,} records that score highest.",
    )  # fmt: skip
    return listed[int(seen) - 1].score


def _flagged(places: Sequence[DeltaGenerator], reader: Reader, assessment: Assessment, threshold: float) -> int:
    """Say how many records are flagged and how often that is right; return how many."""
    row = reader.row(totals(assessment.scorer, reader.filters, threshold)) if assessment.scorer else {}
    hits = assessment.hits(threshold)
    flagged, precision, recall = places
    flagged.metric(
        "Flagged",
        f"{numbers.count(row['flagged'])} of {numbers.count(row['records'])}",
        help=f"Records from a score of {threshold:.3g}. A student with several may be flagged in more than one.",
    )
    precision.metric(
        "Rightly flagged",
        numbers.share(hits.precision if hits else None, 0),
        help="Precision from this score, in the sample, for students that the score had not seen.",
    )
    recall.metric(
        "At risk found",
        numbers.share(hits.recall if hits else None, 0),
        help="Recall: how many of those at risk are flagged from this score, in the sample, for students that the"
        " score had not seen.",
    )
    return int(row["flagged"])

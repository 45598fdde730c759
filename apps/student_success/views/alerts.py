"""The page of early alerts: who needs help first, why, and how far the score can be trusted."""

from typing import Final

import streamlit as st

from risk.assessment import Assessment, assess
from risk.ranking import LISTED, Listed, by_score, ranked, students
from risk.scoring import Scorer
from views import alerts_card, alerts_costs, alerts_file, alerts_groups, alerts_list, alerts_what_if, kept, states
from views.alerts_flagging import RANKED, SECTION, Flagging
from views.reader import Reader
from views.text import plain

MOST_SEEN: Final = 20
"""How many students somebody sees in a week, until they say otherwise."""

FROM_A_SCORE, AS_MANY_AS_SEEN = "from a score", "as many as can be seen"
GROUPS, WHAT_IF, COSTS, CARD = "By group", "What if", "Cost and benefit", "About the score"
SECTIONS: Final = (RANKED, GROUPS, WHAT_IF, COSTS, CARD)


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("Early alerts")
    with st.spinner("Learning from a sample, once after each sync"):
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
    counts = {int(row["points"]): int(row["records"]) for row in reader.rows(by_score(scorer, reader.filters))}
    threshold, as_many = _threshold(scorer, listed)
    flagging = Flagging(threshold, listed, counts, as_many)
    _how_well(assessment, flagging)
    _section(reader, assessment, scorer, flagging)


def _section(reader: Reader, assessment: Assessment, scorer: Scorer, flagging: Flagging) -> None:
    # Only the one that is looked at is drawn, and asks: the others would cost as much.
    kept.begin(SECTION, RANKED, among=SECTIONS)
    st.radio("Section", SECTIONS, horizontal=True, key=SECTION, label_visibility="collapsed")
    kept.keep(SECTION)
    section = st.session_state[SECTION]
    if section == RANKED:
        alerts_list.show(flagging)
        alerts_file.offer(reader, scorer, flagging)
    elif section == GROUPS:
        alerts_groups.show(reader, scorer, flagging.threshold)
    elif section == WHAT_IF:
        alerts_what_if.show(scorer, flagging.listed, reader.version)
    elif section == COSTS:
        alerts_costs.show(flagging.flagged)
    else:
        alerts_card.show(reader, assessment, flagging)


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
        better = evaluation.better_than_gpa
        unclear = better is not None and better.low <= 0
        gain = " Whether it ranks better than the GPA alone is not clear." if unclear else ""
        st.caption(
            "Score, 0 to 100: how likely it is that the source flags this student as at risk."
            f"{gain} **About the score** says how it is made and what it must not be used for.{invented}"
        )


def _threshold(scorer: Scorer, listed: list[Listed]) -> tuple[float, int | None]:
    """Return the score from which somebody is flagged, and, if so many are to be, how many."""
    left, right = st.columns(2)
    kept.begin("alerts_by", FROM_A_SCORE)
    by = left.radio("Flag students", [FROM_A_SCORE, AS_MANY_AS_SEEN], horizontal=True, key="alerts_by")
    kept.keep("alerts_by")
    if by == FROM_A_SCORE:
        meant = "50 is a GPA of 2.0." if scorer.kind == "rule" else "50: as likely at risk as not."
        kept.begin("alerts_threshold", 50)
        threshold = right.slider("Score from which a student is flagged", 1, 99, key="alerts_threshold", help=meant)
        kept.keep("alerts_threshold")
        return float(threshold), None
    kept.begin("alerts_capacity", MOST_SEEN)
    st.session_state["alerts_capacity"] = min(int(st.session_state["alerts_capacity"]), len(listed))
    seen = right.number_input(
        "Students that can be seen this week", 1, len(listed), key="alerts_capacity",
        help=f"At most as many as the list has, which is no more than {LISTED:,}.",
    )  # fmt: skip
    kept.keep("alerts_capacity")
    return listed[int(seen) - 1].score, int(seen)


def _how_well(assessment: Assessment, flagging: Flagging) -> None:
    """Say how many are flagged, how often that is right, and whom it misses."""
    verb = "is" if flagging.flagged == 1 else "are"
    said = f"**{flagging.in_words}** {verb} flagged."
    hits = assessment.hits(flagging.threshold)
    if hits is None or hits.precision is None or hits.recall is None:
        st.markdown(said)
        return
    right, found = f"{100 * hits.precision:.0f}", round(100 * hits.recall)
    by_model = assessment.scorer is not None and assessment.scorer.kind == "model"
    checked = ", checked on students that the score had not seen" if by_model else ""
    st.markdown(
        f"{said} Of 100 flagged, {right} were at risk; of 100 at risk, {found} were flagged: it **misses"
        f" {100 - found} of 100 at risk** (of all records, whatever the filters{checked})."
    )

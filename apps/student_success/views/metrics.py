"""The page of metrics: how the chosen students stand, beside whom, and where to look closer."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from cohort import metrics
from cohort.filters import EVERYBODY
from cohort.metrics import Comparison, Totals
from views import metrics_groups, metrics_relations, numbers, states
from views.metrics_relations import by_month
from views.reader import Reader
from views.text import plain
from warehouse.query import Row


@dataclass(frozen=True, slots=True)
class _Card:
    """How the average of a measure is shown."""

    title: str
    help: str
    digits: int
    is_share: bool = False

    def written(self, value: float | None) -> str:
        return numbers.share(value, self.digits) if self.is_share else numbers.number(value, self.digits)


_CARDS: Final = {
    "at_risk_flag": _Card("At risk", "Of the records that say whether the student is", 1, is_share=True),
    "current_gpa": _Card("Average GPA", "Of 4.0", 2),
    "course_completion_rate": _Card("Completion rate", "Average share of courses completed", 1, is_share=True),
    "engagement_score": _Card("Engagement", "Average score, of 100", 1),
}


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("Metrics")
    months = by_month(reader)
    totals = Totals.of(months)
    if not totals.records:
        states.nobody()
        return
    _cards(reader, totals, _comparison(reader, months, totals))
    rows = (
        (metrics_groups.at_risk, metrics_groups.majors),
        (metrics_relations.gpa, metrics_groups.engagement),
        (metrics_relations.completion, metrics_relations.aid),
    )
    for row in rows:
        for column, panel in zip(st.columns(2, gap="medium"), row, strict=True):
            with column, states.guarded():
                panel(reader)


def _comparison(reader: Reader, months: list[Row], totals: Totals) -> Comparison | None:
    """Compare the chosen with everybody or, where everybody is chosen, the newest with those before."""
    if not reader.filters.chosen:
        return metrics.with_those_before(months)
    everybody = Totals.of(by_month(Reader(reader.cohort, EVERYBODY, reader.version)))
    return Comparison("these", totals, "everybody", everybody)


def _cards(reader: Reader, totals: Totals, comparison: Comparison | None) -> None:
    with st.container(horizontal=True, gap="small"):
        _students(reader, totals, comparison)
        for name, card in _CARDS.items():
            with st.container(border=True, gap=None, height="stretch", key=f"metrics_card_{name}"):
                known = totals.known_of(name)
                help_ = f"{card.help}. Known in {numbers.count(known)} records."
                st.metric(card.title, card.written(totals.average(name)), help=help_)
                if not reader.cohort.has(name):
                    st.caption(plain(f"The table has no {name}"))
                elif not known:
                    st.caption("No record says")
                else:
                    st.caption(_beside(name, card, comparison))
    _said(comparison)


def _students(reader: Reader, totals: Totals, comparison: Comparison | None) -> None:
    with st.container(border=True, gap=None, height="stretch", key="metrics_card_students"):
        if not reader.cohort.has("student_id"):
            st.metric("Records", numbers.count(totals.records), help="The table has no student_id to tell students by.")
            st.caption("Students: the table has no student&#95;id")
            return
        count = reader.row(metrics.students(reader.filters.where()))["students"]
        st.metric("Students", numbers.count(count), help="Different students; one may have several records.")
        words = f"{numbers.count(totals.records)} records"
        if comparison and reader.filters.chosen:
            words += f", {numbers.share(totals.records / comparison.others.records)} of everybody's"
        elif comparison:
            words += f", {numbers.count(comparison.these.records)} {comparison.name}"
        st.caption(words)


def _beside(name: str, card: _Card, comparison: Comparison | None) -> str:
    """Return how an average stands beside another one, in words: no arrow to be guessed at, no colour."""
    if comparison is None:
        return "Nothing to compare with"
    these, others = comparison.these.average(name), comparison.others.average(name)
    if these is None or others is None:
        return "Nothing to compare with"
    # The difference of what is shown: nobody should see 2.89 and 2.88 called the same.
    scale = 100 if card.is_share else 1
    difference = round(round(scale * these, card.digits) - round(scale * others, card.digits), card.digits)
    size = f"{abs(difference):,.{card.digits}f}{' points' if card.is_share else ''}"
    where = "the same as" if not difference else f"{size} {'above' if difference > 0 else 'below'}"
    begin = "" if comparison.other_name == "everybody" else f"{card.written(these)} {comparison.name}, "
    return f"{begin}{where} {comparison.other_name} ({card.written(others)})"


def _said(comparison: Comparison | None) -> None:
    if comparison is None:
        st.caption("No two years of enrollment to compare. Averages are over records.")
    elif comparison.other_name == "everybody":
        st.caption(
            f"Compared with everybody: {numbers.count(comparison.others.records)} records, the chosen among them."
            " Averages are over records."
        )
    else:
        st.caption(
            f"Compared below each figure: {numbers.count(comparison.these.records)} records {comparison.name} with"
            f" {numbers.count(comparison.others.records)} enrolled in the years before. Averages are over records."
        )

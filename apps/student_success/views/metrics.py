"""The page of metrics: how the chosen students stand, beside whom, and where to look closer."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from cohort import metrics
from cohort.filters import EVERYBODY
from cohort.metrics import Comparison, Totals
from views import metrics_groups, metrics_relations, numbers, states
from views.metrics_whom import by_month, noun, students
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
    with st.spinner("Adding up the records"):  # before the first card: none stands there without its figure
        months = by_month(reader)
        totals = Totals.of(months)
        comparison = _comparison(reader, months, totals)
        students(reader)
    if not totals.records:
        states.nobody()
        return
    _cards(reader, totals, comparison)
    rows = (
        (metrics_groups.at_risk, metrics_groups.majors),
        (metrics_groups.engagement, metrics_relations.gpa),
        (metrics_relations.completion, metrics_relations.aid),
    )
    columns = st.columns(2, gap="medium")
    for row in rows:
        for column, panel in zip(columns, row, strict=True):
            with column, states.guarded():
                panel(reader)


def _comparison(reader: Reader, months: list[Row], totals: Totals) -> Comparison | None:
    """Compare the chosen with everybody or, where everybody is chosen, the newest with those before."""
    if not reader.filters.chosen:
        return metrics.with_those_before(months)
    return Comparison("These", totals, "Everybody", Totals.of(by_month(_everybody(reader))))


def _everybody(reader: Reader) -> Reader:
    return Reader(reader.cohort, EVERYBODY, reader.version)


def _cards(reader: Reader, totals: Totals, comparison: Comparison | None) -> None:
    with st.container(horizontal=True, gap="small"):
        _students(reader, totals, comparison)
        for name, card in _CARDS.items():
            with st.container(border=True, gap=None, height="stretch", key=f"metrics_card_{name}"):
                known = totals.known_of(name)
                help_ = f"{card.help}. Known of {numbers.count(known)} {noun(reader)}."
                st.metric(card.title, card.written(totals.average(name)), help=help_)
                if not reader.cohort.has(name):
                    st.caption(plain(f"The table has no {name}"))
                elif not known:
                    st.caption("No record says")
                else:
                    _lines(*_beside(name, card, comparison, chosen=bool(reader.filters.chosen)))
    _said(reader, comparison)


def _students(reader: Reader, totals: Totals, comparison: Comparison | None) -> None:
    count = students(reader)
    with st.container(border=True, gap=None, height="stretch", key="metrics_card_students"):
        if count is None:
            st.metric("Records", numbers.count(totals.records), help="The table has no student_id to tell students by.")
            st.caption("Students: the table has no student&#95;id")
            return
        st.metric("Students", numbers.count(count), help="Different students; one may have several records.")
        lines = [] if noun(reader) == "students" else [f"{numbers.count(totals.records)} records"]
        if comparison and reader.filters.chosen:
            everybody = students(_everybody(reader)) or 0
            part = f" (these are {numbers.share(count / everybody)})" if everybody else ""
            lines.append(f"Everybody: {numbers.count(everybody)}{part}")
        elif comparison:
            what = "" if noun(reader) == "students" else " records"
            lines.append(f"{comparison.name}: {numbers.count(comparison.these.records)}{what}")
            a_year = comparison.others.records / comparison.other_years
            lines.append(f"{comparison.other_name}: {numbers.count(a_year)}{what} a year")
        _lines(*lines)


def _beside(name: str, card: _Card, comparison: Comparison | None, *, chosen: bool) -> list[str]:
    """Return how an average stands beside another one, in words: no arrow to be guessed at, no colour."""
    if comparison is None:
        return ["Nothing to compare with"]
    these, others = comparison.these.average(name), comparison.others.average(name)
    if these is None or others is None:
        return ["Nothing to compare with"]
    # The difference of what is shown: nobody should see 2.89 and 2.88 called the same.
    scale = 100 if card.is_share else 1
    difference = round(round(scale * others, card.digits) - round(scale * these, card.digits), card.digits)
    size = f"{abs(difference):,.{card.digits}f}{' points' if card.is_share else ''}"
    where = "the same" if not difference else f"{size} {'higher' if difference > 0 else 'lower'}"
    where = where.replace(" ", "\N{NO-BREAK SPACE}")  # a narrow card breaks before it
    other = f"{comparison.other_name}: {card.written(others)} ({where})"
    return [other] if chosen else [f"{comparison.name}: {card.written(these)}", other]


def _lines(*lines: str) -> None:
    if lines:
        st.caption("  \n".join(lines))


def _said(reader: Reader, comparison: Comparison | None) -> None:
    averages = f"Averages are over {noun(reader)}."
    if comparison is None:
        st.caption(f"No two years of enrollment to compare. {averages}")
    elif reader.filters.chosen:
        st.caption(
            f"Everybody: all {numbers.count(comparison.others.records)} records, the chosen among them. {averages}"
        )
    else:
        before = f"the {numbers.count(comparison.others.records)} {noun(reader)} of the years of enrollment before"
        st.caption(f"Before: {before}. {averages}")

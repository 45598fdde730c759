"""The reports that were made: look through them, compare two, ask again, keep elsewhere, forget."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import streamlit as st

from insights.areas.catalog import AREAS
from insights.history.opening import history_of
from insights.history.protocol import History, HistoryError
from insights.report import Outcome, Question, Report
from views import history_comparison, history_facts, sidebar
from views.insights_choose import PRESET
from views.insights_text import inert
from views.reader import Reader
from views.text import cell, plain, shown

Id = TypeVar("Id", str, str | None)

PAGE: Final = 50
EVERYTHING: Final = 10_000
"""Reports that one download holds."""


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("Insights history")
    history = history_of(os.environ, reader.place)
    try:
        _show(history)
    except HistoryError as error:
        st.error(plain(f"{str(error)[:1].upper()}{str(error)[1:]}."), icon=":material/error:")
        st.caption(
            "The other pages work without it. A report that could not be kept can be downloaded where it was made."
        )


def _show(history: History) -> None:
    left, right = st.columns(2)
    areas: list[str | None] = [None, *(area.key for area in AREAS)]
    area = left.selectbox("Area", areas, format_func=_area, key="history_area")
    outcomes: list[Outcome | None] = [None, *history_facts.OUTCOMES]
    outcome = right.selectbox("Outcome", outcomes, format_func=_outcome, key="history_outcome")
    room = st.session_state.setdefault("history_room", PAGE)
    reports = history.page(room + 1, area=area, outcome=outcome)
    more, reports = len(reports) > room, reports[:room]
    if not reports:
        _empty(narrowed=area is not None or outcome is not None)
        return
    _table(reports)
    if more:
        st.button("Show more", on_click=_make_room, key="history_more")
    _one(history, reports)
    _everything(history)


def _empty(*, narrowed: bool) -> None:
    if narrowed:
        st.info("No report has this area and outcome. Choose All to see more.", icon=":material/filter_alt:")
        return
    st.info("No reports yet. Those that are made under AI insights are kept here.", icon=":material/history:")
    if st.button("Ask the first question", icon=":material/lightbulb:", key="history_first"):
        _go_and_ask()


def _table(reports: Sequence[Report]) -> None:
    rows = [{name: cell(value) for name, value in history_facts.line(report).items()} for report in reports]
    st.dataframe(
        rows, width="stretch", hide_index=True, key="history_table", selection_mode="single-row",
        on_select=partial(_open, [report.id for report in reports]),
    )  # fmt: skip
    count = f"{len(rows)} reports, newest first." if len(rows) > 1 else "1 report."
    st.caption(f"{count} Choose one by the box before its row, or under Report.")


def _open(ids: Sequence[str]) -> None:
    """Let the report of the row that was chosen be the one that is read, and by itself."""
    chosen = st.session_state["history_table"]["selection"]["rows"]
    if chosen and chosen[0] < len(ids):
        st.session_state["history_report"] = ids[chosen[0]]
        st.session_state["history_other"] = None


def _one(history: History, reports: Sequence[Report]) -> None:
    by_id = {report.id: report for report in reports}
    left, right = st.columns(2)
    with left:
        chosen = by_id[_choose("Report", list(by_id), by_id, "history_report")]
    asked = chosen.question
    alike = [report for report in reports if report.question.area == asked.area and report.id != chosen.id]
    alike.sort(key=lambda report: report.question.filters != asked.filters)  # of the same students first
    others: list[str | None] = [None, *(report.id for report in alike)]
    with right:
        words = "Another report of this area; those about the same students come first."
        other = _choose("Compare with", others, by_id, "history_other", words)
    if other is None:
        _read(history, chosen)
    else:
        history_comparison.show(*sorted((chosen, by_id[other]), key=lambda report: (report.made_at, report.id)))


def _choose(label: str, options: Sequence[Id], reports: Mapping[str, Report], key: str, words: str = "") -> Id:
    if st.session_state.get(key) not in options:  # deleted, or not among those that are shown any more
        st.session_state[key] = options[0]

    def named(id_: str | None) -> str:
        return "Nothing" if id_ is None else shown(history_facts.title(reports[id_]))

    return st.selectbox(label, options, format_func=named, key=key, help=words or None)


def _read(history: History, report: Report) -> None:
    name = f"insights-{report.made_at:%Y-%m-%d-%H%M%S}"
    with st.container(horizontal=True):
        st.download_button(
            "Download", history_facts.as_file(report), f"{name}.md", "text/markdown", key="history_download",
            icon=":material/download:",
        )  # fmt: skip
        if st.button(
            "Ask again", on_click=_preset, args=(report.question,), key="history_again", icon=":material/refresh:",
            help="The same question, about the same students, on today's data.",
        ):  # fmt: skip
            _go_and_ask()
        with st.popover("Delete", icon=":material/delete:"):
            st.write("This report will be gone for good.")
            st.button("Delete it", on_click=_delete, args=(history, report.id), key="history_delete", type="primary")
    if failure := st.session_state.pop("history_failure", None):
        st.error(plain(failure), icon=":material/error:")
    if report.error:
        st.warning(plain(f"{history_facts.OUTCOMES[report.outcome]}: {report.error}"), icon=":material/warning:")
    if report.text.strip():
        st.markdown(inert(report.text))
    else:
        st.caption("It has no text.")
    with st.expander("How it was made"):
        for name, value in history_facts.facts(report).items():
            st.markdown(f"**{name}** {plain(value)}")


def _everything(history: History) -> None:
    st.divider()
    if st.button("Prepare all for download", key="history_prepare", help="Each report as one line of JSON."):
        reports = history.page(EVERYTHING)
        st.download_button(
            f"Download {len(reports)} reports", history_facts.as_lines(reports), "insights.jsonl", "application/jsonl",
            key="history_all", icon=":material/download:",
        )  # fmt: skip
        if len(reports) == EVERYTHING:
            st.caption(f"The newest {EVERYTHING:,}; the history has more.")


def _preset(question: Question) -> None:
    st.session_state[PRESET] = question
    sidebar.put(question.filters)


def _go_and_ask() -> None:
    # A page is known by its address: this is the one that the app registered.
    st.switch_page(st.Page(_nothing, title="AI insights", url_path="insights"))


def _nothing() -> None:
    """Stands for a page that is drawn elsewhere."""


def _delete(history: History, id_: str) -> None:
    try:
        history.delete(id_)
    except HistoryError as error:
        st.session_state["history_failure"] = str(error)


def _make_room() -> None:
    st.session_state["history_room"] += PAGE


def _area(key: str | None) -> str:
    return "All" if key is None else history_facts.area(key)


def _outcome(outcome: Outcome | None) -> str:
    return "All" if outcome is None else history_facts.OUTCOMES[outcome]

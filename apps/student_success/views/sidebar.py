"""The sidebar: whom every page looks at, kept in the address, and how new the rows are."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from cohort.filters import MOST_CHOICES, NONE, Filters
from cohort.freshness import COUNT, FRESHNESS
from views import numbers
from views.reader import Reader
from warehouse.query import Query

CHOICES: Final = (
    ("majors", "Major", "major_code"),
    ("standings", "Academic standing", "academic_standing"),
    ("advisors", "Advisor", "advisor_id"),
)
_AT_RISK: Final = {"Everybody": None, "At risk": True, "Not at risk": False}


def choose(reader: Reader) -> Filters:
    """Draw the filters, and return what is chosen; the address says the same afterwards."""
    _begin_from_address()
    with st.sidebar:
        st.subheader("Who", help="Every page looks at these students. The address keeps the choice.")
        for key, label, column in CHOICES:
            if reader.cohort.has(column):
                _several(reader, key, label, column)
        if reader.cohort.has("at_risk_flag"):
            st.selectbox("At risk", list(_AT_RISK), key="filter_at_risk")
        if reader.cohort.has("enrollment_date"):
            left, right = st.columns(2)
            left.date_input("Enrolled from", value=None, key="filter_enrolled_from")
            right.date_input("Enrolled to", value=None, key="filter_enrolled_to")
        chosen = _chosen()
        if chosen.chosen:
            st.button("Clear all", on_click=_clear, key="filter_clear", width="stretch")
    _keep_in_address(chosen)
    return chosen


def freshness(reader: Reader) -> None:
    """Say how many records there are and when the newest came."""
    with st.sidebar:
        st.divider()
        row = reader.row(FRESHNESS if reader.cohort.has(*FRESHNESS.columns) else COUNT)
        st.caption(f"{numbers.count(row['records'])} records in {reader.place.table}")
        if synced := row.get("synced"):
            st.caption(f"Synced {synced:%Y-%m-%d %H:%M} UTC")


def _several(reader: Reader, key: str, label: str, column: str) -> None:
    sql = f"select {column} as choice, count(*) as records from records group by 1 order by 2 desc, 1"  # noqa: S608
    query = Query(f"{sql} limit {MOST_CHOICES}", columns=(column,))
    there = [NONE if row["choice"] is None else row["choice"] for row in reader.rows(query)]
    state = f"filter_{key}"
    # What the address names and the data has not is a choice too: it leaves nobody, and shows itself.
    options = sorted(there) + [value for value in st.session_state.get(state, ()) if value not in there]
    st.multiselect(label, options, key=state, format_func=_named, placeholder="All")


def _named(choice: str) -> str:
    return "None" if choice == NONE else choice


def _begin_from_address() -> None:
    if "filters_begun" in st.session_state:
        return
    st.session_state["filters_begun"] = True
    words = {name: st.query_params.get_all(name) for name in st.query_params}
    filters, wrong = Filters.from_address(words)
    st.session_state["filters_wrong"] = wrong
    _put(filters)


def _put(filters: Filters) -> None:
    state: dict[str, Any] = {
        "filter_majors": list(filters.majors),
        "filter_standings": list(filters.standings),
        "filter_advisors": list(filters.advisors),
        "filter_at_risk": next(word for word, value in _AT_RISK.items() if value == filters.at_risk),
        "filter_enrolled_from": filters.enrolled_from,
        "filter_enrolled_to": filters.enrolled_to,
    }
    st.session_state.update(state)


def _clear() -> None:
    _put(Filters())


def _chosen() -> Filters:
    state = st.session_state

    def several(key: str) -> Sequence[str]:
        return tuple(state.get(key) or ())

    return Filters(
        majors=tuple(several("filter_majors")),
        standings=tuple(several("filter_standings")),
        advisors=tuple(several("filter_advisors")),
        at_risk=_AT_RISK[state.get("filter_at_risk") or "Everybody"],
        enrolled_from=state.get("filter_enrolled_from"),
        enrolled_to=state.get("filter_enrolled_to"),
    )


def _keep_in_address(filters: Filters) -> None:
    words = filters.to_address()
    if {name: st.query_params.get_all(name) for name in st.query_params} != words:
        st.query_params.from_dict(words)

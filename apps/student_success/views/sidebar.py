"""The sidebar: whom every page looks at, kept in the address, and how new the rows are."""

from typing import Any, Final

import streamlit as st

from cohort.filters import FIRST_DAY, LAST_DAY, NONE, Filters
from cohort.freshness import COUNT, FRESHNESS, LastSync, last_sync
from views import numbers
from views.reader import Reader
from views.text import plain
from warehouse.query import Query

MOST_OFFERED: Final = 2_000
"""Values of one column that a list offers; of more, those with the most records."""

_SEVERAL: Final = (
    ("majors", "Major", "major_code", "No major"),
    ("standings", "Academic standing", "academic_standing", "No standing"),
    ("advisors", "Advisor", "advisor_id", "No advisor"),
)
"""Each filter's key, its label, its column, and what the column's null means."""
QUERIES: Final = {
    key: Query(
        f"select cast({column} as varchar) as choice, count(*) as records from records group by 1 order by 2 desc, 1"  # noqa: S608
        f" limit {MOST_OFFERED}",
        columns=(column,),
    )
    for key, _, column, _ in _SEVERAL
}
_ALL: Final = "All"
_AT_RISK: Final = {_ALL: None, "At risk": True, "Not at risk": False}


def choose(reader: Reader, page: str = "") -> Filters:
    """Draw the filters on a page, and return what is chosen; the address says the same afterwards."""
    _begin_from_address()
    st.sidebar.markdown("**Show**")
    if st.session_state.get("filters_page", page) != page:
        put(st.session_state["filters_chosen"])  # Streamlit forgets what another page drew
    st.session_state["filters_page"] = page
    with st.sidebar:
        for key, label, column, none in _SEVERAL:
            if reader.cohort.has(column):
                _several(reader, key, label, none)
        if reader.cohort.has("at_risk_flag"):
            st.selectbox("At risk", list(_AT_RISK), key="filter_at_risk")
        if reader.cohort.has("enrollment_date"):
            st.date_input("Enrolled from", None, FIRST_DAY, LAST_DAY, key="filter_enrolled_from")
            st.date_input("Enrolled to", None, FIRST_DAY, LAST_DAY, key="filter_enrolled_to")
        chosen = _without_missing_columns(reader, _chosen())
        _say_what_is_odd(chosen)
        st.button("Clear all filters", on_click=_clear, disabled=not chosen.chosen, width="stretch")
    _keep_in_address(chosen)
    st.session_state["filters_chosen"] = chosen
    return chosen


def keep(page: str) -> Filters:
    """Return what is chosen, on a page that the filters do nothing on: they are not drawn, and nothing is lost."""
    _begin_from_address()
    st.session_state["filters_page"] = page
    chosen: Filters = st.session_state["filters_chosen"]
    _keep_in_address(chosen)
    return chosen


def freshness(reader: Reader) -> int:
    """Say how many records there are and when the newest came. Returns how many."""
    row = reader.row(FRESHNESS if reader.cohort.has(*FRESHNESS.columns) else COUNT)
    with st.sidebar:
        words = f"{numbers.count(row['records'])} records"
        if synced := row.get("synced"):
            words += f", newest synced {synced:%Y-%m-%d %H:%M} UTC"
        st.caption(words, help=f"From {plain(str(reader.place.table))}.")
        (sync,) = reader.once("last sync", lambda: (last_sync(reader.cohort),))
        if sync:
            _tell(sync)
    return int(row["records"])


def _tell(sync: LastSync) -> None:
    began = f"{sync.started:%Y-%m-%d %H:%M} UTC"
    if sync.status == "running":
        st.caption(f":material/sync: A sync began {began} and goes on.")
    elif sync.status == "succeeded":
        st.caption(":material/check: The last sync succeeded", help=f"It began {began}.")
    else:
        why = plain(sync.error or "no reason")
        st.caption(f":material/warning: The last sync, begun {began}, {plain(sync.status)}: {why}")


def _several(reader: Reader, key: str, label: str, none: str) -> None:
    rows = reader.rows(QUERIES[key])
    there = sorted(NONE if row["choice"] is None else row["choice"] for row in rows)
    state = f"filter_{key}"
    # What the address names and the data has not is a choice too: it leaves nobody, and can be taken back.
    options = there + [value for value in st.session_state.get(state, ()) if value not in there]
    st.multiselect(
        label, options, key=state, format_func=lambda choice: none if choice == NONE else choice, placeholder=_ALL
    )


def _begin_from_address() -> None:
    if "filters_not_understood" in st.session_state:
        return
    filters, wrong = Filters.from_address({name: st.query_params.get_all(name) for name in st.query_params})
    st.session_state["filters_not_understood"] = wrong
    put(filters)


def _say_what_is_odd(chosen: Filters) -> None:
    for word in st.session_state["filters_not_understood"]:
        st.caption(f":material/info: The address's “{plain(word)}” makes no sense and was left out.")
    if chosen.enrolled_from and chosen.enrolled_to and chosen.enrolled_from > chosen.enrolled_to:
        st.caption(":material/info: The enrollment period ends before it begins.")


def put(filters: Filters) -> None:
    """Choose these; only before the filters are drawn, such as in a button's callback."""
    state: dict[str, Any] = {
        "filters_chosen": filters,
        "filter_majors": list(filters.majors),
        "filter_standings": list(filters.standings),
        "filter_advisors": list(filters.advisors),
        "filter_at_risk": next(word for word, value in _AT_RISK.items() if value == filters.at_risk),
        "filter_enrolled_from": filters.enrolled_from,
        "filter_enrolled_to": filters.enrolled_to,
    }
    st.session_state.update(state)


def _clear() -> None:
    st.session_state["filters_not_understood"] = ()
    put(Filters())


def _chosen() -> Filters:
    state = st.session_state
    return Filters(
        majors=tuple(state.get("filter_majors") or ()),
        standings=tuple(state.get("filter_standings") or ()),
        advisors=tuple(state.get("filter_advisors") or ()),
        at_risk=_AT_RISK[state.get("filter_at_risk") or _ALL],
        enrolled_from=state.get("filter_enrolled_from"),
        enrolled_to=state.get("filter_enrolled_to"),
    )


def _without_missing_columns(reader: Reader, filters: Filters) -> Filters:
    if reader.cohort.has(*filters.columns()):
        return filters
    st.caption(":material/info: The table lacks a column that the address filters by: everybody is shown.")
    return Filters()


def _keep_in_address(filters: Filters) -> None:
    words = filters.to_address()
    if {name: st.query_params.get_all(name) for name in st.query_params} != words:
        st.query_params.from_dict(words)

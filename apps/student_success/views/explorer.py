"""The page of the data explorer: every record and every column, a page at a time."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

import streamlit as st

from cohort.columns import in_reading_order, label
from cohort.filters import Condition
from explorer import download, matching, paging
from explorer.paging import FIRST, LAST, Order, Page, Start
from views import explorer_filters, explorer_table, kept, numbers, states
from views.reader import Reader
from views.text import plain
from warehouse.protocol import Column

SIZES: Final = (25, 50, 100, 200)
USUAL: Final[tuple[str, ...]] = (
    "student_id", "major_code", "academic_standing", "current_gpa", "course_completion_rate", "engagement_score",
    "at_risk_flag", "intervention_count", "advisor_id", "enrollment_date", "last_login_date", "record_id",
)  # fmt: skip
"""The columns that the page opens with; all others can be chosen."""
_WAYS: Final = ("Ascending", "Descending")
_BY_KEY: Final = ""
"""Stands for the key among the columns to sort by."""


@dataclass(frozen=True, slots=True)
class _At:
    """Where somebody is: where the page begins, and the number of the record there, unless nobody knows it.

    Of a page that is read backward, it is the number of the record after it.
    """

    start: Start = FIRST
    number: int | None = 1


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the page is to show: which records, how many they are, in which order, which columns of them."""

    condition: Condition
    total: int
    order: Order
    size: int
    columns: Sequence[Column]

    @property
    def identity(self) -> Hashable:
        """The same for the same records in the same order."""
        return self.condition.sql, tuple(self.condition.parameters.items()), self.order, self.size


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("Data explorer")
    columns = in_reading_order(reader.cohort.columns)
    conditions = explorer_filters.chosen(columns)
    condition = matching.every(reader.filters, conditions)
    order, size, visible = _arranged(columns)
    with st.spinner("Looking…"):
        total = int(reader.row(paging.count(condition))["records"])
    if not total:
        if conditions:
            st.info("No records match. Change the search or a filter to see more.", icon=":material/search_off:")
        else:
            states.nobody()
    elif not visible:
        st.info("No column is chosen. Choose at least one under Columns.", icon=":material/view_column:")
    else:
        asked = _Asked(condition, total, order, size, visible)
        page = _page(reader, asked) if order.key else _only_page(reader, asked)
        explorer_table.draw(page.rows, visible, key="explorer_table")
        with states.guarded():
            _file(reader, asked)


def _arranged(columns: Sequence[Column]) -> tuple[Order, int, list[Column]]:
    """Draw how records are shown. Returns their order, how many are on a page, and the columns."""
    key = paging.key_of(columns)
    by_name = {column.name: column for column in columns}
    sortable = [_BY_KEY, *(column.name for column in columns if column.kind != "other" and column.name != key)]
    kept.begin("explorer_by", _BY_KEY, among=sortable)
    kept.begin("explorer_way", _WAYS[0], among=_WAYS)
    kept.begin("explorer_size", SIZES[0], among=SIZES)
    usual = [name for name in USUAL if name in by_name] or list(by_name)
    kept.begin("explorer_columns", usual, among=by_name)
    by, way, start, size, which = st.columns([3, 2, 3, 2, 3], vertical_alignment="bottom")
    unsorted = label(key) if key else "Nothing"
    name = by.selectbox(
        "Sort by", sortable, format_func=lambda name: label(name) if name else unsorted, key="explorer_by"
    )
    direction = way.selectbox("Direction", _WAYS, key="explorer_way", help="Empty cells come last either way.")
    rows = size.selectbox("Rows", SIZES, key="explorer_size", disabled=not key)
    chosen = st.session_state["explorer_columns"]
    with which.popover(f"Columns ({len(chosen)} of {len(columns)})", width="stretch"):
        st.multiselect("Columns, in this order", list(by_name), format_func=label, key="explorer_columns")
        with st.container(horizontal=True):
            st.button("All columns", on_click=_choose, args=(list(by_name),), key="explorer_all_columns")
            st.button("The usual", on_click=_choose, args=(usual,), key="explorer_usual_columns")
    kept.keep("explorer_by", "explorer_way", "explorer_size", "explorer_columns")
    visible = [by_name[name] for name in st.session_state["explorer_columns"]]
    order = Order(key, name or None, descending=direction != _WAYS[0])
    if order.key:
        with start:
            _start_at(order, columns)
    return order, rows, visible


def _choose(names: list[str]) -> None:
    st.session_state["explorer_columns"] = names


def _only_page(reader: Reader, asked: _Asked) -> Page:
    """Draw what stands above a table without a key. Returns its only page."""
    page = paging.read(reader.rows, asked.columns, asked.condition, asked.order, size=paging.MOST_WITHOUT_KEY)
    rows = f"its first {numbers.count(len(page.rows))} of {numbers.count(asked.total)} records" if page.more else "all"
    st.caption(f"The table has no record key to turn pages by. Shown: {rows}.")
    return page


def _page(reader: Reader, asked: _Asked) -> Page:
    """Draw where somebody is, and the ways to elsewhere. Returns the page there."""
    at = _here(reader, asked)
    page = _read(reader, asked, at.start)
    if not page.rows:  # nothing before, or nothing after: the records there are gone, or never were
        at = _At()
        page = _read(reader, asked, at.start)
    if at.number is None and isinstance(at.start.at, int | float | date):
        name = asked.order.column or asked.order.key or ""
        before = paging.count_before(asked.condition, name, at.start.at, descending=asked.order.descending)
        at = replace(at, number=int(reader.row(before)["records"]) + 1)
    _go(at, asked.identity, reader.version)
    first = at.number
    if first is not None and at.start.backward:
        first -= len(page.rows)
    elif at.start.backward and not page.more:
        first = 1
    _turn(asked, page, first, reader.version)
    return page


def _read(reader: Reader, asked: _Asked, start: Start) -> Page:
    with st.spinner("Looking…"):
        return paging.read(
            reader.rows, asked.columns, asked.condition, asked.order, start=start, size=asked.size
        )  # fmt: skip


def _turn(asked: _Asked, page: Page, first: int | None, version: str) -> None:
    count = len(page.rows)
    after = None if first is None else first + count
    words = f"Rows {numbers.count(first)} to {numbers.count(first + count - 1)}" if first else f"{count} rows"
    begun, ended = first == 1, (after is not None and after > asked.total)
    before_it = _At() if first is not None and first <= asked.size else _At(Start(page.first, backward=True), first)
    ways = (
        ("First", "first_page", begun, _At()),
        ("Previous", "chevron_left", begun, before_it),
        ("Next", "chevron_right", ended, _At(Start(page.last), after)),
        ("Last", "last_page", ended, _At(LAST, asked.total + 1)),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words}** of {numbers.count(asked.total)}", width="stretch")
        for name, icon, disabled, there in ways:
            st.button(
                name, icon=f":material/{icon}:", key=f"explorer_{name.lower()}", disabled=disabled,
                on_click=_go, args=(there, asked.identity, version),
            )  # fmt: skip


def _here(reader: Reader, asked: _Asked) -> _At:
    """Return where somebody is: where a button led, or at the beginning of what is asked for the first time.

    A button of the page before, pressed while another order is being drawn, leads nowhere in that order.
    """
    noted: tuple[_At, Hashable, str] = st.session_state.get("explorer_at", (_At(), None, ""))
    at, identity, version = noted
    if identity not in (asked.identity, asked.order):
        return _At()
    return at if version == reader.version or at == _At() else replace(at, number=None)


def _go(at: _At, identity: Hashable, version: str) -> None:
    """Note where somebody is.

    Args:
        at: The place.
        identity: Of what was asked where the place is; the order alone, where it is a value of the order's column.
        version: The data's, in which the place has its number.
    """
    st.session_state["explorer_at"] = (at, identity, version)


def _start_at(order: Order, columns: Sequence[Column]) -> None:
    """Draw the way to a value of the column that records are sorted by."""
    name = order.column or order.key
    column = next(column for column in columns if column.name == name)
    key, title = f"explorer_start_{column.name}", plain(f"Start at {explorer_filters.titled(column.name)}")
    lead: dict[str, Any] = {"key": key, "on_change": _start, "args": (key, column.kind, order)}
    if column.kind in ("date", "time"):
        st.date_input(title, value=None, min_value="1900-01-01", max_value="2199-12-31", **lead)
    elif column.kind in ("integer", "number"):
        st.number_input(title, value=None, step=1 if column.kind == "integer" else 0.01, **lead)
    elif column.kind == "text":
        st.text_input(title, **lead)


def _start(key: str, kind: str, order: Order) -> None:
    value = st.session_state[key]
    if kind == "time" and isinstance(value, date):
        # In a descending order a day begins with its last moment.
        value = datetime.combine(value, time.max if order.descending else time.min)
    _go(_At() if value in (None, "") else _At(Start(at=value), None), order, "")


def _file(reader: Reader, asked: _Asked) -> None:
    """Draw the way to a file of the records, which is made when somebody asks for it."""
    most = min(asked.total, download.MOST_RECORDS)
    identity = (asked.identity, tuple(asked.columns), reader.version, str(reader.place))
    said = f"{'The first ' if most < asked.total else ''}{numbers.count(most)} of {numbers.count(asked.total)} records"
    if st.button("Prepare CSV", icon=":material/table:", key="explorer_prepare"):
        with st.spinner(f"Writing {numbers.count(most)} records…"):
            question = download.query(asked.columns, asked.condition, asked.order)
            st.session_state["explorer_file"] = identity, download.file(asked.columns, reader.cohort.batches(question))
    st.caption(
        f"{said}, in the order and the columns above; at most {numbers.count(download.MOST_RECORDS)} records"
        f" or {download.MOST_BYTES // 1_000_000} MB. The file names students: keep it where such files belong."
    )
    made_for, file = st.session_state.get("explorer_file", (None, None))
    if file and made_for == identity:
        st.download_button(
            f"Download {numbers.count(file.records)} records", file.content, "student-records.csv", "text/csv",
            icon=":material/download:", key="explorer_download", on_click="ignore",
        )  # fmt: skip
        if file.records < most:
            st.caption(f"The file ends after {numbers.count(file.records)} records, where it reached its largest size.")

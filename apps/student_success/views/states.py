"""What stands where figures would be when there are none: nothing to read yet, nobody chosen, something wrong."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from filling import Filling, command_of, rows_of
from settings import TABLE
from views.text import plain, shown
from warehouse.errors import BusyWarehouseError, MissingColumnsError, NoWarehouseError, WarehouseError

LOOK_SECONDS: Final = 0.5
"""Between two looks at a warehouse that is being filled."""


def nobody(what: str = "records") -> None:
    """Say that the filters leave nobody."""
    st.info(f"No {what} match the filters in the sidebar. Clear one of them to see more.", icon=":material/filter_alt:")


def too_few(what: str, count: int, needed: int) -> None:
    """Say that there is not enough for a figure to mean anything."""
    st.info(f"{what} needs at least {needed} records, and there are {count}.", icon=":material/hourglass_empty:")


def wrong(error: WarehouseError) -> None:
    """Say what is wrong with the warehouse, and what to do."""
    if isinstance(error, NoWarehouseError):
        no_warehouse(error)
    elif isinstance(error, BusyWarehouseError):
        st.warning(plain(str(error)), icon=":material/hourglass_top:")
        st.button("Try again", key="states_try_again")
    elif isinstance(error, MissingColumnsError):
        st.info(plain(f"Not shown: {error}."), icon=":material/view_column:")
    else:
        st.error(plain(str(error)), icon=":material/error:")


def no_warehouse(error: NoWarehouseError) -> None:
    """Say that there is nothing to read yet, and how to fill it; with a button where the app was given the words."""
    st.header("No student records yet")
    st.write(plain(f"{str(error)[:1].upper()}{str(error)[1:]}."))
    words: tuple[str, ...] = ("debug", "hed", "--simulate")
    if command := command_of(os.environ):
        _fill(_filling(command), rows_of(command))
        if "app" in command:
            words = command[command.index("app") :]
        st.write("The source's simulator invents them, about nobody. In a terminal, from the checkout's folder:")
    elif os.environ.get("STUDENT_SUCCESS_TABLE", TABLE) == TABLE:
        st.write("Land 600 invented ones in a terminal, from the checkout's folder:")
    else:
        return  # the simulator's land elsewhere
    st.code(shown(f"./fivetran {shlex.join(words)}"), language=None, wrap_lines=True)


@contextmanager
def guarded() -> Iterator[None]:
    """Show what goes wrong with one panel in its place, and let the page's others stand."""
    try:
        yield
    except (MissingColumnsError, BusyWarehouseError) as error:
        wrong(error)


@st.cache_resource(show_spinner=False)
def _filling(command: tuple[str, ...]) -> Filling:
    return Filling(command)  # one for all sessions: two that ask at once start one run


def _fill(filling: Filling, rows: int) -> None:
    st.button(
        f"Fill with {rows:,} invented records",
        type="primary",
        icon=":material/database:",
        disabled=filling.is_running,
        on_click=filling.start,
        key="states_fill",
    )
    if filling.is_running:
        _watch(filling)
    elif filling.failure:
        st.error(plain(f"Nothing was filled in: {filling.failure}."), icon=":material/error:")
        _say(filling)


@st.fragment(run_every=LOOK_SECONDS)
def _watch(filling: Filling) -> None:
    if not filling.is_running:
        st.rerun()
    st.write("Filling: a few seconds.")
    _say(filling)


def _say(filling: Filling) -> None:
    if lines := filling.lines:
        st.code("\n".join(map(shown, lines)), language=None)

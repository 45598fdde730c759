"""What stands where figures would be when there are none: nothing to read yet, nobody chosen, something wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from views.text import plain
from warehouse.errors import BusyWarehouseError, MissingColumnsError, NoWarehouseError, WarehouseError


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
    """Say that there is nothing to read yet, and how to fill it."""
    st.header("No student records yet")
    st.write(plain(str(error)))
    st.write("Land 600 invented ones, from the checkout's folder:")
    st.code("./fivetran debug hed --simulate", language=None)


@contextmanager
def guarded() -> Iterator[None]:
    """Show what goes wrong with one panel in its place, and let the page's others stand."""
    try:
        yield
    except (MissingColumnsError, BusyWarehouseError) as error:
        wrong(error)

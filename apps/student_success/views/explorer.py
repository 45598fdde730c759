"""The page of explorer."""

import streamlit as st

from views.reader import Reader


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("explorer")

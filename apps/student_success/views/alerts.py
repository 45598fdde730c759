"""The page of alerts."""

import streamlit as st

from views.reader import Reader


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("alerts")

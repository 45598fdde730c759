"""The app's name and its marks: in the browser's tab, above the pages' names, and around what the keyboard is at."""

from pathlib import Path
from typing import Final

import streamlit as st

NAME: Final = "StudentSuccess"
ICON: Final = Path(__file__).parents[1] / "icon.png"
# Its colour is legible on the light sidebar and on the dark one.
WORDMARK: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="172" height="28" viewBox="0 0 172 28">'
    '<text x="0" y="21" font-family="Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif" font-size="21"'
    ' font-weight="700" fill="#4a88a8" textLength="170" lengthAdjust="spacingAndGlyphs">StudentSuccess</text></svg>'
)
# Streamlit marks the link that a keyboard is at by a shade that hardly differs.
FOCUS: Final = (
    "<style>[data-testid='stSidebarNavLink']:focus-visible { outline: 2px solid #4a88a8; outline-offset: -2px }</style>"
)


def configure() -> None:
    """Set up the browser's tab, before pages are named: it would fetch a page's icon from another's server."""
    _tab(NAME)


def show(page: str) -> None:
    """Name the page in the browser's tab, and draw the marks."""
    _tab(f"{page} - {NAME}")
    st.logo(WORDMARK, icon_image=str(ICON))
    st.html(FOCUS)


def _tab(title: str) -> None:
    st.set_page_config(page_title=title, page_icon=str(ICON), layout="wide")

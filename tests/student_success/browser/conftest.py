"""One Chromium and one StudentSuccess for the tests of a module, and for each test a context that tells of troubles."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.student_success.browser.looking import DESKTOP
from tests.support.browser import chromium
from tests.support.running_app import RunningApp, running_app
from tests.support.student_success import filled, simulated

SEED = 7
LOGGED = ("Failed to load resource: the server responded with a status of 404",)
"""What Chromium logs of Streamlit, which looks below a page's address for what is at its root."""


@pytest.fixture(scope="module")  # while it runs, nothing else in this process can have an event loop
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on 600 records of the simulator's."""
    folder = tmp_path_factory.mktemp("student_success")
    warehouse = filled(folder / "warehouse.db", simulated(600, SEED))
    with running_app(warehouse, STUDENT_SUCCESS_HISTORY=str(folder / "history.db")) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's context. The test fails when a page logs an error, or asks another server than this machine's."""
    made, troubles = watched(browser)
    yield made
    made.close()
    assert not troubles


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def watched(browser: Browser) -> tuple[BrowserContext, list[str]]:
    made = browser.new_context(viewport=DESKTOP, locale="en-GB", accept_downloads=True)
    made.set_default_timeout(20_000)
    troubles: list[str] = []
    made.on(
        "console", lambda said: said.type == "error" and not said.text.startswith(LOGGED) and troubles.append(said.text)
    )
    made.on("weberror", lambda error: troubles.append(str(error.error)))
    made.on("request", lambda asked: _stays_here(asked.url) or troubles.append(asked.url))
    return made, troubles


def _stays_here(url: str) -> bool:
    return "://127.0.0.1:" in url or url.startswith(("data:", "blob:"))

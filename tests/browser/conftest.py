"""One Chromium for all tests of the page, and for each a context of its own that tells of every error it meets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.support.browser import chromium

expect.set_options(timeout=15_000)
LOGGED = ("Failed to load resource: the server responded with a status of 4", "Failed to load resource: net::ERR_")
"""What Chromium logs by itself of a form that is refused, and of a server that goes away."""
PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")  # while it runs, nothing else in this process can have an event loop
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser's context, at two widths. The test fails when a page logs an error, or asks another server."""
    made = browser.new_context(viewport=request.param)
    made.set_default_timeout(15_000)
    troubles: list[str] = []
    made.on(
        "console", lambda said: said.type == "error" and not said.text.startswith(LOGGED) and troubles.append(said.text)
    )
    made.on("weberror", lambda error: troubles.append(str(error.error)))
    made.on("request", lambda asked: "://127.0.0.1:" in asked.url or troubles.append(asked.url))
    yield made
    made.close()
    assert not troubles

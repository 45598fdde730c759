"""Take the pictures of docs/page.md, in a real browser: `.venv/bin/python -m tests.browser.pictures`."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Page

from fivetran_local.account.credentials import page_token
from fivetran_local.connections import Connections, NewConnection
from tests.support.browser import chromium
from tests.support.function_over_http import FunctionOverHttp, function_over_http
from tests.support.local_fivetran import Running, local_fivetran

DOCS = Path(__file__).parents[2] / "docs"
DESKTOP, PHONE = {"width": 1100, "height": 700}, {"width": 360, "height": 700}


def main(folder: Path = DOCS) -> None:
    """Write the pictures into a folder."""
    with ExitStack() as stack:
        running = stack.enter_context(local_fivetran(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        connections = running.local.connections
        students = stack.enter_context(function_over_http(pages=3, rows=200))
        courses = stack.enter_context(function_over_http(pages=40, rows=250))
        fees = stack.enter_context(function_over_http(pages=2, rows=120))
        hed = made(connections, "hed", students)
        for pages in (3, 4, 6, 7, 7, 9):
            students.pages = pages
            synced(connections, hed)
        failing = made(connections, "fees", fees)
        synced(connections, failing)
        fees.failing = (502, {"errorMessage": "the source answered 503", "errorType": "SourceError", "stackTrace": []})
        synced(connections, failing)
        live = made(connections, "courses", courses)
        courses.held_from = 31
        connections.update(live, paused=False)
        courses.reached.acquire(timeout=30)
        browser = stack.enter_context(chromium())
        picture(browser, running, "/", folder / "page-connections.png")
        picture(browser, running, f"/connections/{live}", folder / "page-sync.png", dark=True)
        picture(browser, running, f"/connections/{failing}", folder / "page-phone.png", size=PHONE)
        courses.release.set()


def picture(
    browser: Browser, running: Running, path: str, file: Path, *, dark: bool = False, size: dict[str, int] = DESKTOP
) -> None:
    """Take a picture of a page."""
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light", locale="en-GB")
    page: Page = context.new_page()
    page.goto(f"{running.url}{path}?token={page_token(running.credentials)}")
    page.locator("html[data-ready]").wait_for()
    page.screenshot(path=file, animations="disabled")
    context.close()


def made(connections: Connections, schema: str, function: FunctionOverHttp) -> str:
    """Make a paused connection; return its id."""
    config = {"schema": schema, "function_trigger": function.url}
    group = next(iter(connections.store.account.groups))
    new = NewConnection(group_id=group, service="google_cloud_function", config=config, settings={})
    return connections.create(new).settings.id


def synced(connections: Connections, connection_id: str) -> None:
    """Sync a connection and wait for the end."""
    before = connections.get(connection_id).outcomes
    connections.update(connection_id, paused=False)
    connections.sync(connection_id)
    while (now := connections.get(connection_id)).running or now.outcomes == before:
        time.sleep(0.01)


if __name__ == "__main__":
    main()

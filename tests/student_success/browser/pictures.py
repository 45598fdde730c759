"""Take the pictures of StudentSuccess in a real browser: `python -m tests.student_success.browser.pictures`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.student_success.browser.looking import PHONE, opened
from tests.support.browser import chromium
from tests.support.running_app import ROOT, RunningApp, running_app
from tests.support.student_success import filled, simulated

WIDE = {"width": 1280, "height": 900}
DRAWN_MILLISECONDS = 2_500
"""For charts and tables, which draw themselves after the page's script is done."""


def main(folder: Path = ROOT / "docs") -> None:
    """Write the pictures into a folder."""
    with tempfile.TemporaryDirectory() as place:
        warehouse = filled(Path(place) / "warehouse.db", simulated(600, 7))
        with running_app(warehouse, STUDENT_SUCCESS_HISTORY=f"{place}/history.db") as app, chromium() as browser:
            picture(browser, app, "metrics", folder / "student-success.png")
            picture(browser, app, "alerts", folder / "student-success-alerts.png")
            picture(browser, app, "insights", folder / "student-success-dark.png", dark=True, press="Start")
            picture(browser, app, "explorer", folder / "student-success-explorer.png")
            picture(browser, app, "metrics", folder / "student-success-phone.png", size=PHONE)


def picture(
    browser: Browser,
    app: RunningApp,
    name: str,
    file: Path,
    *,
    dark: bool = False,
    size: dict[str, int] = WIDE,
    press: str = "",
) -> None:
    """Take a picture of a page, after a button was pressed where one is named."""
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light", locale="en-GB")
    page = context.new_page()
    opened(page, app, name)
    if press:
        page.get_by_role("button", name=press, exact=True).click()
        page.get_by_role("button", name="Download as Markdown").wait_for()
    page.wait_for_timeout(DRAWN_MILLISECONDS)
    page.screenshot(path=file, animations="disabled")
    context.close()


if __name__ == "__main__":
    main()

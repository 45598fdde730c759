"""How a test finds its way about the app's pages, by what a person sees and a screen reader says."""

from playwright.sync_api import Locator, Page, expect

from tests.support.running_app import RunningApp

expect.set_options(timeout=20_000)

DESKTOP = {"width": 1280, "height": 1000}
PHONE = {"width": 390, "height": 844}
PAGES = {
    "metrics": "Metrics",
    "alerts": "Early alerts",
    "insights": "AI insights",
    "history": "Insights history",
    "explorer": "Data explorer",
}
"""Address and heading."""


def opened(page: Page, app: RunningApp, name: str = "metrics", query: str = "") -> None:
    """Open a page of the app and wait until it is drawn."""
    path = "" if name == "metrics" else name
    page.goto(f"{app.url}/{path}{query}")
    expect(page.get_by_role("heading", name=PAGES[name], level=1)).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Wait for the page's script to have run, and for everything it drew to be there."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)


def metric(page: Page, label: str) -> Locator:
    """Return the value of a figure, by its label."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def choose(page: Page, label: str, *choices: str) -> None:
    """Choose values in one of the sidebar's filters, by keyboard."""
    box = page.get_by_test_id("stSidebar").get_by_role("combobox", name=label)
    for choice in choices:
        box.click()
        box.press_sequentially(choice)
        page.get_by_role("option", name=choice, exact=True).click()
    page.keyboard.press("Escape")


def pick(page: Page, label: str, choice: str) -> None:
    """Choose the one value of a list on the page."""
    page.get_by_test_id("stMain").get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=choice, exact=True).click()
    settled(page)


def holds(main: Locator, name: str, numbers: list[float]) -> None:
    """See that a column of the page's only table has these numbers, from its first row on, as a screen reader has them.

    Args:
        main: The page.
        name: How the column's title begins.
        numbers: What it must come to have.
    """
    grid = main.get_by_test_id("stDataFrame")
    headers = grid.locator('[role="columnheader"]')
    expect(headers.filter(has_text=name).first).to_be_attached()
    place = next(at for at, title in enumerate(headers.all_text_contents()) if title.strip().startswith(name))
    for row, number in enumerate(numbers):
        expect(grid.get_by_test_id(f"glide-cell-{place}-{row}")).to_have_text(f"{number:g}")


def fits(page: Page) -> None:
    """See that nothing is wider than the screen."""
    for element in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        widths = page.evaluate(f"[{element}.scrollWidth, {element}.clientWidth]")
        assert widths[0] <= widths[1], f"{page.url}: {element} is {widths[0]} px wide, of {widths[1]}"

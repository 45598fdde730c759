"""A headless Chromium: the system's, installed by the test run where it is missing and may be; and what fits in it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")
INSTALL_SECONDS = 600
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


class NoBrowserError(Exception):
    """There is no Chromium, and it cannot be installed: the reason in one line."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium until the block ends.

    Raises:
        NoBrowserError: there is none.
    """
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True)
        try:
            yield browser
        finally:
            browser.close()


def chromium_path() -> str:
    """Return where Chromium is, installed now where it was missing.

    Raises:
        NoBrowserError: it cannot be installed.
    """
    if found := _found():
        return found
    by_hand = f"install one of {', '.join(NAMES)} and run the tests again"
    if not shutil.which("apt-get"):
        raise NoBrowserError(f"these tests need a Chromium, and there is no apt-get to install it with: {by_hand}")
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *PACKAGES]):
        try:
            done = subprocess.run(
                [*become, "apt-get", *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=INSTALL_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoBrowserError(f"apt-get {words[0]} could not be run ({type(error).__name__}): {by_hand}") from None
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            raise NoBrowserError(f"apt-get {words[0]} failed ({said}): {by_hand}")
    if found := _found():
        return found
    raise NoBrowserError(f"apt-get installed {PACKAGES[0]}, and it is nowhere: {by_hand}")


def is_fit_to_use(page: Page) -> None:
    """See that a page passes axe's rules, fits the screen's width, and has targets that a finger hits."""
    page.locator("html[data-ready]").wait_for()
    found = Axe().run(page, options=RULES).response["violations"]
    told = [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]
    assert not told, f"{page.url}: {told}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the screen"
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a.button, input:not([type=hidden]), select, .tabs a, summary")]
        .filter((element) => element.checkVisibility() && !element.closest(".choice"))
        .map((element) => [element.textContent || element.name, element.getBoundingClientRect().height])
        .filter(([, height]) => height < 24)"""
    )
    assert not small, f"{page.url}: {small}"


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)

"""A headless Chromium: the system's, installed by the test run where it is missing and may be."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")
INSTALL_SECONDS = 600


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


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)

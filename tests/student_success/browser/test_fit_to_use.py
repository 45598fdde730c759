"""StudentSuccess for whoever looks at it: on a phone, in the dark, by keyboard, and with a screen reader."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.student_success.browser.looking import DESKTOP, PAGES, PHONE, choose, fits, metric, opened
from tests.support.browser import RULES

pytestmark = pytest.mark.slow


STREAMLITS = {"exclude": [['[data-testid="stSliderThumbValue"]']]}
"""Drawn in the accent, which in the dark has 4.5:1 either against the page or against a button's white text."""


def breaches(page):
    """Return what axe says against a page, each with the element that it is said of."""
    found = Axe().run(page, context=STREAMLITS, options=RULES).response["violations"]
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_breaks_no_rule_of_wcag_aa(page, app, name, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, app, name)
    ground = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 29)"}[scheme]
    assert not breaches(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(page, app, name):
    page.set_viewport_size(PHONE)
    opened(page, app, name)
    fits(page)
    assert not breaches(page)


def test_on_a_phone_the_sidebar_opens_filters_and_closes(page, app):
    page.set_viewport_size(PHONE)
    opened(page, app)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(sidebar).not_to_have_attribute("data-collapsed", "true")
    choose(page, "Major", "HIST")
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    expect(metric(page, "Students")).not_to_have_text("600")
    fits(page)


def test_the_tabulator_key_reaches_the_pages_and_every_filter(page, app):
    page.set_viewport_size(DESKTOP)
    opened(page, app)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"
            )
        )
    for title in PAGES.values():
        assert any(title in words for words in reached), (title, reached)
    for label in ("Major", "Academic standing", "Advisor", "At risk", "Enrolled from", "Enrolled to"):
        assert any(label in words for words in reached), (label, reached)


def test_a_filter_is_chosen_and_a_page_is_opened_without_a_mouse(page, app):
    opened(page, app)
    page.get_by_role("combobox", name="Major").focus()
    page.keyboard.type("HIST")
    page.keyboard.press("Enter")
    expect(metric(page, "Students")).not_to_have_text("600")
    page.keyboard.press("Escape")  # the list of choices, which hides the page from a screen reader
    page.get_by_role("link", name="AI insights").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="AI insights", level=1)).to_be_visible()

"""StudentSuccess in a real browser: what its users do with it, from the address to the download."""

import re

import pytest
from playwright.sync_api import expect

from tests.student_success.browser.conftest import SEED, watched
from tests.student_success.browser.looking import PAGES, choose, holds, metric, opened, pick, settled
from tests.support.student_success import simulated

pytestmark = pytest.mark.slow

MAIN = {
    "metrics": "stMetric",
    "alerts": "stDataFrame",
    "insights": "stRadio",
    "history": "stSelectbox",
    "explorer": "stDataFrame",
}
"""Of each page, an element that it is about."""


@pytest.fixture(scope="module")
def records():
    return simulated(600, SEED)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_its_main_element_and_no_error(page, app, name):
    opened(page, app, name)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id(MAIN[name]).first).to_be_visible()
    expect(main.get_by_test_id("stException")).to_have_count(0)
    expect(main.locator('[data-testid="stAlertContentError"]')).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("600 records, newest synced")


def test_every_page_is_reached_by_the_navigation_and_the_choice_goes_along(page, app):
    opened(page, app)
    choose(page, "Major", "HIST")
    for name, title in list(PAGES.items())[1:]:
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(page).to_have_url(re.compile(rf"/{name}\?major=HIST$"))


def test_a_filter_changes_the_figures_and_the_address_which_opened_anew_shows_the_same(page, app, context, records):
    chosen = [record for record in records if record["major_code"] in ("HIST", "MATH")]
    opened(page, app)
    expect(metric(page, "Students")).to_have_text("600")
    choose(page, "Major", "HIST", "MATH")
    expect(metric(page, "Students")).to_have_text(str(len({record["student_id"] for record in chosen})))
    expect(page).to_have_url(f"{app.url}/?major=HIST&major=MATH")
    gpa = sum(record["current_gpa"] for record in chosen) / len(chosen)
    expect(metric(page, "Average GPA")).to_have_text(f"{gpa:.2f}")
    other = context.new_page()
    opened(other, app, "metrics", "?major=HIST&major=MATH")
    expect(metric(other, "Students")).to_have_text(metric(page, "Students").inner_text())
    expect(metric(other, "Average GPA")).to_have_text(f"{gpa:.2f}")


def test_a_filter_that_leaves_nobody_says_so_and_all_are_back_when_it_is_cleared(page, app):
    opened(page, app, "metrics", "?from=2031-01-01")
    expect(page.get_by_test_id("stMain")).to_contain_text("match the filters in the sidebar")
    page.get_by_role("button", name="Clear all filters").click()
    expect(metric(page, "Students")).to_have_text("600")
    expect(page).to_have_url(f"{app.url}/")


def test_what_if_moves_the_score_with_the_fields(page, app):
    opened(page, app, "alerts")
    panel = page.get_by_test_id("stMain")
    panel.get_by_text("What if", exact=True).first.click()
    settled(page)
    score = metric(page, "Score")
    before = float(score.inner_text())
    gpa = panel.get_by_role("slider", name="GPA")
    gpa.focus()
    gpa.press("Home")
    expect(score).not_to_have_text(f"{before:.0f}")
    assert float(score.inner_text()) > before
    expect(panel).to_contain_text(re.compile(r"GPA 0\.00"))


def test_a_report_is_made_step_by_step_downloaded_and_kept_across_a_restart(browser, app, tmp_path):
    context, troubles = watched(browser)
    page = context.new_page()
    opened(page, app, "insights")
    page.get_by_role("button", name="Start", exact=True).click()
    steps = page.get_by_test_id("stMain").get_by_test_id("stExpander")
    expect(steps.first).to_be_visible()
    with page.expect_download() as loading:
        page.get_by_role("button", name="Download as Markdown").click()
    loading.value.save_as(tmp_path / "report.md")
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# Overall Performance"), report[:200]
    assert "600" in report
    context.close()
    assert not troubles

    app.end()
    app.start()
    context, troubles = watched(browser)
    page = context.new_page()
    opened(page, app, "history")
    expect(page.get_by_test_id("stMain")).to_contain_text("Overall Performance")
    context.close()
    assert not troubles


def test_the_explorer_sorts_and_turns_the_page(page, app, records):
    best_first = sorted((record["current_gpa"] for record in records), reverse=True)
    opened(page, app, "explorer")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Rows 1 to 25 of 600")
    pick(page, "Sort by", "GPA")
    pick(page, "Direction", "Descending")
    expect(main.get_by_role("button", name="Next")).to_be_enabled()
    holds(main, "GPA", best_first[:20])
    main.get_by_role("button", name="Next").click()
    expect(main).to_contain_text("Rows 26 to 50 of 600")
    holds(main, "GPA", best_first[25:45])


def test_a_report_is_opened_from_its_row_by_keyboard(page, app):
    for area in ("Overall Performance", "Optimization Opportunities"):
        opened(page, app, "insights")
        page.get_by_test_id("stMain").get_by_text(area, exact=True).first.click()
        settled(page)
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("button", name="Download as Markdown")).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Insights history").click()
    chosen = page.get_by_test_id("stMain").get_by_role("combobox", name="Report", exact=True)
    expect(chosen).to_have_value(re.compile("Optimization Opportunities"))
    settled(page)
    page.get_by_test_id("stDataFrame").first.click(position={"x": 100, "y": 50})
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(chosen).to_have_value(re.compile("Overall Performance"))
    expect(page.get_by_test_id("stMain").get_by_role("heading", name="Who is there")).to_be_visible()

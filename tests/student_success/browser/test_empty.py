"""An empty warehouse, filled from the page by the command that a person would type."""

import pytest
from playwright.sync_api import expect

from fivetran_tools.app.student_records import look
from tests.student_success.browser.conftest import watched
from tests.student_success.browser.looking import fits, metric
from tests.student_success.browser.test_fit_to_use import breaches
from tests.support.running_app import running_app

pytestmark = pytest.mark.slow


@pytest.fixture
def empty(tmp_path):
    with running_app(tmp_path / "empty.db", STUDENT_SUCCESS_HISTORY=str(tmp_path / "history.db")) as app:
        yield app


def test_two_people_press_the_button_and_both_see_the_600_records_of_one_sync(browser, empty):
    (one, troubles), (other, troubles_too) = watched(browser), watched(browser)
    pages = [one.new_page(), other.new_page()]
    for page in pages:
        page.goto(empty.url)
        expect(page.get_by_role("heading", name="No student records yet")).to_be_visible()
        expect(page.get_by_text("./fivetran app --simulate --land-only")).to_be_visible()
        fits(page)
        assert not breaches(page)
    for page in pages:
        page.get_by_role("button", name="Fill with 600 invented records").click()
    expect(pages[0].get_by_text("simulated source at")).to_be_visible()
    for page in pages:
        expect(page.get_by_role("heading", name="Metrics")).to_be_visible(timeout=90_000)
        expect(metric(page, "Students")).to_have_text("600")
    (table,) = look(empty.warehouse)
    assert (table.rows, table.simulated) == (600, True)
    for context in (one, other):
        context.close()
    assert troubles == troubles_too == []

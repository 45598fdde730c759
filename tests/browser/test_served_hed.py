"""The page of a real `./fivetran serve`: the hed connector and its simulated source, through a killed server too."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import is_fit_to_use
from tests.support.local_fivetran import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_hed_is_set_up_outlives_a_kill_breaks_and_is_repaired(context, tmp_path):
    with served(tmp_path, "--simulate", "hed") as running:
        (function,) = [one for one in running.announced["functions"] if one["name"] == "hed"]
        source = running.announced["simulated"]["hed"]
        page = context.new_page()
        page.goto(running.announced["page"])
        page.get_by_role("link", name="Add the first one").click()
        page.get_by_role("link", name="Google Cloud Functions").click()
        page.get_by_label("Destination schema").fill("students")
        page.get_by_role("button", name="hed", exact=True).click()
        expect(page.get_by_label("Trigger URL")).to_have_value(function["url"])
        page.get_by_label("The function's source is simulated here").check()
        page.get_by_role("button", name="Save & Test").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Start initial sync").click()
        expect(page.get_by_role("row", name="hed_records 600 600")).to_be_visible()
        page.get_by_role("link", name="Go to the connection").click()
        badge = page.locator("h1 + .badge")
        expect(badge).to_have_text("Active")

        running.kill()
        expect(page.get_by_text("The server does not answer")).to_be_visible()
        running.start()
        expect(page.get_by_text("The server does not answer")).to_be_hidden()

        page.get_by_role("link", name="Settings", exact=True).click()
        secrets = page.get_by_role("group", name="Secrets")
        place = [box.input_value() for box in secrets.get_by_label(re.compile("^Key")).all()].index("api_key") + 1
        page.get_by_label(f"Value {place} of Secrets").fill("a-wrong-key")
        page.get_by_role("button", name="Save & Test").click()
        expect(page.get_by_text("A setup test failed")).to_be_visible()
        expect(page.get_by_label("Setup tests")).to_contain_text("does not accept the key")
        expect(badge).to_have_text("Broken")
        page.get_by_role("button", name="Sync now").click()
        expect(page.get_by_role("group", name="Table of syncs")).to_contain_text("does not accept the key")
        expect(page.get_by_role("group", name="Task").first).to_contain_text("does not accept the key")

        page.get_by_role("link", name="Change the settings and test them").first.click()
        page.get_by_label(f"Value {place} of Secrets").fill(source["api_key"])
        page.get_by_role("button", name="Save & Test").click()
        expect(page.get_by_text("All setup tests passed")).to_be_visible()
        page.get_by_role("link", name="Re-sync").click()
        page.get_by_role("button", name="Re-sync everything").click()
        latest = page.get_by_role("group", name="Table of syncs").get_by_role("row").nth(1)
        expect(latest).to_have_accessible_name(re.compile("succeeded 600 0 "))
        expect(badge).to_have_text("Active")
        page.get_by_role("link", name="Schema", exact=True).click()
        expect(page.get_by_role("checkbox", name="Load hed_records.academic_standing")).to_be_checked()
        is_fit_to_use(page)
        for secret in (source["api_key"], "a-wrong-key"):
            for name in ("Log", "Settings", "Overview"):
                page.get_by_role("link", name=name, exact=True).click()
                assert secret not in page.content()
        page.close()

"""What the pages show of a failure and of the log: reasons, and neither markup nor secrets."""

import pytest

from tests.fivetran_local.pages.conftest import HIDDEN, words_of

PAGES = ["", "/setup", "/schema", "/log", "/state", "/settings", "/resync", "/delete"]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_secret_or_takes_a_reason_for_markup(reader, failed, page):
    answer = reader.get(f"/connections/{failed}{page}")
    assert answer.status_code == 200
    assert HIDDEN not in answer.text
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_failure_is_shown_with_its_reason_wherever_the_connection_is(reader, failed):
    for page in ("/", f"/connections/{failed}", f"/connections/{failed}/setup"):
        said = reader.text(page)
        assert "QuotaError" in said
        assert "{{ 7*7 }}" in said
    assert "The initial sync failed" in reader.text(f"/connections/{failed}/setup")


def test_the_log_is_filtered_by_level_event_sync_and_text(reader, connections, failed):
    log = f"/connections/{failed}/log"
    assert "1 event" in reader.text(f"{log}?level=SEVERE")
    assert "No event fits" in reader.text(f"{log}?level=SEVERE&text=SUCCESSFUL")
    assert "1 event" in reader.text(f"{log}?event=sync_start")
    assert "1 event" in reader.text(f"{log}?text=quotaerror")
    assert "No event fits" in reader.text(f"{log}?sync=another")
    sync_id = connections.recent_syncs(failed)[0].sync_id
    assert f'<option value="{sync_id}" selected>' in reader.get(f"{log}?sync={sync_id}").text
    assert reader.get(f"{log}?level=%3Cscript%3E&text=%00&event=%22").status_code == 200


def test_the_list_links_every_connection_and_says_how_it_is(reader, loaded, failed):
    page = reader.get("/").text
    assert f'href="/connections/{loaded}"' in page
    assert "Active" in page
    assert "Failing" in page
    assert 'aria-label="Rows of the one sync: 0; it failed"' in page


def test_an_address_of_nothing_is_a_page_for_a_browser_and_json_for_others(reader):
    for path in ("/no-such-page", "/connections/a/b/c/d", "/a/%3Cscript%3E"):
        answer = reader.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "There is no such page" in words_of(answer)
        assert answer.headers["Content-Security-Policy"]
    answer = reader.get("/no-such-page", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_a_list_of_one_group_holds_its_connections_only(reader, loaded):
    assert loaded in reader.get("/").text
    assert loaded not in reader.get("/?group=another").text

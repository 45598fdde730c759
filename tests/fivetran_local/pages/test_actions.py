"""What the buttons do, over HTTP."""

import pytest

from tests.fivetran_local.pages.conftest import made, synced


def test_buttons_do_what_they_say(reader, connections, function):
    connection_id = made(connections, function, "buttons").settings.id
    home = f"/connections/{connection_id}"
    synced(connections, connection_id)
    assert reader.post(f"{home}/pause").status_code == 303
    assert connections.settings(connection_id).paused
    assert "Resume" in reader.text(home)
    assert reader.post(f"{home}/resume").status_code == 303
    assert not connections.settings(connection_id).paused
    tested = reader.post(f"{home}/test", **{"from": "settings"})
    assert tested.headers["Location"] == f"{home}/settings?said=passed"
    assert reader.post(f"{home}/resync").status_code == 303
    log = reader.text(f"{home}/log")
    assert all(event in log for event in ("pause_connector", "resume_connector", "resync_connector", "sync_end"))


def test_deleting_takes_the_name(reader, connections, connection, home):
    assert reader.post(f"{home}/delete", name="another").status_code == 400
    assert connection.settings.id in connections.store.account.connections
    assert reader.post(f"{home}/delete", name=connection.settings.schema).headers["Location"] == "/?said=deleted"
    assert connection.settings.id not in connections.store.account.connections
    assert reader.get(home).status_code == 404


@pytest.mark.parametrize("odd", ["nowhere", "%00", "ä", "x" * 3000, "%3Cscript%3E"])
@pytest.mark.parametrize("page", ["", "/setup", "/log", "/events"])
def test_a_connection_that_is_not_there_is_a_page_that_says_so(reader, odd, page):
    answer = reader.get(f"/connections/{odd}{page}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text

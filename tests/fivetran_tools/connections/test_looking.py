"""`connection list` and `connection status`: what a person reads, and what a script does."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from fivetran_tools.connections.terminal import moment
from tests.support.connection_answers import connection, data, one, refused
from tests.support.scripted_source import scripted_source

NOT_FOUND = refused(404, "NotFound_Connection", "Cannot find connection")


def items(*found):
    return data({"items": list(found)})


def test_a_list_has_a_line_for_each_connection_of_every_page(command):
    pages = (
        data({"items": [connection(id="b", schema="zeta")], "next_cursor": "x"}),
        items(connection("syncing", id="a", schema="alpha", setup_state="broken", succeeded_at=None)),
    )
    with scripted_source(*pages) as source:
        done = command.at(source.url)("list")
    assert done.code == 0
    heading, first, second = done.out.splitlines()
    assert heading.split()[:5] == ["id", "schema", "service", "setup", "sync"]
    assert first.split() == ["a", "alpha", "google_cloud_function", "broken", "syncing", "never", "never"]
    assert second.split()[:5] == ["b", "zeta", "google_cloud_function", "connected", "scheduled"]
    assert "days ago)" in second
    assert second.rstrip().endswith("never")


def test_a_list_of_a_group_asks_for_that_group(command):
    with scripted_source(items()) as source:
        done = command.at(source.url)("list", "--group", "warm_lake")
    assert source.asked[0].path == "/v1/groups/warm_lake/connections"
    assert done.out == "no connections yet: ./fivetran connection create NAME\n"


def test_json_is_what_the_api_said(command):
    with scripted_source(items(connection())) as source:
        assert json.loads(command.at(source.url)("list", "--json").out) == [connection()]
    with scripted_source(one()) as source:
        assert json.loads(command.at(source.url)("status", "hed", "--json").out) == connection()


def test_a_status_says_what_is_wrong_and_where_to_look(command):
    found = one(
        "rescheduled",
        setup_state="broken",
        tasks=[{"code": "reconnect", "message": "log in\x1b[2J again", "details": {}}],
        warnings=[{"code": "slow", "message": ""}],
        rescheduled_for="2026-03-01T11:00:00Z",
        failed_at="2026-03-01T10:30:00Z",
        schedule_type="manual",
    )
    with scripted_source(found) as source:
        done = command.at(source.url)("status", "grafted_unwound")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "setup broken" in lines
    assert "sync rescheduled" in lines
    assert "schedule only when asked" in lines
    assert f"page {source.url}/connections/grafted_unwound" in lines
    assert "task: log in [2J again" in lines
    assert "warning: slow" in lines
    assert any(line.startswith("put off until 2026-03-01") for line in lines)


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"sync_frequency": 360}, "every 6 hours"),
        ({"sync_frequency": 15}, "every 15 minutes"),
        ({"sync_frequency": 1440, "daily_sync_time": "14:00"}, "every 24 hours at 14:00"),
        ({"sync_frequency": None}, "auto"),
        ({"paused": True}, "paused; every 6 hours"),
    ],
)
def test_a_status_says_when_it_syncs(command, changed, shown):
    with scripted_source(one(**changed)) as source:
        assert f"schedule {shown}" in " ".join(command.at(source.url)("status", "hed").out.split())


def test_a_status_warns_of_what_airflow_stumbles_over(command):
    with scripted_source(one(succeeded_at=None)) as source:
        assert "Airflow's FivetranOperator fails on it" in command.at(source.url)("status", "hed").out
    for fine in (one(), one("paused", succeeded_at=None), one(succeeded_at=None, failed_at="2026-03-01T10:00:00Z")):
        with scripted_source(fine) as source:
            assert "Airflow" not in command.at(source.url)("status", "hed").out


def test_a_connection_is_found_by_its_schema(command):
    with scripted_source(NOT_FOUND, items(connection(schema="hed2"), connection(id="right_one"))) as source:
        done = command.at(source.url)("status", "hed")
    assert done.code == 0
    assert "right_one" in done.out
    assert source.asked[1].query["schema"] == "hed"


def test_a_schema_of_several_connections_lists_their_ids(command):
    with scripted_source(NOT_FOUND, items(connection(id="b"), connection(id="a"))) as source:
        done = command.at(source.url)("status", "hed")
    assert done.code == 2
    assert done.err == "fivetran: several connections write into hed: name one by its id: a, b\n"


def test_a_connection_that_is_not_there_is_told_in_one_line(command):
    with scripted_source(NOT_FOUND, items()) as source:
        done = command.at(source.url)("status", "hed")
    assert done.code == 2
    assert done.err.startswith("fivetran: no connection has the id or the schema 'hed' at 127.0.0.1:")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "a b", "../x", "-", "é", "a" * 5000, "a\nb", "a?b"])
def test_a_name_that_no_connection_can_have_is_not_asked_for(command, name):
    with scripted_source(one()) as source:
        done = command.at(source.url)("status", "--", name)
    assert done.code == 2
    assert source.asked == []


def test_other_refusals_while_looking_are_not_hidden(command):
    with scripted_source(refused(403, "Forbidden", "no right")) as source:
        done = command.at(source.url)("status", "hed")
    assert done.code == 1
    assert "403 Forbidden: no right" in done.err


def test_nothing_is_asked_without_credentials(command, monkeypatch):
    monkeypatch.delenv("FIVETRAN_API_KEY")
    monkeypatch.delenv("FIVETRAN_API_SECRET")
    done = command("list")
    assert done.code == 2
    assert done.err.startswith("fivetran: set FIVETRAN_API_KEY and FIVETRAN_API_SECRET to ask api.fivetran.com")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (0, "now"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (-90, "in 1 minute"),
    ],
)
def test_a_moment_says_how_long_ago_it_was(ago, words):
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    at = now - timedelta(seconds=ago)
    assert moment(at, now) == f"{at.astimezone():%Y-%m-%d %H:%M:%S} ({words})"

"""`connection test`, `pause`, `unpause`, `delete` and `connect-card`."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from fivetran_tools.connections.connect_card import ReturnDesk
from tests.support.connection_answers import data, one, refused, said
from tests.support.scripted_source import scripted_source

PASSED = {"title": "Calling the function", "status": "PASSED", "message": ""}
FAILED = {"title": "The\x1bkey", "status": "FAILED", "message": "it is wrong", "details": {}}


def test_the_results_of_tests_are_shown(command):
    with scripted_source(one(), one(setup_tests=[PASSED])) as source:
        done = command.at(source.url)("test", "hed")
    assert (done.code, done.out) == (0, "passed   Calling the function\n")
    assert json.loads(source.asked[1].body) == {}
    assert source.asked[1].path == "/v1/connections/grafted_unwound/test"


@pytest.mark.parametrize("state", ["broken", "connected", "incomplete"])
def test_a_test_that_fails_is_exit_code_1(command, state):
    with scripted_source(one(), one(setup_state=state, setup_tests=[PASSED, FAILED])) as source:
        done = command.at(source.url)("test", "hed")
    assert done.code == 1
    assert done.out.splitlines()[1] == "failed   The key: it is wrong"
    assert f"hed is {state}: mend what failed" in done.err


@pytest.mark.parametrize(("verb", "paused"), [("pause", True), ("unpause", False)])
def test_pausing_and_unpausing(command, verb, paused):
    with scripted_source(one(), one(paused=paused)) as source:
        done = command.at(source.url)(verb, "hed")
    assert done.code == 0
    assert (source.asked[1].method, json.loads(source.asked[1].body)) == ("PATCH", {"paused": paused})
    assert "Airflow" not in done.err


def test_unpausing_what_never_synced_warns_of_what_airflow_stumbles_over(command):
    with scripted_source(one("paused", succeeded_at=None)) as source:
        assert "Airflow's FivetranOperator fails on it" in command.at(source.url)("unpause", "hed").err


def test_pausing_says_that_a_sync_goes_on(command):
    with scripted_source(one("syncing", paused=True)) as source:
        assert "the sync that runs goes on to its end" in command.at(source.url)("pause", "hed").err


def test_deleting_wants_a_yes_and_says_what_stays(command):
    with scripted_source(one(), said()) as source:
        assert command.at(source.url)("delete", "hed").code == 2
        assert [asked.method for asked in source.asked] == ["GET"]
    with scripted_source(one(), said()) as source:
        done = command.at(source.url)("delete", "hed", "--yes")
    assert [asked.method for asked in source.asked] == ["GET", "DELETE"]
    assert done.out == "hed (grafted_unwound) is deleted; the rows in schema hed stay\n"


def card(redirect="https://example.com/done"):
    return data(
        {
            "connector_id": "grafted_unwound",
            "connect_card": {"token": "t", "uri": "https://fivetran.com/connect-card/setup?auth=t"},
            "connect_card_config": {"redirect_uri": redirect},
        }
    )


def test_a_connect_cards_link_is_printed(command):
    with scripted_source(one(), card()) as source:
        done = command.at(source.url)("connect-card", "hed", "--redirect-uri", "https://example.com/done")
    assert (done.code, done.out) == (0, "https://fivetran.com/connect-card/setup?auth=t\n")
    config = json.loads(source.asked[1].body)["connect_card_config"]
    assert config["redirect_uri"] == "https://example.com/done"


def test_waiting_ends_when_the_browser_comes_back(command):
    visits = []

    def visited(exchange):
        uri = json.loads(exchange.asked.body)["connect_card_config"]["redirect_uri"]
        card(uri)(exchange)

        def browse():
            for address in (f"{uri.rpartition('/')[0]}/favicon.ico", f"{uri}?id=grafted_unwound"):
                try:
                    with urllib.request.urlopen(address, timeout=5) as answer:
                        visits.append(answer.status)
                except urllib.error.HTTPError as error:
                    visits.append(error.code)
                    error.close()

        threading.Thread(target=browse).start()

    with scripted_source(one(setup_state="incomplete"), visited, one()) as source:
        done = command.at(source.url)("connect-card", "hed", "--wait", "--timeout", "20")
    assert done.code == 0
    assert visits == [404, 200]
    assert done.out.splitlines() == ["https://fivetran.com/connect-card/setup?auth=t", "hed is connected"]


def test_waiting_for_nobody_ends(command, monkeypatch):
    wait = ReturnDesk.wait
    monkeypatch.setattr(ReturnDesk, "wait", lambda desk, seconds: wait(desk, seconds / 100))
    with scripted_source(one(), card()) as source:
        done = command.at(source.url)("connect-card", "hed", "--wait", "--timeout", "1")
    assert done.code == 1
    assert "nobody came back within 1 s" in done.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--redirect-uri", ""),
        ("--redirect-uri", "javascript:alert(1)"),
        ("--redirect-uri", "https://"),
        ("--redirect-uri", "https://a b"),
        ("--redirect-uri", "http://127.0.0.1:99999"),
        ("--wait", "--redirect-uri", "https://example.com/done"),
        ("--wait", "--redirect-uri", "http://127.0.0.1/done"),
        ("--wait", "--redirect-uri", "http://example.com:80/"),
        ("--wait", "--timeout", "0"),
    ],
)
def test_a_place_to_go_back_to_that_is_none_is_refused_before_anything_is_asked(command, words):
    with scripted_source(one(), card()) as source:
        done = command.at(source.url)("connect-card", "hed", *words)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert source.asked == []


def test_a_port_that_is_taken_is_told(command):
    with scripted_source(one(), card()) as source:
        done = command.at(source.url)("connect-card", "hed", "--wait", "--redirect-uri", f"{source.url}/x")
    assert done.code == 1
    assert "cannot listen on port" in done.err


def test_a_card_without_an_address_is_told(command):
    with scripted_source(one(), data({"connector_id": "x"})) as source:
        done = command.at(source.url)("connect-card", "hed", "--redirect-uri", "https://example.com")
    assert done.code == 1
    assert "a connect card that has no address" in done.err


def test_a_refusal_is_fivetrans(command):
    with scripted_source(one(), refused(400, "InvalidInput", "redirect_uri is wrong")) as source:
        done = command.at(source.url)("connect-card", "hed", "--redirect-uri", "https://example.com")
    assert "400 InvalidInput: redirect_uri is wrong" in done.err

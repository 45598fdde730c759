"""The connect card: one connection's form without a session, for whoever has its link."""

import re
import time

import pytest

from fivetran_local.connect_card import LIFETIME_SECONDS, Card, card_token
from tests.fivetran_local.pages.conftest import HIDDEN, Reader, words_of

BACK = "https://app.example.com:8443/done?step=2&id=x"


@pytest.fixture
def stranger(running) -> Reader:
    return Reader(running)


def path_of(running, connection, redirect_uri: str = BACK) -> str:
    return f"/connect-card?auth={card_token(running.local, Card(connection.settings.id, redirect_uri))}"


def test_a_card_shows_the_form_without_a_session_and_without_secrets(stranger, running, connection):
    answer = stranger.get(path_of(running, connection))
    assert answer.status_code == 200
    assert 'value="api_key"' in answer.text
    assert HIDDEN not in answer.text
    assert "form-action 'self' https://app.example.com:8443" in answer.headers["Content-Security-Policy"]
    assert stranger.get("/").status_code == 401


def test_a_card_that_passes_leads_back_with_the_id(stranger, running, connections, connection, function):
    answer = stranger.post(path_of(running, connection), function_trigger=function.url)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{BACK}&id={connection.settings.id}"
    inline = {"Origin": running.url, "X-Inline": "1"}
    scripted = stranger.session.post(
        running.url + path_of(running, connection),
        data={"function_trigger": function.url},
        headers=inline,
        timeout=10,
        allow_redirects=False,
    )
    assert (scripted.status_code, scripted.headers["X-Go-On"]) == (204, f"{BACK}&id={connection.settings.id}")


def test_a_card_that_does_not_pass_stays_and_says_why(stranger, running, connection, function):
    function.failing = (401, {"errorMessage": "the key is wrong", "errorType": "KeyError", "stackTrace": []})
    try:
        answer = stranger.post(path_of(running, connection), function_trigger=function.url)
    finally:
        function.failing = None
    assert answer.status_code == 422
    assert "the key is wrong" in words_of(answer)
    wrong = stranger.post(path_of(running, connection), function_trigger="nowhere")
    assert wrong.status_code == 422
    assert 'id="field-function_trigger-error" data-error>' in wrong.text


@pytest.mark.parametrize("auth", ["", "x", "gAAAAA", "ä", "%00"])
def test_a_wrong_link_says_so(stranger, auth):
    answer = stranger.get(f"/connect-card?auth={auth}")
    assert answer.status_code == 403
    assert "This link does not work" in words_of(answer)


def test_an_old_link_and_one_to_a_deleted_connection_say_so(stranger, running, connections, connection, monkeypatch):
    path = path_of(running, connection)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME_SECONDS + 5)
    assert stranger.get(path).status_code == 403
    monkeypatch.undo()
    assert stranger.get(path).status_code == 200
    connections.delete(connection.settings.id)
    assert stranger.get(path).status_code == 403
    assert stranger.post(path, function_trigger="http://127.0.0.1:1/").status_code == 403


def test_a_link_is_made_for_somebody_else_who_finishes_the_form(reader, stranger, connections, function):
    made = reader.post("/connections/new/google_cloud_function", schema="by_another", later="yes")
    setup = made.headers["Location"].partition("?")[0]
    assert "The function's address is missing" in reader.text(setup)
    page = reader.post(f"{setup}/card").text
    link = re.search(r'readonly value="([^"]+)"', page)[1].removeprefix(reader.running.url)
    back = stranger.post(link, function_trigger=function.url).headers["Location"].removeprefix(reader.running.url)
    assert "can be closed" in stranger.text(back)
    assert "Choose what is loaded" in reader.text(setup)
    assert stranger.post(f"{setup}/card").status_code == 401
    connections.delete(setup.split("/")[2])


def test_another_sites_page_sends_no_card(stranger, running, connection):
    assert stranger.post(path_of(running, connection), origin="https://evil.example").status_code == 403

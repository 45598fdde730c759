"""Nobody sees or changes anything without a session, and no other site's page can use somebody's."""

import pytest
import requests

from fivetran_local.account.credentials import page_token
from tests.fivetran_local.pages.conftest import Reader, words_of
from tests.support.local_fivetran import SECRET

PAGES = [
    "/",
    "/connections/new",
    "/connections/new/google_cloud_function",
    "/connections/nowhere",
    "/connections/x/log",
]


@pytest.fixture
def stranger(running) -> Reader:
    return Reader(running)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_a_session_asks_for_the_token_and_says_where_it_is(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "Open the link that ./fivetran serve printed" in words_of(answer)
    assert "files/fivetran/credentials.json" in answer.text


def test_the_token_in_the_address_opens_a_session_and_leaves_the_address(stranger, running):
    answer = stranger.get(f"/?token={page_token(running.credentials)}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert SECRET not in cookie
    assert page_token(running.credentials) not in cookie
    assert "Connections" in stranger.text("/")


@pytest.mark.parametrize("word", ["token", "secret"])
def test_the_form_takes_the_token_and_the_api_secret(stranger, running, word):
    entered = page_token(running.credentials) if word == "token" else SECRET
    answer = stranger.post("/sign-in", word=f" {entered}\n", leads_to="/connections/new")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/connections/new")
    assert stranger.get("/connections/new").status_code == 200


@pytest.mark.parametrize("wrong", ["", "x", "a-secret-of-test", "ä€", "\0"])
def test_a_wrong_word_opens_nothing(stranger, wrong):
    answer = stranger.post("/sign-in", word=wrong, leads_to="/")
    assert answer.status_code == 401
    assert "neither the token nor the API secret" in words_of(answer)
    assert stranger.get("/").status_code == 401
    assert stranger.get("/", params={"token": wrong}).status_code == 401


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example", "", "x\r\nA: b"])
def test_signing_in_leads_to_this_server_only(stranger, elsewhere):
    assert stranger.post("/sign-in", word=SECRET, leads_to=elsewhere).headers["Location"] == "/"


def test_signing_out_ends_the_session(running):
    own = Reader(running)
    own.sign_in()
    assert own.post("/sign-out").status_code == 303
    assert own.get("/").status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"])
def test_a_form_of_another_site_changes_nothing(reader, connection, origin):
    origin = origin.format(port=reader.running.url.rpartition(":")[2])
    answer = reader.post(f"/connections/{connection.settings.id}/resume", origin=origin)
    assert answer.status_code == 403
    assert reader.running.local.connections.settings(connection.settings.id).paused


def test_a_form_from_nowhere_changes_nothing(reader, connection):
    url = f"{reader.running.url}/connections/{connection.settings.id}/resume"
    cookies = reader.session.cookies
    assert requests.post(url, cookies=cookies, timeout=10, allow_redirects=False).status_code == 403
    browser = {"Sec-Fetch-Site": "same-origin"}
    assert requests.post(url, cookies=cookies, headers=browser, timeout=10, allow_redirects=False).status_code == 303


def test_a_link_of_another_site_leads_to_the_page_once_more_from_here(stranger):
    answer = stranger.get("/connections/new", headers={"Sec-Fetch-Site": "cross-site"})
    assert '<meta http-equiv="refresh" content="0">' in answer.text
    assert stranger.get("/connections/new", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 401


def test_a_stream_without_a_session_ends_for_good(stranger):
    assert stranger.get("/events").status_code == 204


def test_no_page_may_hold_a_script_be_framed_or_be_kept(reader):
    headers = reader.get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[kind] for kind in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["page.css", "page.js", "mark.svg"])
def test_files_are_served_to_everybody_and_others_to_nobody(stranger, name):
    assert stranger.get(f"/static/{name}").status_code == 200
    for other in ("app.py", "..%2fapp.py", "%2e%2e/app.py"):
        assert stranger.get(f"/static/{other}").status_code == 404

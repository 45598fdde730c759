"""The connection's settings: what each may be, and that nothing is asked with a wrong one."""

import pytest

from connectors.hed.tests.calling import CURSOR, KEY, Double, page, record
from tests.support.scripted_source import scripted_source, status


@pytest.mark.parametrize("missing", [None, "", "   "])
def test_the_key_is_required(connect, monkeypatch, missing):
    monkeypatch.delenv("API_KEY", raising=False)
    with connect(page()) as connection:
        message, code = connection.fail(api_key=missing)
    assert message == "the secret 'api_key' is missing: add it to the connection's secrets in Fivetran"
    assert code == 400
    assert connection.source.asked == []


@pytest.mark.parametrize("size", ["1", "100", "200", " 50 ", 7])
def test_a_page_size_in_its_range_is_what_is_asked_for(connect, size):
    with connect(page()) as connection:
        connection.ask(page_size=size)
    assert connection.source.asked[0].query == {"page_size": str(size).strip()}


@pytest.mark.parametrize(
    "size", ["0", "201", "-1", "1.5", "1e2", "ten", "0x10", "\u0661\u0660", "100 000", "9" * 5000, [100], True]
)
def test_any_other_page_size_is_an_error_that_says_the_range(connect, size):
    with connect(page()) as connection:
        message, code = connection.fail(page_size=size)
    assert code == 400
    assert message in (
        "page_size must be a whole number from 1 to 200",
        "the secret 'page_size' is a list, expected text",
    )
    assert connection.source.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.org", "http://10.0.0.1", "http://127.0.0.1.example.org", "http://localhost.example.org",
        "ftp://api.example.org", "api.example.org", "https://", "//api.example.org", "file:///etc/passwd", "http://[::1",
        "http://user@example.org:80/127.0.0.1", "http://127.0.0.1@example.org/",
    ],
)  # fmt: skip
def test_an_address_must_be_https_unless_it_is_this_machine(hed, address):
    report, code = hed.main(Double({"secrets": {"api_key": KEY, "base_url": address}}))
    assert report["errorMessage"].startswith("base_url must be an https:// address")
    assert code == 400


def test_a_slash_at_the_end_of_the_address_does_no_harm(connect):
    with connect(page()) as connection:
        connection.ask(base_url=connection.source.url + "/")
        connection.ask(base_url=connection.source.url + "/v1/")
    assert [asked.path for asked in connection.source.asked] == ["/hed_data", "/v1/hed_data"]


def test_the_public_address_is_the_default(hed):
    assert hed.BASE_URL.startswith("https://")
    read = hed.Settings.read(_request(hed, {"api_key": KEY}))
    assert read == (KEY, hed.BASE_URL, 100, False, False)


@pytest.mark.parametrize(
    ("setting", "word", "words"),
    [
        ("include_students", "yes", "include_students must be false or true"),
        ("on_invalid_cursor", "ignore", "on_invalid_cursor must be fail or restart"),
    ],
)
def test_a_word_that_is_none_of_the_allowed_is_an_error_that_lists_them(connect, setting, word, words):
    with connect(page()) as connection:
        assert connection.fail(**{setting: word}) == (words, 400)
    assert connection.source.asked == []


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize("state", [{}, {"next_cursor": CURSOR}])
def test_a_key_that_is_not_accepted_is_said_to_be_that(connect, code, state):
    with connect(status(code), page()) as connection:
        message, failed_with = connection.fail(state, on_invalid_cursor="restart")
    assert f"the source answered {code}" in message
    assert "it does not accept the key; check it in the connection's secrets" in message
    assert failed_with == 400
    assert len(connection.source.asked) == 1


def test_a_setup_test_asks_for_one_record_returns_no_row_and_moves_no_state(connect):
    with connect(page(record(1), more=True)) as connection:
        answer = connection.ask({}, setup_test=True, page_size="200", include_students="true")
    assert (answer["state"], answer["hasMore"]) == ({}, False)
    assert not any(answer["insert"].values())
    (asked,) = connection.source.asked
    assert asked.query == {"page_size": "1"}
    assert asked.headers["x-api-key"] == KEY


def test_a_setup_test_fails_as_a_sync_would(connect):
    for script, words in ((status(401), "does not accept the key"), (page(more=True, cursor=None), "no next_cursor")):
        with connect(script) as connection:
            report, _ = connection.ask({}, setup_test=True)
        assert words in report["errorMessage"]
    with connect(page()) as connection:
        assert connection.ask({}, setup_test=True, page_size="201")[1] == 400


def test_one_connection_serves_many_pages(hed):
    with scripted_source(page(record(1))) as source:
        for _ in range(4):
            hed.main(Double({"secrets": {"api_key": KEY, "base_url": source.url}}))
    assert (len(source.asked), source.connections) == (4, 1)


def _request(hed, secrets):
    from fivetran_function.budget import TimeBudget
    from fivetran_function.secrets import Secrets
    from fivetran_function.source import Source

    budget = TimeBudget(60)
    return hed.Request({}, Secrets(secrets), Source(budget), budget)

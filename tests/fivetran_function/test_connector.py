"""`main(request)`: one page in, one page out, through every door that leads to it."""

import flask
import pytest

from tests.support.functions import loaded, served

BODY = {"agent": "test", "state": {"page": 1}, "secrets": {"api_key": "key"}, "sync_id": "s1", "setup_test": False}
PAGE = {
    "state": {"page": 2},
    "insert": {"users": [{"id": 2}, {"id": 3}]},
    "delete": {},
    "schema": {"users": {"primary_key": ["id"]}},
    "hasMore": True,
}


class WithGetJson:
    def get_json(self, silent=False, force=False):
        return BODY


class WithJson:
    json = BODY


def flask_request(**parts):
    return flask.Request(flask.Flask("f").test_request_context(**{"method": "POST", **parts}).request.environ)


@pytest.mark.parametrize("request_", [WithGetJson(), WithJson()], ids=["get_json", "json"])
def test_a_double_of_a_request_gets_a_plain_dict(request_):
    answer = loaded("reads_pages")(request_)
    assert type(answer) is dict
    assert answer == PAGE


def test_a_bare_flask_request_gets_a_plain_dict():
    answer = loaded("reads_pages")(flask_request(json=BODY))
    assert type(answer) is dict
    assert answer == PAGE


def test_a_mock_s_get_json_or_json_is_read(mocker):
    with_method = mocker.Mock()
    with_method.get_json.return_value = BODY
    assert loaded("reads_pages")(with_method) == PAGE
    assert loaded("reads_pages")(mocker.MagicMock(json=BODY)) == PAGE
    assert loaded("reads_pages")(mocker.Mock(spec=flask.Request, get_json=lambda: BODY)) == PAGE


def test_a_request_without_anything_is_a_first_call():
    answer = loaded("reads_pages")(flask_request(json={}))
    assert answer["state"] == {"page": 1}
    assert answer["insert"] == {"users": [{"id": 0}, {"id": 1}]}


def test_over_http_it_is_the_same_page():
    with served("reads_pages") as client:
        answer = client.post("/", json=BODY)
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert answer.get_json() == PAGE
        assert client.post("/any/path", json=BODY).get_json() == PAGE


def test_a_content_type_is_not_asked_for():
    with served("reads_pages") as client:
        assert client.post("/", data=b'{"state": {"page": 1}}', content_type="text/plain").get_json() == PAGE


def test_three_pages_make_a_sync_and_the_schema_names_the_tables_with_rows():
    state, pages = {}, []
    with served("reads_pages") as client:
        while not pages or pages[-1]["hasMore"]:
            pages.append(client.post("/", json={**BODY, "state": state}).get_json())
            state = pages[-1]["state"]
    assert [row["id"] for page in pages for row in page["insert"]["users"]] == [0, 1, 2, 3, 4, 5]
    assert pages[-1]["delete"] == {"users": [{"id": 0}]}
    assert all(page["schema"] == {"users": {"primary_key": ["id"]}} for page in pages)


@pytest.mark.parametrize("state", [{}, {"page": 1, "other": "kept"}])
def test_a_setup_test_returns_no_rows_and_moves_no_state(state):
    with served("reads_pages") as client:
        answer = client.post("/", json={"state": state, "secrets": {}, "setup_test": True})
    assert answer.get_json() == {
        "state": state,
        "insert": {},
        "delete": {},
        "schema": {"users": {"primary_key": ["id"]}},
        "hasMore": False,
    }


def test_a_setup_test_that_fails_says_so():
    with served("fails_as_told") as client:
        answer = client.post("/", json={"state": {"fail": "CredentialsError"}, "setup_test": True})
    assert answer.status_code == 400
    assert answer.get_json()["errorMessage"] == "told to fail"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_a_state_comes_back_with_every_digit(number):
    with served("reads_pages") as client:
        answer = client.post("/", data=b'{"state": {"page": 1, "cursor": %d}}' % number)
    assert answer.data.startswith(b'{"state":{"page":2,"cursor":%d}' % number)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_browser_is_told_what_this_is(method):
    with served("reads_pages") as client:
        answer = client.open("/", method=method)
    assert (answer.status_code, answer.content_type) == (405, "application/json")
    if method == "GET":
        assert answer.get_json()["errorMessage"].startswith("this is a Fivetran function: send it a POST with a JSON")
        assert answer.get_json()["errorType"] == "MethodNotAllowedError"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "the request body is not JSON"),
        (b"state=1", "the request body is not JSON"),
        (b'{"state": {"a": NaN}}', "the request body is not JSON"),
        (b"\xff", "the request body is not JSON"),
        (b"[]", "the request body is a list, expected a JSON object with 'state' and 'secrets'"),
        (b"null", "the request body is null, expected a JSON object with 'state' and 'secrets'"),
        (b'{"state": "private"}', "'state' in the request is text, expected an object"),
        (b'{"secrets": "private"}', "'secrets' in the request is text, expected an object"),
        (b'{"setup_test": "private"}', "'setup_test' in the request is text, expected true or false"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_in_json(body, text, capfd):
    with served("reads_pages") as client:
        answer = client.post("/", data=body, content_type="application/json")
    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert answer.get_json()["errorMessage"].startswith(text)
    assert b"private" not in answer.data
    assert "private" not in "".join(capfd.readouterr())

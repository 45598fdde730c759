"""One call, as whoever judges it sees it."""

import json

import pytest

from fivetran_local.exchanges import Exchange

PAGE = {"state": {"n": 1}, "insert": {"t": [{"id": 1}]}, "hasMore": True}


def call(document=PAGE, **fields):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    given = {"request": {"state": {"n": 0}}, "status": 200, "content": content}
    return Exchange(scenario="sync", number=1, **{**given, **fields})


def test_a_page_is_read():
    exchange = call()
    assert exchange.succeeded
    assert exchange.document == PAGE
    assert exchange.response.has_more
    assert (exchange.state_sent, exchange.error, exchange.undecodable) == ({"n": 0}, None, None)


@pytest.mark.parametrize("fields", [{"status": 500}, {"status": 302}, {"status": None, "failure": "no answer"}])
def test_what_is_no_success_has_no_page(fields):
    assert not call(**fields).succeeded
    assert call(**fields).response is None


@pytest.mark.parametrize("status", [200, 500])
def test_an_error_report_is_none_whatever_its_status(status):
    exchange = call({"errorMessage": "refused", "errorType": "E"}, status=status)
    assert str(exchange.error) == "E: refused"
    assert not exchange.succeeded
    assert exchange.response is None


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "is empty"), (b"<p>", "is not JSON"), (b'{"n": NaN}', "holds NaN")]
)
def test_what_is_not_json_says_why(content, words):
    exchange = call(content)
    assert exchange.document is None
    assert words in exchange.undecodable


def test_a_page_that_fivetran_would_refuse_is_no_response():
    assert call({**PAGE, "state": 5}).response is None


@pytest.mark.parametrize("request_body", ["not JSON", {}, {"state": None}, {"state": [1]}, None, [1]])
def test_a_request_without_state_has_an_empty_one(request_body):
    assert call(request=request_body).state_sent == {}

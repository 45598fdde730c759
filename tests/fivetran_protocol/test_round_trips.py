"""Properties of the wire: what is written can be read, and whatever arrives is read without an exception."""

import json
import re

import pytest
from hypothesis import given

from fivetran_protocol import FunctionRequest, MalformedRequestError, read_response
from tests.fivetran_protocol.strategies import almost_responses, json_values, objects, requests, responses

MARK = "a value of a row"


def refusal_of(body, otherwise):
    try:
        FunctionRequest.from_wire(body)
    except MalformedRequestError as error:
        return str(error)
    return otherwise


@given(responses())
def test_a_response_that_is_written_reads_back_equal(response):
    reading = read_response(json.loads(json.dumps(response.to_wire())))
    assert reading.findings == ()
    assert reading.response == response


@given(json_values | almost_responses)
def test_any_json_is_read_without_an_exception(body):
    reading = read_response(body)
    assert (reading.response is None) == bool(reading.refusals)
    for finding in reading.findings:
        assert str(finding)


@given(requests)
def test_a_request_that_is_written_reads_back_equal(request):
    assert FunctionRequest.from_wire(json.loads(json.dumps(request.to_wire()))) == request


@given(json_values)
def test_any_request_is_read_or_refused_by_name(body):
    assert "expected" in refusal_of(body, otherwise="as expected")


@pytest.mark.parametrize("field", ["agent", "state", "secrets", "sync_id", "setup_test", "customPayload"])
@given(value=objects | json_values)
def test_a_field_of_the_wrong_type_is_named_and_its_value_is_not(field, value):
    text = refusal_of({field: value}, otherwise=f"'{field}' in the request is text, expected text")
    assert re.fullmatch(
        rf"'{field}' in the request is (a boolean|a number|text|an object|a list), "
        "expected (text|an object|true or false)",
        text,
    )


@pytest.mark.parametrize("field", ["agent", "state", "secrets", "sync_id", "setup_test", "customPayload"])
def test_a_null_field_counts_as_absent(field):
    assert FunctionRequest.from_wire({field: None}) == FunctionRequest()


def test_a_request_shows_neither_its_secrets_nor_its_payload():
    assert MARK not in repr(FunctionRequest(secrets={"api_key": MARK}, custom_payload={"region": MARK}))


@given(almost_responses)
def test_no_finding_holds_a_value_of_a_row(body):
    marked = {
        field: {"t": [{"id": MARK, "name": [MARK]}, MARK], "u": MARK, "v": [MARK]}
        if field in ("insert", "delete")
        else v
        for field, v in {"insert": {}, "delete": {}, "hasMore": MARK, **body}.items()
    }
    for schema in ({}, {"t": {"primary_key": ["name"]}}, MARK, {"t": MARK}, {"t": {"primary_key": MARK}}):
        for finding in read_response({**marked, "schema": schema, "state": MARK, "softDelete": MARK}).findings:
            assert MARK not in str(finding)

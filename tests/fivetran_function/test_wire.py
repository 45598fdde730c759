"""JSON out: fast, exact, and never HTML."""

import json
from decimal import Decimal
from enum import Enum

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_function.wire import encode
from tests.support.functions import served

ODD = {
    "id": 1,
    "at": "2025-01-02T03:04:05+00:00",
    "day": "2025-01-02",
    "price": 10.1,
    "uuid": "00000000-0000-0000-0000-000000000001",
    "nan": None,
    "infinity": None,
    "tags": ["a", "b"],
    "b_before_a": {"b": 1, "a": 2},
}


def row_of(client, **state):
    answer = client.post("/", json={"state": state})
    assert answer.status_code == 200, answer.data
    return answer.data, json.loads(answer.data)["insert"]["users"][0]


def test_values_of_a_database_driver_become_json():
    with served("returns_odd_values") as client:
        body, row = row_of(client)
    assert row == ODD
    assert b'"price":10.10,' in body, "a Decimal keeps its digits"
    assert body.index(b'"b":1') < body.index(b'"a":2'), "nothing is sorted"


def test_what_orjson_does_not_write_changes_nothing_else():
    with served("returns_odd_values") as client:
        body, row = row_of(client, more=True)
    assert row == {**ODD, "long": 2**70, "numbered": {"1": "one"}, "half": "\ud800"}
    assert b'"price":10.10,' in body


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize(("what", "kind"), [("object", "object"), ("bytes", "bytes")])
def test_what_has_no_json_form_is_an_error_report(what, kind, more):
    with served("returns_odd_values") as client:
        answer = client.post("/", json={"state": {"not_json": what, "more": more}})
    assert (answer.status_code, answer.content_type) == (500, "application/json")
    assert answer.get_json()["errorMessage"] == (
        f"a {kind} has no JSON form: convert it before it goes into a row or the state"
    )
    assert b"private" not in answer.data


def test_a_row_within_itself_is_an_error_report():
    with served("returns_odd_values") as client:
        answer = client.post("/", json={"state": {"endless": True}})
    assert (answer.status_code, answer.content_type) == (500, "application/json")
    assert answer.get_json()["errorMessage"]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec="utf-8") | st.just("\ud800")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(values)
def test_any_json_is_written_so_that_it_reads_back_the_same(value):
    assert json.loads(encode(value)) == value
    assert json.loads(encode([2**70, value])) == [2**70, value]


@given(values)
def test_the_slow_way_writes_what_the_fast_one_writes(value):
    try:
        fast = orjson.dumps(value)
    except TypeError:
        return
    assert json.loads(encode([value, 2**70])) == [json.loads(fast), 2**70]


@given(st.decimals())
def test_a_decimal_is_its_digits_or_null_with_and_without_company(number):
    for document in ([number], [number, 2**70]):
        written = json.loads(encode(document), parse_float=Decimal, parse_int=Decimal)[0]
        assert written == (number if number.is_finite() else None)


def test_a_number_that_is_an_enum_is_its_value():
    class Level(int, Enum):
        HIGH = 3

    assert encode([Level.HIGH]) == b"[3]"
    assert encode([Level.HIGH, 2**70]) == b"[3,%d]" % 2**70


def test_without_flask_there_is_nothing_to_replace():
    """Importing a connector outside an application leaves every application as it is."""
    import flask

    from fivetran_function.wire import speak_fast_json

    app = flask.Flask("other")
    provider = app.json
    speak_fast_json()
    assert app.json is provider
    with app.app_context():
        speak_fast_json()
        replaced = app.json
        speak_fast_json()
    assert replaced is not provider
    assert app.json is replaced

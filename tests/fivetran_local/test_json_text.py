"""JSON as text, to the last digit."""

import json

import pytest
from hypothesis import given

from fivetran_local.json_text import canonical, compact, indented
from tests.fivetran_protocol.strategies import json_values

LARGE = 2**70


@pytest.mark.parametrize("write", [compact, indented, lambda value: canonical(value).encode()])
@given(value=json_values)
def test_whatever_is_written_is_read_back(write, value):
    assert json.loads(write([value, LARGE])) == [value, LARGE]
    assert json.loads(write(value)) == value


def test_each_looks_as_it_is_called():
    document = {"b": [1, LARGE], "a": "ë"}
    assert compact({"b": [1], "a": "ë"}) == '{"b":[1],"a":"ë"}'.encode()
    assert compact(document) == b'{"b":[1,1180591620717411303424],"a":"\\u00eb"}'
    assert indented({"a": ["ë"]}) == '{\n  "a": [\n    "ë"\n  ]\n}'.encode()
    assert indented({"a": [LARGE]}) == b'{\n  "a": [\n    1180591620717411303424\n  ]\n}'
    assert canonical(document) == '{"a":"ë","b":[1,1180591620717411303424]}'


def test_half_a_surrogate_pair_is_written_somehow_and_another_one_is_another():
    assert json.loads(compact("\ud800")) == "\ud800"
    assert indented("\ud800") == b'"?"'
    assert canonical("\ud800") != canonical("\ud801")


def test_numbers_of_other_types_are_other_texts():
    assert len({canonical(value) for value in (1, 1.0, True, "1", [1])}) == 5

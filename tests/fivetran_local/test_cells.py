import itertools
import json

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.cells import text_of, texts_after, to_arrow, type_of
from fivetran_local.columns import ColumnType, conversion, widest

T = ColumnType


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        yield database


@pytest.mark.parametrize("types", list(itertools.product([None, *ColumnType], repeat=3)))
def test_widening_is_a_join(types):
    a, b, c = types
    assert widest(a, widest(b, c)) is widest(widest(a, b), c)
    assert widest(a, b) is widest(b, a)
    assert widest(a, a) is a
    assert widest(a, widest(a, b)) is widest(a, b)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, None], None),
        ([True, None], T.BOOLEAN),
        ([1, 2**53], T.INT53),
        ([2**53 + 1], T.INT64),
        ([-(2**63)], T.INT128),
        ([2**127 - 1, 1], T.INT128),
        ([2**127], T.TEXT),
        ([1, 1.5], T.DOUBLE),
        ([2**53 + 1, 1.5], T.TEXT),
        ([True, 1], T.TEXT),
        ([{"a": 1}, [1]], T.JSON),
        ([{"a": 1}, "x"], T.TEXT),
        (["2024-02-29"], T.DATE),
        (["2024-02-29", "2024-02-29T10:00:00"], T.TIMESTAMP),
        (["2024-02-29T10:00:00.1", "2024-02-29T10:00:00Z"], T.TIMESTAMPTZ),
        (["2024-02-29", "2024-02-29T10:00:00-05:00"], T.TIMESTAMPTZ),
        (["9999-12-31T23:59:59.999999Z"], T.TIMESTAMPTZ),
        (["2024-02-30"], T.TEXT),
        (["2023-02-29T00:00:00"], T.TEXT),
        (["2024-02-29 10:00:00"], T.TEXT),
        (["2024-08-11 0:00:00"], T.TEXT),
        (["2024-02-29T10:00:00.123456789"], T.TEXT),
        (["2024-02-29T24:00:00"], T.TEXT),
        (["2024-02-29T10:00:00+5:00"], T.TEXT),
        (["0000-01-01"], T.TEXT),
        (["0001-01-01T00:00:00+01:00"], T.TEXT),
        (["9999-12-31T23:59:59-01:00"], T.TEXT),
        (["2024-02-29\n"], T.TEXT),
        (["\uff12024-02-29"], T.TEXT),
        (["2024-02-29", ""], T.TEXT),
        ([""], T.TEXT),
    ],
)
def test_the_least_type_is_found(values, expected):
    assert type_of(values, infer_timestamps=True) is expected


def test_text_stays_text_where_times_are_not_looked_for():
    assert type_of(["2024-02-29"], infer_timestamps=False) is T.TEXT


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_stored_double_becomes_the_text_of_an_equal_value(database, value):
    """The warehouse widens with SQL what Python writes directly: both must write the same."""
    sql = conversion("x", T.DOUBLE, T.TEXT)
    assert database.execute(f"SELECT {sql} FROM (SELECT ?::DOUBLE AS x)", [value]).fetchall() == [(text_of(value),)]


@pytest.mark.parametrize(
    ("kind", "sent", "text"),
    [
        (T.BOOLEAN, True, "true"),
        (T.INT53, -5, "-5"),
        (T.INT128, 2**100, str(2**100)),
        (T.DOUBLE, 5.0, "5"),
        (T.DATE, "2024-02-29", "2024-02-29"),
        (T.TIMESTAMP, "2024-02-29T00:00:00", "2024-02-29T00:00:00"),
        (T.TIMESTAMP, "2024-02-29T10:20:30.100", "2024-02-29T10:20:30.1"),
        (T.TIMESTAMP, "0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        (T.TIMESTAMPTZ, "2024-02-29T10:20:30.120+02:00", "2024-02-29T08:20:30.12+00:00"),
        (T.TIMESTAMPTZ, "2024-02-29T10:20:30Z", "2024-02-29T10:20:30+00:00"),
        (T.JSON, {"b": [1, 2.5], "a": None}, '{"b":[1,2.5],"a":null}'),
    ],
)
def test_stored_and_arriving_values_widen_to_one_text(database, kind, sent, text):
    database.register("staged", pa.table({"x": to_arrow([sent], kind)}))
    sql = conversion("x", kind, T.TEXT)
    stored = database.execute(f"SELECT {sql} FROM (SELECT CAST(x AS {kind.sql}) AS x FROM staged)").fetchall()
    assert stored == [(text,)]
    arriving = to_arrow(texts_after([sent, "x"], [1, 2], None), T.TEXT)
    assert arriving.to_pylist() == [text, "x"]


def test_times_of_the_page_that_turns_a_column_into_text_are_left_alone():
    sent = ["2024-01-01T00:00:00.100", "x", "2024-01-01T00:00:00.100"]
    assert texts_after(sent, [3], None) == sent
    assert texts_after(sent, [1, 3], None) == ["2024-01-01T00:00:00.1", *sent[1:]]
    assert texts_after(sent, [3], T.TEXT) == sent


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"big": 2**70}, {"big": 2**70}),
        ({"half": "\ud83d"}, {"half": "\\ud83d"}),
        ({"\ud800": 1}, {"\\ud800": 1}),
        (["\u0000", "\u2028"], ["\u0000", "\u2028"]),
        (json.loads("[" * 500 + "]" * 500), json.loads("[" * 500 + "]" * 500)),
    ],
    ids=["big", "half", "half-key", "nul", "deep"],
)
def test_awkward_structures_are_still_json_in_the_warehouse(database, value, expected):
    database.register("staged", pa.table({"x": to_arrow([value], T.JSON)}))
    (text,) = database.execute("SELECT CAST(CAST(x AS JSON) AS VARCHAR) FROM staged").fetchall()[0]
    read = json.loads(text)
    assert read == expected


def test_half_a_surrogate_pair_lands_as_its_escape():
    assert to_arrow(["a\ud83d", None], T.TEXT).to_pylist() == ["a\\ud83d", None]

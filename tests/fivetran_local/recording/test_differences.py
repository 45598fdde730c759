"""What differs between two answers is named, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.exchanges import Exchange
from fivetran_local.recording.differences import differences, same
from tests.fivetran_protocol.strategies import json_values, responses

ROWS = [{"id": n, "name": f"Jane {n}", "gpa": 3.5} for n in range(5)]
PAGE = {
    "state": {"n": 1, "since": "a"}, "insert": {"t": ROWS, "log": [{"x": 1}, {"x": 1}]}, "delete": {"t": [{"id": 9}]},
    "schema": {"t": {"primary_key": ["id"]}}, "hasMore": True,
}  # fmt: skip


def call(document, **fields):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Exchange(scenario="sync", number=1, request={}, **{"status": 200, "content": content, **fields})


def found(before, after, **more):
    return [str(one) for one in differences(call(before), call(after), **more)]


CHANGES = {
    "the state": ({"state": {"n": 2, "since": "a"}}, ["state.n: 1 became 2"]),
    "a key of the state": (
        {"state": {"n": 1, "page": 5}}, ['state.since: "a" became nothing', "state.page: nothing became 5"],
    ),
    "a type in the state": ({"state": {"n": True, "since": "a"}}, ["state.n: 1 became true"]),
    "hasMore": ({"hasMore": False}, ["hasMore: true became false"]),
    "the key": (
        {"schema": {"t": {"primary_key": ["id", "name"]}}},
        ['schema: {"t":{"primary_key":["id"]}} became {"t":{"primary_key":["id","name"]}}'],
    ),
    "a column": (
        {"insert": {**PAGE["insert"], "t": [{**row, "gpa": 3.6} for row in ROWS[:2]] + ROWS[2:]}},
        ["insert.t: 2 rows changed in gpa (2)"],
    ),
    "a type": (
        {"insert": {**PAGE["insert"], "t": [{**ROWS[0], "id": 0.0}, *ROWS[1:]]}},
        ["insert.t: 1 row missing", "insert.t: 1 row more"],
    ),
    "a new column": (
        {"insert": {**PAGE["insert"], "t": [{**row, "more": None} for row in ROWS]}},
        ["insert.t: 5 rows changed in more (5)"],
    ),
    "fewer rows": ({"insert": {**PAGE["insert"], "t": ROWS[2:]}}, ["insert.t: 2 rows missing"]),
    "more rows": ({"delete": {"t": [{"id": 9}, {"id": 8}]}}, ["delete.t: 1 row more"]),
    "a row twice": (
        {"insert": {**PAGE["insert"], "t": [*ROWS, ROWS[0]]}},
        ["insert.t: 1 row changed in (how often the row is sent) (1)"],
    ),
    "a table without a key": (
        {"insert": {**PAGE["insert"], "log": [{"x": 1}, {"x": 2}]}},
        ["insert.log: 1 row missing", "insert.log: 1 row more"],
    ),
    "a table": ({"insert": {"t": ROWS}}, ["insert.log: 2 rows missing"]),
    "what is no table": (
        {"insert": {"t": "rows", "log": PAGE["insert"]["log"]}},
        ["insert.t: is not a list of rows, and not what it was"],
    ),
    "what are no tables": ({"insert": [1]}, ["insert: an object became a list"]),
    "another field": ({"softDelete": ["t"]}, ["softDelete: is new"]),
    "an unknown field": ({"note": "Jane"}, ["note: is new"]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
def test_each_difference_is_named(change, told):
    assert found(PAGE, {**PAGE, **change}) == told
    assert "Jane" not in " ".join(told)


def test_a_field_that_is_gone_is_named():
    after = {field: value for field, value in PAGE.items() if field not in {"hasMore", "delete"}}
    assert found(PAGE, after) == ["delete.t: 1 row missing", "hasMore: is gone"]


def test_rows_in_another_order_are_the_same_rows():
    assert found(PAGE, {**PAGE, "insert": {**PAGE["insert"], "t": ROWS[::-1]}}) == []


def test_values_are_beside_the_text_and_not_in_it():
    after = {**PAGE, "insert": {**PAGE["insert"], "t": [{**row, "name": "x"} for row in ROWS[:4]]}}
    gone, changed = differences(call(PAGE), call(after))
    assert gone.values == ('missing {"id":4}',)
    assert changed.values[0] == '{"id":0}: name "Jane 0" became "x"'
    assert len(changed.values) == 3
    assert "Jane" not in f"{gone}{changed}"


def test_columns_can_be_left_out():
    after = {**PAGE, "insert": {**PAGE["insert"], "t": [{**row, "gpa": 0, "new": 1} for row in ROWS]}}
    assert found(PAGE, after, ignored=("gpa", "new")) == []


def test_failures_are_compared_by_what_they_say():
    report = {"errorMessage": "no", "errorType": "E", "stackTrace": ["a"]}
    assert found(report, {**report, "stackTrace": ["b"]}) == []
    assert found(report, {**report, "errorMessage": "yes"}) == ['errorMessage: "no" became "yes"']
    assert found(report, {**report, "errorType": "F"}) == ['errorType: "E" became "F"']
    assert found(PAGE, report) == ['errorMessage: 200 became 200 ("E: no")']
    (one,) = differences(call(PAGE), call(report, status=500))
    assert str(one) == 'status: 200 became 500 ("E: no")'
    lost = Exchange(scenario="sync", number=1, request={}, failure="nothing answers")
    assert [str(one) for one in differences(call(PAGE), lost)] == ["status: 200 became no answer (nothing answers)"]
    assert list(differences(lost, lost)) == []


def test_what_is_not_json_is_compared_by_its_bytes():
    assert found(b"<p>", b"<p>") == []
    assert found(b"<p>", b"<p>Jane") == ["answer: no JSON of 3 bytes became no JSON of 7 bytes"]
    assert found(b"<p>", b"[1]") == ["answer: no JSON of 3 bytes became a list of 3 bytes"]


def test_answers_of_another_status_differ_in_that_alone():
    (one,) = differences(call(PAGE), call({"detail": "x"}, status=503))
    assert str(one) == "status: 200 became 503"
    (one,) = differences(call({"detail": "x"}, status=503), call({"detail": "Jane"}, status=503))
    assert str(one) == "answer: an object of 15 bytes became an object of 18 bytes"


@given(responses(), responses())
def test_pages_differ_where_they_are_not_the_same_and_nowhere_else(one, other):
    before, after = one.to_wire(), other.to_wire()
    assert found(before, before) == []
    if found(before, after):
        assert not same(before, after)
    else:
        assert canonical(before) == canonical(after)


def canonical(page):
    """A page with its rows in one order, and without empty tables, which say nothing."""
    tables = {
        field: {t: sorted(json.dumps(row, sort_keys=True) for row in rows) for t, rows in page[field].items() if rows}
        for field in ("insert", "delete")
    }
    return json.dumps({**page, **tables}, sort_keys=True)


@given(json_values)
def test_whatever_an_answer_is_it_can_be_compared(value):
    found(PAGE, value)
    found(value, PAGE)
    assert found(value, value) == []


@given(st.dictionaries(st.sampled_from(["insert", "delete", "schema", "state", "hasMore"]), json_values))
def test_whatever_is_in_a_page_it_can_be_compared(page):
    found(PAGE, page)
    found(page, PAGE)
    assert found(page, page) == []

"""Every finding, by its exact text: it is what the author of a function reads."""

import pytest

from fivetran_protocol import Severity, key_findings, read_response

GOOD = {"state": {}, "insert": {}, "schema": {}, "hasMore": False}
KEYED = {"users": {"primary_key": ["id"]}}
NOT_CHANGED = "return an object in every response, the one received when nothing changed"
NULL_KEY = "every row needs a text, number or boolean there; Fivetran refuses the page otherwise"

REFUSED = {
    "a list": ([], "the answer is a list: return a JSON object"),
    "null": (None, "the answer is null: return a JSON object"),
    "state null": ({**GOOD, "state": None}, f"state: 'state' is null: {NOT_CHANGED}"),
    "state a list": ({**GOOD, "state": [1]}, f"state: 'state' is a list: {NOT_CHANGED}"),
    "insert a list": (
        {**GOOD, "insert": [{"id": 1}]},
        '\'insert\' is a list: return an object of table name to list of rows, like {"users": [{"id": 1}]}',
    ),
    "delete text": (
        {**GOOD, "delete": "users"},
        '\'delete\' is text: return an object of table name to list of rows, like {"users": [{"id": 1}]}',
    ),
    "one row": (
        {**GOOD, "insert": {"users": {"id": 1}}},
        "insert.users: it is an object: expected a list of row objects, even for one row",
    ),
    "rows null": (
        {**GOOD, "insert": {"users": None}},
        "insert.users: it is null: expected a list of row objects, even for one row",
    ),
    "row a list": (
        {**GOOD, "insert": {"users": [{"id": 1}, ["private"]]}},
        "insert.users[1]: it is a list: expected an object of column name to value",
    ),
    "table unnamed": ({**GOOD, "insert": {"": []}}, "insert: a table's name is empty: name it"),
    "delete alone": (
        {"state": {}, "delete": {"users": [{"id": 1}]}, "hasMore": False},
        (
            "'delete' without 'schema': name the tables' primary keys in 'schema', "
            "or Fivetran cannot tell which rows to delete"
        ),
    ),
    "key missing": (
        {**GOOD, "insert": {"users": [{"id": 1}, {"name": "private"}]}, "schema": KEYED},
        f"insert.users[1]: no value for the primary key column 'id': {NULL_KEY}",
    ),
    "key null in delete": (
        {**GOOD, "delete": {"users": [{"id": None}]}, "schema": KEYED},
        f"delete.users[0]: no value for the primary key column 'id': {NULL_KEY}",
    ),
    "key nested": (
        {**GOOD, "insert": {"users": [{"id": {"private": 1}}]}, "schema": KEYED},
        f"insert.users[0]: the primary key column 'id' is an object: {NULL_KEY}",
    ),
    "schema a list": (
        {**GOOD, "schema": ["users"]},
        '\'schema\' is a list: return an object like {"users": {"primary_key": ["id"]}}',
    ),
    "table a list": (
        {**GOOD, "schema": {"users": ["id"]}},
        'schema.users: it is a list: expected an object like {"primary_key": ["id"]}, or {} for a table without a key',
    ),
    "primary_key text": (
        {**GOOD, "schema": {"users": {"primary_key": "id"}}},
        "schema.users: 'primary_key' is text: expected a list of column names like [\"id\"]",
    ),
    "primary_key of numbers": (
        {**GOOD, "schema": {"users": {"primary_key": [1]}}},
        "schema.users: 'primary_key' is a list: expected a list of column names like [\"id\"]",
    ),
    "primary_key twice": (
        {**GOOD, "schema": {"users": {"primary_key": ["id", "id"]}}},
        "schema.users: a column stands in 'primary_key' twice: name it once",
    ),
    "hasMore null": ({**GOOD, "hasMore": None}, "'hasMore' is null: return true or false"),
    "hasMore a number": ({**GOOD, "hasMore": 1}, "'hasMore' is a number: return true or false"),
    "hasMore a word": ({**GOOD, "hasMore": "yes"}, "'hasMore' is text: return true or false"),
    "softDelete text": (
        {**GOOD, "softDelete": "users"},
        (
            "'softDelete' is text: return true (this response's deletes only mark rows) "
            "or a list of tables that are sent whole"
        ),
    ),
    "softDelete of numbers": (
        {**GOOD, "softDelete": [1]},
        (
            "'softDelete' is a list: return true (this response's deletes only mark rows) "
            "or a list of tables that are sent whole"
        ),
    ),
}

WITHOUT_MORE = {"state": {}, "insert": {}, "schema": {}}
WARNED = {
    "has_more": (
        {**WITHOUT_MORE, "has_more": True},
        "unknown field 'has_more': did you mean 'hasMore'? Fivetran would stop after this page",
    ),
    "hasmore": (
        {**WITHOUT_MORE, "hasmore": True},
        "unknown field 'hasmore': did you mean 'hasMore'? Fivetran would stop after this page",
    ),
    "no hasMore": (
        WITHOUT_MORE,
        "no 'hasMore': Fivetran takes that as false and stops; return true or false in every response",
    ),
    "hasMore False": (
        {**WITHOUT_MORE, "hasMore": "False"},
        "'hasMore' is the text 'False': return the boolean; only old samples send the word",
    ),
    "primaryKey": (
        {**GOOD, "schema": {"users": {"primaryKey": ["id"]}}},
        (
            "schema.users: unknown 'primaryKey': only 'primary_key' is read: "
            "did you mean 'primary_key'? Fivetran would append every row"
        ),
    ),
    "columns in schema": (
        {**GOOD, "schema": {"users": {"primary_key": ["id"], "columns": {"id": "int"}}}},
        "schema.users: unknown 'columns': only 'primary_key' is read",
    ),
    "upsert": (
        {**GOOD, "upsert": {}},
        "unknown field 'upsert': did you mean 'insert'? Fivetran would load none of its rows",
    ),
    "inserts": (
        {**GOOD, "inserts": {}},
        "unknown field 'inserts': did you mean 'insert'? Fivetran would load none of its rows",
    ),
    "deletes": (
        {**GOOD, "deletes": {}},
        "unknown field 'deletes': did you mean 'delete'? Fivetran would delete none of its rows",
    ),
    "soft_delete": (
        {**GOOD, "soft_delete": True},
        "unknown field 'soft_delete': did you mean 'softDelete'? Fivetran would not see it",
    ),
    "schemas": (
        {**GOOD, "schemas": {}},
        "unknown field 'schemas': did you mean 'schema'? Fivetran would see no primary key and append every row",
    ),
    "error_message": (
        {**GOOD, "error_message": "x"},
        "unknown field 'error_message': did you mean 'errorMessage'? Fivetran would not show it",
    ),
    "nothing like it": ({**GOOD, "cursor": 1}, "unknown field 'cursor': Fivetran does not read it"),
}


@pytest.mark.parametrize(("body", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_loaded_is_refused(body, text):
    reading = read_response(body)
    assert reading.response is None
    assert [str(finding) for finding in reading.refusals] == [text]
    assert reading.findings == reading.refusals


@pytest.mark.parametrize(("body", "text"), WARNED.values(), ids=WARNED)
def test_what_may_not_be_meant_is_a_warning(body, text):
    reading = read_response(body)
    assert [str(finding) for finding in reading.findings] == [text]
    assert reading.findings[0].severity is Severity.WARNING
    assert reading.response is not None


def test_a_misspelt_hasmore_stops_and_a_word_does_not():
    assert read_response({**WITHOUT_MORE, "has_more": True}).response.has_more is False
    assert read_response({**WITHOUT_MORE, "hasMore": "True"}).response.has_more is True


def test_everything_wrong_is_said_at_once():
    reading = read_response({"state": None, "insert": [], "schema": [], "hasMore": 1, "softDelete": 1, "upsert": {}})
    assert {finding.rule for finding in reading.findings} == {
        "state-not-an-object",
        "rows-not-by-table",
        "schema-not-an-object",
        "has-more-not-a-boolean",
        "soft-delete-unreadable",
        "unknown-field",
    }


def test_an_error_report_beside_a_page_is_no_unknown_field():
    assert read_response({**GOOD, "errorMessage": "x", "errorType": "y", "stackTrace": []}).findings == ()


@pytest.mark.parametrize("key", ["a", "", 0, 1.5, True])
def test_a_scalar_is_a_key(key):
    assert key_findings([{"id": key}], ["id"], "insert.users") == []


def test_every_column_of_a_key_is_looked_at():
    findings = key_findings([{"a": 1, "b": 2}, {"a": None, "b": [2]}], ["a", "b"], "insert.t")
    assert [(finding.where, finding.seen) for finding in findings] == [
        ("insert.t[1]", "no value for the primary key column 'a'"),
        ("insert.t[1]", "the primary key column 'b' is a list"),
    ]

"""From a page of the API to the rows and the state that Fivetran gets."""

import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hed.tests.calling import CURSOR, KEY, page, record
from fivetran_protocol import read_response
from tests.support.scripted_source import document, raw

PUBLISHED = (
    b'{"academic_standing": "Satisfactory Progress", "advisor_id": "ADV_1131", "assignment_submissions": 11, '
    b'"at_risk_flag": false, "avg_assignment_score": 54.9, "course_completion_rate": 0.99, '
    b'"credit_hours_attempted": 16, "credit_hours_earned": 15, "current_gpa": 3.13, "discussion_posts": 25, '
    b'"engagement_score": 63.9, "enrollment_date": "2024-08-11 0:00:00", "financial_aid_amount": 13793.33, '
    b'"intervention_count": 2, "last_login_date": "2025-07-27 14:28:37", "last_updated": "2025-07-31 23:57:37", '
    b'"last_updated_epoch": 1748797200, "major_code": "PHIL", "plagiarism_incidents": 0, '
    b'"record_id": "076cc9ae-6c0b-43fd-8d78-277fec3d0a8a", "student_id": "STU_202400000", "total_course_views": 144, '
    b'"writing_quality_score": 79.3}'
)
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


def test_the_published_record_becomes_exactly_this_row(connect):
    body = b'{"hed_records": [%s], "next_cursor": "%s", "has_more": true}' % (PUBLISHED, CURSOR.encode())
    with connect(raw(body)) as connection:
        answer = connection.ask()
    times = {
        "enrollment_date": "2024-08-11T00:00:00",
        "last_login_date": "2025-07-27T14:28:37",
        "last_updated": "2025-07-31T23:57:37",
    }
    assert answer == {
        "state": {"next_cursor": CURSOR},
        "insert": {"hed_records": [json.loads(PUBLISHED) | times]},
        "delete": {},
        "schema": {"hed_records": {"primary_key": ["record_id"]}},
        "hasMore": True,
    }
    assert read_response(answer).findings == ()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-08-11 0:00:00", "2024-08-11T00:00:00"),
        ("2024-08-11 9:05:07", "2024-08-11T09:05:07"),
        ("2024-08-11 23:59:59", "2024-08-11T23:59:59"),
        ("2024-08-11T09:05:07", "2024-08-11T09:05:07"),
    ],
)
@pytest.mark.parametrize("column", ["enrollment_date", "last_login_date", "last_updated"])
def test_the_three_times_become_iso_times_without_a_zone(connect, column, text, iso):
    with connect(page(record(1, **{column: text}))) as connection:
        (row,) = connection.ask()["insert"]["hed_records"]
    assert row == record(1, **{column: iso})


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "0:00:00", "2024-08-11", "2024-08-11 0:00", "2024-08-11 24:00:00", "2024-02-30 0:00:00",
        "2024-08-11 0:00:60", "11/08/2024 0:00:00", "2024-8-11 0:00:00", "2024-08-11 0:00:00 PM", "today",
        "2024-08-11 0:00:00Z", "2024-08-11 00:00:00Z", "2024-08-11 0:00:00+02:00", "2024-08-11 0:00:00.5",
        "2024-08-11_00:00:00", "2024-08-11_0:00:00", "2024-08-11 0.00.00", "\uff12\uff10\uff12\uff14-08-11 0:00:00",
        "2024-W33-7 00:00:00", "x" * 5000,
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_is_null_and_its_text_is_kept_beside_it(connect, text):
    with connect(page(record(1, last_login_date=text))) as connection:
        (row,) = connection.ask()["insert"]["hed_records"]
    assert row == record(1, last_login_date=None, last_login_date_raw=text)


@pytest.mark.parametrize("value", [1748797200, 0, True, [1], {"a": "b"}])
def test_a_time_that_is_no_text_is_kept_as_json(connect, value):
    with connect(page(record(1, last_updated=value))) as connection:
        (row,) = connection.ask()["insert"]["hed_records"]
    assert row["last_updated"] is None
    assert json.loads(row["last_updated_raw"]) == value


def test_a_time_that_is_null_or_absent_stays_so(connect):
    with connect(page(record(1, last_updated=None))) as connection:
        assert connection.ask()["insert"]["hed_records"] == [record(1, last_updated=None)]


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\d{4}-\d\d-\d\d[ T]\d{1,2}:\d\d:\d\d.{0,8}", fullmatch=True)))
def test_whatever_a_time_looks_like_it_is_exactly_an_iso_time_or_none(hed, text):
    iso = hed.iso_timestamp(text)
    if iso is not None:
        assert ISO.fullmatch(iso)
        day, hour, rest = text[:10], text[11:].split(":", 1)[0], text.split(":", 1)[1]
        assert iso == f"{day}T{hour.zfill(2)}:{rest}"
        assert datetime.fromisoformat(iso)


@given(st.datetimes())
def test_every_time_that_the_api_can_write_is_read(hed, moment):
    moment = moment.replace(microsecond=0)
    text = f"{moment.date()} {moment.hour}:{moment:%M:%S}"
    assert hed.iso_timestamp(text) == moment.isoformat()


def test_fields_that_the_api_adds_pass_through(connect):
    extra = {"cohort": "2024", "tags": ["a", {"b": None}], "score": 1.5, "Ünicode key": "…"}
    with connect(page(record(1, **extra))) as connection:
        assert connection.ask()["insert"]["hed_records"] == [record(1, **extra)]


NONE, UNUSABLE = "no record_id", "record_id is empty or not text"
REJECTED = [
    ({"student_id": "STU_1"}, NONE),
    ({}, NONE),
    ({"record_id": None}, NONE),
    ({"record_id": ""}, UNUSABLE),
    ({"record_id": "  "}, UNUSABLE),
    ({"record_id": ["r1"]}, UNUSABLE),
    ({"record_id": {"r": 1}}, UNUSABLE),
    ({"record_id": True}, UNUSABLE),
    ({"record_id": 1.5}, UNUSABLE),
]


@pytest.mark.parametrize(("unusable", "reason"), REJECTED)
def test_a_record_without_a_key_lands_whole_among_the_rejected(connect, unusable, reason):
    with connect(page(record(1), unusable | {"last_updated": "2024-08-11 0:00:00"})) as connection:
        answer = connection.ask()
    assert answer["insert"]["hed_records"] == [record(1)]
    (row,) = answer["insert"]["hed_rejected_records"]
    assert row["reason"] == reason
    assert row["content"] == unusable | {"last_updated": "2024-08-11 0:00:00"}
    assert re.fullmatch(r"[0-9a-f]{64}", row["content_hash"])
    assert answer["schema"]["hed_rejected_records"] == {"primary_key": ["content_hash"]}
    assert read_response(answer).findings == ()


def test_the_hash_of_a_rejected_record_is_that_of_its_content_in_any_order(connect):
    one, other = {"record_id": None, "a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1, "record_id": None}
    with connect(page(one), page(other), page({**one, "a": 2})) as connection:
        rows = [connection.ask()["insert"]["hed_rejected_records"][0] for _ in range(3)]
    assert rows[0]["content_hash"] == rows[1]["content_hash"] != rows[2]["content_hash"]


def test_a_whole_number_is_a_key_too(connect):
    with connect(page({"record_id": 0}, {"record_id": 17})) as connection:
        assert connection.ask()["insert"] == {"hed_records": [{"record_id": 0}, {"record_id": 17}]}


def test_a_page_without_rejected_records_does_not_name_their_table(connect):
    with connect(page(record(1))) as connection:
        answer = connection.ask()
    assert set(answer["insert"]) == set(answer["schema"]) == {"hed_records"}


STUDENT = {
    "student_id": "STU_1",
    "academic_standing": "Good Standing",
    "current_gpa": 3.1,
    "major_code": "PHIL",
    "advisor_id": "ADV_1",
}


@pytest.mark.parametrize("word", ["true", "TRUE", " true "])
def test_students_are_filled_from_the_same_page_when_asked_for(connect, word):
    records = [
        {**STUDENT, "record_id": "r1", "current_gpa": 2.0, "engagement_score": 9},
        {**STUDENT, "record_id": "r2"},
        {"record_id": "r3", "student_id": "STU_3"},
        {"record_id": "r4", "student_id": None},
        {"record_id": "r5", "student_id": ["STU_5"]},
        {"record_id": "r6"},
        {"record_id": None, "student_id": "STU_7"},
    ]
    with connect(page(*records)) as connection:
        answer = connection.ask(include_students=word)
    empty = dict.fromkeys(STUDENT)
    assert answer["insert"]["hed_students"] == [
        STUDENT,
        {**empty, "student_id": "STU_3"},
        {**empty, "student_id": "STU_7"},
    ]
    assert answer["schema"]["hed_students"] == {"primary_key": ["student_id"]}
    assert len(connection.source.asked) == 1
    assert read_response(answer).findings == ()


@pytest.mark.parametrize("secrets", [{}, {"include_students": "false"}, {"include_students": ""}])
def test_students_are_left_out_unless_asked_for(connect, secrets):
    with connect(page({**STUDENT, "record_id": "r1"})) as connection:
        assert "hed_students" not in connection.ask(**secrets)["insert"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"secret_name": "Jane"}], "the source's answer is a list, expected an object"),
        ("Jane", "is text"),
        (None, "is null"),
        ({}, "hed_records is not a list of objects in the API's answer: {}"),
        ({"detail": "Jane"}, "{detail: text}"),
        ({"hed_records": None, "next_cursor": None, "has_more": False}, "{hed_records: null, next_cursor: null, has_"),
        ({"hed_records": {"r1": "Jane"}, "has_more": False}, "hed_records: an object of 1"),
        ({"hed_records": ["Jane", "Joe"], "has_more": False}, "hed_records: a list of 2"),
        ({"hed_records": [{"record_id": "Jane"}, None], "has_more": False}, "hed_records: a list of 2"),
        ({"hed_records": [], "next_cursor": 17, "has_more": False}, "next_cursor is neither text nor null"),
        ({"hed_records": [], "next_cursor": ["Jane"], "has_more": False}, "next_cursor: a list of 1"),
        ({"hed_records": [], "next_cursor": None}, "has_more is neither true nor false"),
        ({"hed_records": [], "next_cursor": "c", "has_more": "Jane"}, "has_more: text"),
        ({"hed_records": [], "next_cursor": "c", "has_more": None}, "has_more: null"),
        ({"hed_records": [], "next_cursor": "c", "has_more": 1}, "has_more: a number"),
        ({**{f"key{i}": "Jane" for i in range(30)}, "hed_records": 1}, "key9: text, …}"),
    ],
)
def test_a_page_of_another_shape_is_told_by_types_keys_and_sizes(connect, body, words):
    with connect(document(body)) as connection:
        message, status = connection.fail()
    assert status == 500
    assert words in message
    assert "Jane" not in message


@pytest.mark.parametrize("body", [b"<html>Sign in, Jane</html>", b'{"hed_records": [', b"", b'{"hed_records": NaN}'])
def test_an_answer_that_is_no_json_is_told_by_its_size(connect, body):
    with connect(raw(body, Content_Type="text/html")) as connection:
        message, _ = connection.fail()
    assert message == f"the source's answer is not JSON: {len(body)} bytes of text/html"


def test_the_key_is_in_no_answer(connect):
    with connect(page(record(1))) as connection:
        assert KEY not in str(connection.ask())

import re
from datetime import UTC, datetime, timedelta
from statistics import correlation, mean
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.hed_api import clock
from simulators.hed_api.records import COHORTS, GOOD, MAJORS, NULLABLE, PROBATION, WARNING, Records
from simulators.hed_api.specification import HedRecord

TIME = re.compile(r"\d{4}-\d\d-\d\d (\d|1\d|2[0-3]):[0-5]\d:[0-5]\d")

seeds = st.integers()
indexes = st.integers(0, 1_000_000_000)
revisions = st.integers(0, 1000)


def read(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


@given(seeds, indexes, revisions)
def test_a_row_is_a_pure_function(seed, index, revision):
    one, other = Records(seed), Records(seed)
    other.make(index + 1, 0, 5)
    assert one.make(index, revision, index) == other.make(index, revision, index)


@given(seeds, indexes, revisions, indexes)
def test_types_and_ranges(seed, index, revision, position):
    row = Records(seed).make(index, revision, position)
    HedRecord.model_validate(row, strict=True)
    assert list(row) == sorted(HedRecord.model_fields)
    for column, value in row.items():
        assert value is not None or column in NULLABLE
    assert 0 <= row["credit_hours_earned"] <= row["credit_hours_attempted"] <= 18
    assert row["academic_standing"] in GOOD + WARNING + PROBATION
    assert row["major_code"] in (*MAJORS, None)
    for column in ("current_gpa", "course_completion_rate", "engagement_score"):
        assert type(row[column]) is float
    assert sum(value is None for value in row.values()) <= 1


@given(seeds, indexes, st.integers(0, 250_000_000))
def test_formats(seed, index, position):
    row = Records(seed).make(index, 0, position)
    assert str(UUID(row["record_id"])) == row["record_id"]
    assert UUID(row["record_id"]).version == 4
    assert re.fullmatch(r"STU_\d{9}", row["student_id"])
    assert row["student_id"][4:8] == row["enrollment_date"][:4]
    assert row["advisor_id"] is None or re.fullmatch(r"ADV_\d{4}", row["advisor_id"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d 0:00:00", row["enrollment_date"])
    assert row["last_login_date"] is None or read(row["last_login_date"]) > read(row["enrollment_date"])
    for column in ("last_updated", "last_login_date"):
        assert row[column] is None or TIME.fullmatch(row[column])


@given(st.integers(0, 4_000_000_000))
def test_times_are_written_with_an_unpadded_hour(second):
    text = clock.written(second)
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    assert read(text) == expected
    assert text == f"{expected:%Y-%m-%d} {expected.hour}:{expected:%M:%S}"


def test_the_two_columns_of_the_published_record_disagree_as_published():
    day = clock.midnight(2025, 7, 31)
    second = day + 23 * 3600 + 57 * 60 + 37
    assert clock.written(second) == "2025-07-31 23:57:37"
    assert clock.batch_epoch(second) == 1748797200


def test_a_later_position_is_a_later_time():
    records = Records(7)
    times = [read(records.make(3, 0, position)["last_updated"]) for position in range(0, 5000, 7)]
    assert times == sorted(set(times))


def test_a_revision_keeps_who_the_student_is_and_redraws_the_term():
    records = Records(7)
    who = ("record_id", "student_id", "enrollment_date")
    changed = 0
    for index in range(300):
        before, after = records.make(index, 0, index), records.make(index, 1, 1000 + index)
        assert [before[column] for column in who] == [after[column] for column in who]
        assert before["last_updated"] < after["last_updated"] or len(before["last_updated"]) < len(
            after["last_updated"]
        )
        assert before["current_gpa"] == pytest.approx(after["current_gpa"], abs=2)
        changed += before["current_gpa"] != after["current_gpa"]
    assert changed > 250


@pytest.fixture(scope="module")
def rows():
    records = Records(7)
    return [records.make(index, 0, index) for index in range(20_000)]


def test_columns_correlate_and_none_determines_another(rows):
    gpa = [row["current_gpa"] for row in rows]
    for column, least, most in [
        ("at_risk_flag", -0.75, -0.4),
        ("intervention_count", -0.8, -0.4),
        ("course_completion_rate", 0.5, 0.9),
        ("engagement_score", 0.5, 0.9),
        ("total_course_views", 0.3, 0.8),
        ("plagiarism_incidents", -0.4, -0.05),
    ]:
        assert least < correlation(gpa, [float(row[column]) for row in rows]) < most, column
    at_risk = [row for row in rows if row["at_risk_flag"]]
    assert 0.1 < len(at_risk) / len(rows) < 0.25
    assert any(row["current_gpa"] > 3 for row in at_risk)
    assert any(row["current_gpa"] < 1.8 for row in rows if not row["at_risk_flag"])


def test_standing_is_said_in_six_ways_and_follows_the_grades(rows):
    by_standing = {
        word: [r["current_gpa"] for r in rows if r["academic_standing"] == word] for word in GOOD + PROBATION
    }
    for word in GOOD + WARNING + PROBATION:
        assert sum(row["academic_standing"] == word for row in rows) > 600
    assert max(map(mean, map(by_standing.get, PROBATION))) < 2.5 < 2.9 < min(map(mean, map(by_standing.get, GOOD)))
    assert max(by_standing[PROBATION[0]]) > 3  # an office that has not caught up


@pytest.mark.parametrize("column", NULLABLE)
def test_three_in_a_hundred_are_null(rows, column):
    assert 0.02 < mean(row[column] is None for row in rows) < 0.04


def test_logins_are_late_stale_and_now_and_then_after_the_update(rows):
    days = [
        (read(row["last_updated"]) - read(row["last_login_date"])).days
        for row in rows
        if row["last_login_date"] is not None
    ]
    assert 0.005 < mean(day < 0 for day in days) < 0.02
    assert mean(day > 60 for day in days) > 0.005
    assert max(days) <= 301
    hours = [read(row["last_login_date"]).hour for row in rows if row["last_login_date"] is not None]
    assert set(hours) == set(range(24))


def test_students_have_one_record_each_for_as_long_as_there_are_numbers(rows):
    assert len({row["student_id"] for row in rows}) == len({row["record_id"] for row in rows}) == len(rows)
    assert {int(row["student_id"][4:8]) for row in rows} == set(COHORTS)
    records = Records(7)
    assert records.make(600_000, 0, 0)["student_id"] == rows[0]["student_id"]
    assert records.make(599_999, 0, 0)["student_id"] == "STU_202099999"

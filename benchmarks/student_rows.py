# ruff: noqa: S608  # its SQL is its own
"""A warehouse with any number of student records, made by DuckDB itself: the same rows each time.

The measures hang on two factors per student, ability and engagement, as the simulator's do; each throw of the dice is
a hash of the row's number. From row 600,000 on, students have a further record.
"""

import os
from pathlib import Path
from typing import Final

import duckdb

STUDENTS: Final = 600_000
BATCH: Final = 500_000

_MAJORS: Final = "ACCT ANTH ARTH BIOL BUSN CHEM CSCI ECON EDUC ENGL HIST MATH MUSC NURS PHIL PSYC"
_GOOD: Final = "Good Standing|Satisfactory Progress"
_WARNING: Final = "Academic Warning|Warning Status"
_PROBATION: Final = "Academic Probation|Probationary Status"


def warehouse(folder: Path, rows: int) -> Path:
    """Return `folder`'s warehouse of so many rows, and make it if it is not there: whole, or not at all."""
    path = folder / f"students-{rows}.db"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(unfinished), config={"threads": 2, "memory_limit": "2GB"}) as database:
            database.execute("SET TimeZone = 'UTC'")
            database.execute("SET enable_progress_bar = false")
            database.execute(_ELEMENTS)
            database.execute("CREATE SCHEMA hed")
            database.execute(f"CREATE TABLE hed.hed_records AS {_batch(0, 0)}")
            for start in range(0, rows, BATCH):
                database.execute(f"INSERT INTO hed.hed_records {_batch(start, min(start + BATCH, rows))}")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


_ELEMENTS: Final = f"""
CREATE TEMP MACRO bits(n, die) AS hash(hash(n, die));
CREATE TEMP MACRO throw(n, die) AS (bits(n, die) >> 11) / 9007199254740992.0;
CREATE TEMP MACRO normal(n, die) AS
    sqrt(-2 * ln(1 - throw(n, die))) * cos(2 * pi() * throw(n, die || ' again'));
CREATE TEMP MACRO among(n, die, words) AS
    list_extract(words, 1 + floor(throw(n, die) * len(words))::INTEGER);
CREATE TEMP MACRO unless(n, die, share, value) AS CASE WHEN throw(n, die) < share THEN NULL ELSE value END;
CREATE TEMP MACRO within(value, least, most, digits) AS round(greatest(least, least(most, value)), digits);
CREATE TEMP MACRO majors() AS string_split('{_MAJORS}', ' ');
CREATE TEMP MACRO standings(gpa, risk) AS string_split(
    CASE WHEN gpa < 2 THEN '{_PROBATION}' WHEN gpa < 2.35 OR risk > 1.7 THEN '{_WARNING}' ELSE '{_GOOD}' END, '|');
"""


def _batch(first: int, end: int) -> str:
    return f"""
WITH thrown AS (
    SELECT i, i % {STUDENTS} AS s, 2019 + s % 6 AS year,
        normal(s, 'ability') AS able, 0.6 * able + 0.8 * normal(s, 'engagement') AS fond,
        within(2.9 + 0.5 * able + 0.2 * fond + 0.25 * normal(i, 'gpa'), 0, 4, 2) AS gpa,
        within(0.88 + 0.05 * able + 0.08 * fond + 0.05 * normal(i, 'rate'), 0, 1, 2) AS rate,
        -0.5 * able - 0.6 * fond + 0.6 * normal(i, 'risk') AS risk,
        list_extract([3, 6, 6, 9, 9, 12, 12, 12, 13, 14, 15, 15, 15, 16, 16, 18], 1 + (bits(i, 'hours') % 16)::INTEGER)
            AS attempted,
        TIMESTAMP '2025-07-01 07:00:00' + to_seconds(i // 100) AS updated
    FROM range({first}, {end}) AS numbers(i)
)
SELECT
    among(i, 'standing', standings(gpa, risk)) AS academic_standing,
    unless(i, 'no advisor', 0.03, 'ADV_' || (1000 + bits(s, 'advisor') % 512)) AS advisor_id,
    within(14 + 4 * fond + 3 * normal(i, 'work'), 0, 30, 0)::BIGINT AS assignment_submissions,
    risk > 1.1 AS at_risk_flag,
    unless(i, 'no score', 0.03, within(70 + 8 * able + 5 * fond + 7 * normal(i, 'score'), 0, 100, 1))
        AS avg_assignment_score,
    rate AS course_completion_rate,
    attempted::BIGINT AS credit_hours_attempted,
    round(attempted * rate)::BIGINT AS credit_hours_earned,
    gpa AS current_gpa,
    exp(2.6 + 0.6 * fond + 0.5 * normal(i, 'posts'))::BIGINT AS discussion_posts,
    within(62 + 14 * fond + 5 * normal(i, 'engaged'), 0, 100, 1) AS engagement_score,
    make_timestamp(year, CASE WHEN bits(s, 'term') % 4 = 0 THEN 1 ELSE 8 END,
        (11 + 7 * (bits(s, 'day') % 3))::BIGINT, 0, 0, 0) AS enrollment_date,
    unless(i, 'no aid known', 0.03, CASE WHEN throw(s, 'seeks aid') < 0.22 THEN 0
        ELSE round(exp(7.8 + 2.55 * throw(s, 'aid')), 2) END) AS financial_aid_amount,
    within(0.8 - 0.45 * able - 0.55 * fond + 0.7 * normal(i, 'helped'), 0, 12, 0)::BIGINT AS intervention_count,
    unless(i, 'never in', 0.03, updated - to_seconds(
        (86400 * least(300, exp(1.6 - 0.9 * fond + 0.8 * normal(i, 'gone'))))::BIGINT)) AS last_login_date,
    updated AS last_updated,
    epoch(updated)::BIGINT AS last_updated_epoch,
    unless(s, 'undeclared', 0.03, among(s, 'major', majors())) AS major_code,
    within(-0.6 - 0.3 * able + 0.9 * normal(i, 'copied'), 0, 3, 0)::BIGINT AS plagiarism_incidents,
    md5(i::VARCHAR)::UUID::VARCHAR AS record_id,
    'STU_' || year || lpad((s // 6)::VARCHAR, 5, '0') AS student_id,
    exp(4.8 + 0.45 * fond + 0.3 * normal(i, 'views'))::BIGINT AS total_course_views,
    unless(i, 'nothing written', 0.03, within(72 + 9 * able + 8 * normal(i, 'words'), 0, 100, 1))
        AS writing_quality_score,
    TIMESTAMPTZ '2025-09-01 12:00:00+00' AS _fivetran_synced
FROM thrown
"""

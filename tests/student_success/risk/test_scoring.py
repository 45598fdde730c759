"""The score: scikit-learn's probability, said in one sum that a warehouse computes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import roc_auc_score

from cohort.cohort import Cohort, Place, reading
from cohort.filters import EVERYBODY, Filters
from risk.evaluation import _Ranking
from risk.fields import BY_NAME, FIELDS
from risk.ranking import SHOWN, by_group, by_score, ranked, students
from risk.reasons import NO_STEP, in_words, next_step, reasons
from risk.sample import Sample, draw
from risk.scoring import EXAMPLE, Scorer, Term, by_gpa
from risk.training import folded, folds, train
from tests.support.student_success import filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName

pytestmark = pytest.mark.slow

TABLE = TableName("hed", "hed_records")
ROWS = simulated()


def cohort_of(path: Path, rows: list[dict[str, Any]]) -> Cohort:
    return Cohort(Place(DuckDBFile(filled(path, rows)), TABLE))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", ROWS)


@pytest.fixture
def cohort(warehouse: Path) -> Iterator[Cohort]:
    with reading(Place(DuckDBFile(warehouse), TABLE)) as cohort:
        yield cohort


@pytest.fixture(scope="module")
def drawn(warehouse: Path) -> Sample:
    with reading(Place(DuckDBFile(warehouse), TABLE)) as cohort:
        return draw(cohort)


@pytest.fixture(scope="module")
def model(drawn: Sample) -> CalibratedClassifierCV:
    return train(drawn.fields, drawn.numbers, drawn.at_risk, drawn.students)


@pytest.fixture(scope="module")
def scorer(drawn: Sample, model: CalibratedClassifierCV) -> Scorer:
    return folded(drawn.fields, model)


def numbers_of(row: dict[str, Any]) -> dict[str, float | None]:
    """What the score looks at, read from a record in plain Python."""
    login, updated = row["last_login_date"], row["last_updated"]
    days = None
    if login is not None and updated is not None:
        days = max((np.datetime64(updated[:10]) - np.datetime64(login[:10])).astype(int), 0)
    names = [field.name for field in FIELDS if field.name != "days_since_login"]
    return {**{name: row[name] for name in names}, "days_since_login": days}


number = st.one_of(st.none(), st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 3)))
rough_row = st.fixed_dictionaries(
    {
        "current_gpa": number,
        "course_completion_rate": number,
        "engagement_score": number,
        "avg_assignment_score": number,
        "assignment_submissions": st.one_of(st.none(), st.integers(-5, 5_000)),
        "last_login_date": st.sampled_from(
            [None, "2025-03-01T10:00:00Z", "2025-08-31T23:59:59Z", "2030-01-01T00:00:00Z"]
        ),
        "last_updated": st.sampled_from([None, "2025-09-01T00:00:01Z", "2025-09-02T12:00:00Z"]),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(rough_row, min_size=1, max_size=30))
def test_the_warehouse_gives_every_record_the_probability_that_scikit_learn_gives(
    tmp_path: Path, model: CalibratedClassifierCV, scorer: Scorer, rows: list[dict[str, Any]]
) -> None:
    rows = [{**row, "student_id": f"STU_{place:04}", "record_id": f"{place}"} for place, row in enumerate(rows)]

    other = cohort_of(tmp_path / "rough.db", rows)
    found = {row["student_id"]: row["score"] for row in other.rows(ranked(scorer, EVERYBODY, SHOWN))}
    other.close()

    known = [numbers_of(row) for row in rows]
    x = [
        [np.nan if (n := row[f.name]) is None else float(np.log1p(n)) if f.logarithmic else n for f in FIELDS]
        for row in known
    ]
    wanted = model.predict_proba(np.array(x, dtype=float))[:, 1]
    for row, probability, numbers in zip(rows, wanted, known, strict=True):
        assert found[row["student_id"]] / 100 == pytest.approx(probability, abs=1e-9)
        assert scorer.score(numbers) == pytest.approx(100 * probability, abs=1e-7)


def test_every_field_counts_in_the_warehouse_as_it_does_here(cohort: Cohort) -> None:
    late = [row for row in ROWS if row["last_login_date"] and row["last_login_date"] > row["last_updated"]]
    assert late  # whose absence is none
    found = {row["student_id"]: row for row in cohort.rows(ranked(EXAMPLE, EVERYBODY, SHOWN))}
    for row in ROWS:
        there, numbers = found[row["student_id"]], numbers_of(row)
        assert {name: there[f"n_{name}"] for name in numbers} == numbers
        assert there["score"] == pytest.approx(EXAMPLE.score(numbers), abs=1e-9)


def test_extreme_numbers_score_0_or_100_and_never_fail(tmp_path: Path) -> None:
    rows = [{"student_id": "low", "current_gpa": 1e300}, {"student_id": "high", "current_gpa": -1e300}]
    cohort = cohort_of(tmp_path / "extreme.db", rows)
    found = {row["student_id"]: row["score"] for row in cohort.rows(ranked(EXAMPLE, EVERYBODY, SHOWN))}
    cohort.close()
    assert found["low"] == pytest.approx(0, abs=1e-9)
    assert found["high"] == pytest.approx(100, abs=1e-9)


def test_the_list_has_every_student_once_the_highest_score_first(cohort: Cohort, scorer: Scorer) -> None:
    listed = list(students(scorer, cohort.rows(ranked(scorer, EVERYBODY, SHOWN))))
    wanted = sorted(((scorer.score(numbers_of(row)), row["student_id"]) for row in ROWS), reverse=True)
    assert [round(student.score, 6) for student in listed] == [round(score, 6) for score, _ in wanted]
    assert {student.values["student_id"] for student in listed} == {row["student_id"] for row in ROWS}


def test_a_student_with_two_records_is_listed_once_with_the_higher_score(tmp_path: Path) -> None:
    rows = [
        {"student_id": "A", "current_gpa": 3.5}, {"student_id": "A", "current_gpa": 1.0},
        {"student_id": "B", "current_gpa": 2.0}, {"student_id": None, "current_gpa": 0.5},
        {"student_id": None, "current_gpa": 0.6},
    ]  # fmt: skip
    cohort = cohort_of(tmp_path / "twice.db", rows)
    scorer = by_gpa(3.0)
    listed = list(students(scorer, cohort.rows(ranked(scorer, EVERYBODY, SHOWN))))
    cohort.close()
    assert [(student.values["student_id"], student.score) for student in listed] == [
        (None, 87.5), (None, 85.0), ("A", 75.0), ("B", 50.0),
    ]  # fmt: skip


@pytest.mark.parametrize("column", ["advisor_id", "major_code", "academic_standing"])
def test_the_groups_are_counted_over_all_rows_that_the_filters_leave(
    cohort: Cohort, scorer: Scorer, column: str
) -> None:
    filters = Filters(majors=("CSCI", "HIST", "MATH"))
    rows = cohort.rows(by_group(scorer, filters, 40.0, column))
    counts = {row["points"]: row["records"] for row in cohort.rows(by_score(scorer, filters))}
    wanted: dict[str | None, list[float]] = {}
    for row in ROWS:
        if row["major_code"] in filters.majors:
            wanted.setdefault(row[column], []).append(scorer.score(numbers_of(row)))
    found = {row["choice"]: (row["records"], row["flagged"], pytest.approx(row["average"])) for row in rows}
    assert {
        group: (len(scores), sum(score >= 40 for score in scores), sum(scores) / len(scores))
        for group, scores in wanted.items()
    } == found
    everyone = [score for scores in wanted.values() for score in scores]
    assert counts == Counter(int(score) for score in everyone)


def test_the_plain_rule_scores_50_at_a_gpa_of_2() -> None:
    rule = by_gpa(2.9)
    assert rule.score({"current_gpa": 2.0}) == pytest.approx(50)
    assert rule.score({"current_gpa": 0.0}) == pytest.approx(100)
    assert rule.score({"current_gpa": 4.3}) == 0
    assert rule.score({"current_gpa": None}) == rule.score({"current_gpa": 2.9})


SCORER = Scorer(
    "model",
    0.0,
    (
        Term(BY_NAME["current_gpa"], -2.0, 2.9),
        Term(BY_NAME["engagement_score"], -0.1, 60.0),
        Term(BY_NAME["avg_assignment_score"], -0.01, 70.0),
        Term(BY_NAME["assignment_submissions"], -0.01, 14.0),
        Term(BY_NAME["days_since_login"], 0.5, float(np.log1p(3))),
    ),
)


def test_the_three_strongest_reasons_come_in_order_with_the_number_and_the_usual_one() -> None:
    numbers = {
        "current_gpa": 1.4, "engagement_score": 10.0, "avg_assignment_score": 60.0, "assignment_submissions": 20.0,
        "days_since_login": 34.0,
    }  # fmt: skip
    assert in_words(SCORER, numbers) == (
        "Engagement 10 (usual 60)", "GPA 1.40 (usual 2.90)", "Days without login 34 (usual 3)"
    )  # fmt: skip
    assert next_step(SCORER, numbers) == BY_NAME["engagement_score"].step


def test_what_is_not_known_is_said_and_is_no_reason() -> None:
    numbers = {"current_gpa": None, "engagement_score": 70.0, "avg_assignment_score": None}
    assert reasons(SCORER, numbers) == ()
    assert in_words(SCORER, numbers) == (
        "nothing is much worse than usual",
        "not known, counted as usual: GPA, Assignment score, Assignments handed in, Days without login",
    )
    assert next_step(SCORER, numbers) == NO_STEP


def test_what_hardly_raises_a_score_is_no_reason() -> None:
    assert not reasons(SCORER, {"current_gpa": 2.776})  # 0.248 in log-odds
    assert [reason.words for reason in reasons(SCORER, {"current_gpa": 2.77})] == ["GPA 2.77 (usual 2.90)"]
    steep = Scorer("model", 0.0, (Term(BY_NAME["current_gpa"], -100.0, 2.9),))
    assert not reasons(steep, {"current_gpa": 2.897})  # "GPA 2.90 (usual 2.90)" would be no reason either
    assert reasons(steep, {"current_gpa": 2.89})
    rule = by_gpa(2.9)
    assert not reasons(rule, {"current_gpa": 2.7})
    assert reasons(rule, {"current_gpa": 2.6})


def test_no_step_is_suggested_to_a_student_below_the_average() -> None:
    numbers = {"current_gpa": 2.5, "engagement_score": 60.0}
    score = SCORER.score(numbers)
    assert next_step(replace(SCORER, average=score - 1), numbers) == BY_NAME["current_gpa"].step
    assert next_step(replace(SCORER, average=score + 1), numbers) == NO_STEP
    assert reasons(replace(SCORER, average=score + 1), numbers)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=60))
def test_the_area_under_the_curve_is_scikit_learns(records: list[tuple[int, bool, int]]) -> None:
    scores, y, weights = (
        np.array(values, dtype=kind)
        for values, kind in zip(zip(*records, strict=True), (float, bool, float), strict=True)
    )
    if weights[y].sum() and weights[~y].sum():
        assert _Ranking(scores, y).auc(weights) == pytest.approx(roc_auc_score(y, scores, sample_weight=weights))


def test_a_students_records_are_on_one_side_of_every_split() -> None:
    chance = np.random.default_rng(1)
    owners = chance.integers(0, 80, 300)
    y = chance.random(300) < 0.3
    parts = folds(y, owners)
    for outside, inside in parts:
        assert not set(owners[outside]) & set(owners[inside])
        assert sorted([*outside, *inside]) == list(range(300))
    assert sorted(place for _, inside in parts for place in inside) == list(range(300))

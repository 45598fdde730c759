"""Which score is in use, and why: a planted signal is found, nothing is made of noise, nothing leaks."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cohort.cohort import Cohort, Place
from cohort.filters import EVERYBODY
from risk import assessment, evaluation, sample
from risk.assessment import Assessment, assess
from risk.fields import FIELDS
from risk.ranking import SHOWN, queries, ranked
from risk.training import train
from tests.support.student_success import TYPES, filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName

pytestmark = pytest.mark.slow

TABLE = TableName("hed", "hed_records")


def assessed(path: Path, rows: list[dict[str, Any]], types: dict[str, str] = TYPES) -> Assessment:
    cohort = Cohort(Place(DuckDBFile(filled(path, rows, types)), TABLE))
    try:
        return assess(cohort)
    finally:
        cohort.close()


def invented(count: int, seed: int = 7, weights: tuple[float, float] = (2.0, 1.5)) -> list[dict[str, Any]]:
    """Records whose risk is 1 / (1 + exp(-(w_gpa * (2.5 - GPA) + w_engagement * (50 - engagement) / 20 - 1)))."""
    chance = random.Random(seed)
    rows = []
    for place in range(count):
        gpa, engagement = min(max(chance.gauss(2.5, 0.8), 0), 4), min(max(chance.gauss(50, 20), 0), 100)
        log_odds = weights[0] * (2.5 - gpa) + weights[1] * (50 - engagement) / 20 - 1
        rows.append({
            "record_id": f"R{place}", "student_id": f"S{place}", "current_gpa": gpa, "engagement_score": engagement,
            "course_completion_rate": chance.random(), "avg_assignment_score": chance.uniform(0, 100),
            "at_risk_flag": chance.random() < 1 / (1 + np.exp(-log_odds)), "truth": log_odds,
            "academic_standing": chance.choice(["Good Standing", "Academic Probation"]),
            "major_code": chance.choice(["CSCI", "HIST"]), "intervention_count": chance.randrange(9),
        })  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assessed(tmp_path_factory.mktemp("planted") / "warehouse.db", invented(1_500))


def test_a_planted_signal_is_found_as_well_as_it_can_be(planted: Assessment) -> None:
    rows = invented(1_500)
    best = roc_auc_score([row["at_risk_flag"] for row in rows], [row["truth"] for row in rows])
    assert planted.why_no_model is None
    assert planted.evaluation
    auc = planted.evaluation.auc
    assert auc.low < best < auc.high + 0.01
    assert auc.value == pytest.approx(best, abs=0.02)
    assert planted.scorer
    weights = {term.field.name: term.weight for term in planted.scorer.terms}
    assert weights["current_gpa"] == pytest.approx(-2.0, rel=0.2)
    assert weights["engagement_score"] == pytest.approx(-1.5 / 20, rel=0.2)


def test_the_score_is_calibrated(planted: Assessment) -> None:
    assert planted.evaluation
    bins = planted.evaluation.calibration()
    assert sum(b.records for b in bins) == 1_500
    for b in bins:
        error = 3.5 * (b.predicted * (1 - b.predicted) / b.records) ** 0.5 + 0.02
        assert b.observed == pytest.approx(b.predicted, abs=error)


def test_precision_and_recall_are_those_of_the_unseen_scores(planted: Assessment) -> None:
    hits = planted.hits(60)
    assert hits
    assert planted.evaluation
    assert planted.sample
    pairs = list(zip(planted.evaluation.scores.tolist(), planted.sample.at_risk.tolist(), strict=True))
    flagged = [at_risk for score, at_risk in pairs if score >= 60]
    assert hits.precision == pytest.approx(sum(flagged) / len(flagged))
    assert hits.recall == pytest.approx(sum(flagged) / sum(at_risk for _, at_risk in pairs))


def test_the_rule_is_what_a_gpa_below_2_says(planted: Assessment) -> None:
    rows = invented(1_500)
    below = [row["at_risk_flag"] for row in rows if row["current_gpa"] < 2]
    rule = planted.rule_hits()
    assert rule
    assert (rule.flagged, rule.hits, rule.at_risk) == (len(below), sum(below), sum(r["at_risk_flag"] for r in rows))


def test_no_score_that_counts_comes_from_a_model_that_saw_the_student(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    students = chance.integers(0, 60, 150)
    x, y = np.column_stack([students.astype(float), chance.random(150)]), chance.random(150) < 0.4
    predicted = []

    def watched(fields: Any, inside: Any, labels: Any, owners: Any) -> Any:
        model, learnt = train(fields, inside, labels, owners), set(owners.tolist())

        class Watched:
            def predict_proba(self, unseen: Any) -> Any:
                assert not learnt & set(unseen[:, 0].astype(int).tolist())
                predicted.extend(unseen[:, 1].tolist())
                return model.predict_proba(unseen)

        return Watched()

    monkeypatch.setattr(evaluation, "train", watched)
    evaluation.evaluate(FIELDS[:2], x, y, students, None)
    assert sorted(predicted) == sorted(x[:, 1].tolist())


def test_noise_is_not_learnt(tmp_path: Path) -> None:
    found = assessed(tmp_path / "noise.db", invented(600, weights=(0.0, 0.0)))
    assert found.why_no_model
    assert "cannot be told from chance" in found.why_no_model
    assert found.scorer
    assert found.scorer.kind == "rule"


@pytest.mark.slow
def test_a_model_that_adds_nothing_to_gpa_gives_way_to_the_rule(tmp_path: Path) -> None:
    found = assessed(tmp_path / "gpa.db", invented(600, weights=(3.0, 0.0)))
    assert found.why_no_model
    assert "ranks no better than the GPA alone" in found.why_no_model


@pytest.mark.slow
def test_a_good_number_is_never_a_reason_to_worry(tmp_path: Path) -> None:
    rows = invented(800)
    for row in rows:  # the more completed the worse: the wrong way round
        row["course_completion_rate"] = row["truth"] / 20 + 0.5
    found = assessed(tmp_path / "reversed.db", rows)
    assert found.scorer
    assert "Course completion" in found.left_out
    assert all(term.weight * term.field.direction > 0 for term in found.scorer.terms)


def test_the_fields_that_leak_the_answer_have_no_influence(tmp_path: Path, planted: Assessment) -> None:
    rows = invented(1_500)
    for row in rows:
        row["academic_standing"] = "Academic Probation" if row["at_risk_flag"] else "Good Standing"
        row["intervention_count"] = 9 if row["at_risk_flag"] else 0
    found = assessed(tmp_path / "leaking.db", rows)
    assert found.scorer == planted.scorer
    assert "academic_standing" not in found.scorer.columns


@pytest.mark.slow
def test_the_same_data_gives_the_same_score_whatever_its_order(tmp_path: Path, planted: Assessment) -> None:
    assert assessed(tmp_path / "again.db", invented(1_500)[::-1]).scorer == planted.scorer


def few(rows: list[dict[str, Any]], at_risk: int) -> list[dict[str, Any]]:
    return [{**row, "at_risk_flag": place < at_risk} for place, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (invented(199), "learning needs 200 records that say whether the student is at risk; there are 199"),
        (few(invented(400), 0), "there are 0 and 400"),
        (few(invented(400), 400), "there are 400 and 0"),
        (few(invented(400), 19), "there are 19 and 381"),
        ([{**row, "at_risk_flag": None} for row in invented(300)], "there are 0"),
        ([{**row, "student_id": "S1"} for row in invented(300)], "there are 1 and 0"),
    ],
    ids=["few", "nobody", "everybody", "nineteen", "unlabelled", "one student"],
)
def test_too_little_to_learn_from_gives_way_to_the_rule(
    tmp_path: Path, rows: list[dict[str, Any]], reason: str
) -> None:
    found = assessed(tmp_path / "little.db", rows)
    assert found.why_no_model
    assert reason in found.why_no_model
    assert found.scorer
    assert found.scorer.kind == "rule"


def test_a_column_that_is_never_filled_is_done_without(tmp_path: Path) -> None:
    found = assessed(tmp_path / "null.db", [{**row, "current_gpa": None} for row in invented(600)])
    assert found.why_no_model is None
    assert "GPA" in found.left_out
    assert found.rule_hits() is not None


@pytest.mark.slow
@pytest.mark.parametrize("column", ["current_gpa", "avg_assignment_score", "last_login_date"])
def test_a_column_that_is_not_there_is_done_without(tmp_path: Path, column: str) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name != column}
    found = assessed(tmp_path / "less.db", invented(600), types)
    assert found.why_no_model is None
    assert found.scorer
    assert column not in found.scorer.columns


@pytest.mark.slow
@pytest.mark.parametrize("column", ["student_id", "record_id"])
def test_one_key_is_enough(tmp_path: Path, column: str) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name != column}
    assert assessed(tmp_path / "key.db", invented(600), types).why_no_model is None


def test_without_a_label_or_a_gpa_there_is_no_score(tmp_path: Path) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name not in ("at_risk_flag", "current_gpa")}
    found = assessed(tmp_path / "none.db", invented(300), types)
    assert found.scorer is None
    assert found.why_no_model == "the table has no at_risk_flag: this needs it"


def test_groups_of_fewer_than_10_records_are_not_told_apart(tmp_path: Path) -> None:
    rows = simulated(600)
    for place, row in enumerate(rows):
        row["major_code"] = "RARE" if place < 9 else "TEN" if place < 19 else "HIST"
    found = assessed(tmp_path / "small.db", rows)
    groups, small = found.errors_by("major_code", 50)
    assert [(group.group, group.records) for group in groups] == [("HIST", 581), ("TEN", 10)]
    assert small == 1
    assert groups[1].missed is None  # of ten records, fewer than ten are at risk


def test_a_large_table_is_sampled_by_its_keys_and_not_by_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MOST_RECORDS", 100)
    path = tmp_path / "large.db"
    for rows in (invented(1_000), invented(1_000)[::-1]):
        cohort = Cohort(Place(DuckDBFile(filled(path, rows)), TABLE))
        drawn = sample.draw(cohort)
        cohort.close()
        assert len(drawn) == 100
    from hashlib import md5

    keys = sorted((row["record_id"] for row in invented(1_000)), key=lambda key: md5(key.encode()).hexdigest())[:100]
    gpas = {row["record_id"]: row["current_gpa"] for row in invented(1_000)}
    place = [field.name for field in drawn.fields].index("current_gpa")
    assert drawn.numbers[:, place].tolist() == [gpas[key] for key in keys]


def test_no_query_names_a_column_that_it_does_not_declare(tmp_path: Path) -> None:
    """Each runs on a table that has nothing but the columns that it says it reads."""
    for name, query in {**queries(), **sample.QUERIES, **assessment.QUERIES}.items():
        types = {column: TYPES[column] for column in query.columns}
        cohort = Cohort(Place(DuckDBFile(filled(tmp_path / f"{name}.db", invented(5), types)), TABLE))
        cohort.rows(query)
        cohort.close()


def test_the_list_reads_only_the_columns_that_it_shows_or_scores(planted: Assessment) -> None:
    assert planted.scorer
    query = ranked(planted.scorer, EVERYBODY, (*TYPES, "_fivetran_synced"))
    assert set(query.columns) == {*SHOWN, *planted.scorer.columns}

"""Every figure of the metrics page, from a warehouse's file, beside the same figure from the records themselves."""

import math
from collections import Counter
from datetime import date
from unittest.mock import patch

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cohort import metrics, metrics_gpa, metrics_groups
from cohort.cohort import Cohort, Place
from cohort.filters import EVERYBODY, Filters
from cohort.metrics import FEW, MEASURES, Totals
from cohort.metrics_gpa import AID_STEP, AID_STEPS, Correlation, Distribution, HeatMap
from tests.student_success.cohort import figures
from tests.support.student_success import TYPES, filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName

TABLE = TableName("hed", "hed_records")
WHOM = {
    "everybody": (EVERYBODY, lambda record: True),
    "two majors": (Filters(majors=("CSCI", "BIOL")), lambda record: record["major_code"] in ("CSCI", "BIOL")),
    "at risk": (Filters(at_risk=True), lambda record: record["at_risk_flag"]),
    "enrolled since 2022": (
        Filters(enrolled_from=date(2022, 1, 1)),
        lambda record: (figures.enrolled(record) or date.min) >= date(2022, 1, 1),
    ),
}


@pytest.fixture(scope="module")
def records():
    """600 records, and a hundred of which every one lacks something."""
    sparse = [dict(record) for record in simulated(100, seed=7)]
    for number, record in enumerate(sparse):
        record["record_id"] = f"sparse-{number}"
        names = [name for name in TYPES if not name.endswith("_id")]
        for name in names[number % 5 :: 5]:
            record[name] = None
    return [*simulated(), *sparse]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory, records):
    cohort = Cohort(Place(DuckDBFile(filled(tmp_path_factory.mktemp("metrics") / "warehouse.db", records)), TABLE))
    yield cohort
    cohort.close()


@pytest.fixture(params=WHOM)
def whom(request, records):
    filters, chosen = WHOM[request.param]
    return filters.where(), [record for record in records if chosen(record)]


def test_students_are_counted_once_however_many_records_they_have(cohort, whom):
    condition, chosen = whom
    [row] = cohort.rows(metrics.students(condition))
    assert row["students"] == len({record["student_id"] for record in chosen}) < len(chosen)


def test_totals_and_averages(cohort, whom):
    condition, chosen = whom
    totals = Totals.of(cohort.rows(metrics.by_month(condition)))
    assert totals.records == len(chosen)
    for measure in MEASURES:
        assert totals.known_of(measure) == len(figures.known(chosen, measure)), measure
        assert totals.average(measure) == pytest.approx(figures.average(chosen, measure)), measure


def test_completion_over_the_months_of_enrollment(cohort, whom):
    condition, chosen = whom
    expected = figures.grouped(
        (record for record in chosen if figures.enrolled(record)), lambda r: figures.enrolled(r).replace(day=1)
    )
    months = cohort.rows(metrics.by_month(condition))
    with patch.object(metrics, "ENOUGH_A_MONTH", 1):
        entries = metrics.over_time(months)
    assert [(entry.year, entry.month) for entry in entries] == [(day.year, day.month) for day in sorted(expected)]
    for entry in entries:
        group = expected[date(entry.year, entry.month, 1)]
        assert entry.totals.records == len(group)
        rate = figures.average(group, "course_completion_rate")
        assert entry.totals.average("course_completion_rate") == pytest.approx(rate)


def test_the_newest_year_is_compared_with_the_years_before(cohort, records):
    comparison = metrics.with_those_before(cohort.rows(metrics.by_month(EVERYBODY.where())))
    days = [(record, figures.enrolled(record)) for record in records]
    newest = [record for record, day in days if day and day.year == 2024]
    before = [record for record, day in days if day and day.year < 2024]
    assert (comparison.name, comparison.these.records, comparison.others.records) == (
        "Enrolled 2024",
        len(newest),
        len(before),
    )
    assert comparison.these.average("current_gpa") == pytest.approx(figures.average(newest, "current_gpa"))
    assert comparison.others.average("at_risk_flag") == pytest.approx(figures.average(before, "at_risk_flag"))


def month(year, records, number=8):
    sums = {f"{name}_{what}": 0 for name in MEASURES for what in ("sum", "known")}
    return {"year": year, "month": number, "records": records, **sums}


def test_a_slip_of_the_pen_in_a_date_is_not_the_newest_year():
    comparison = metrics.with_those_before([month(2023, 40), month(2024, FEW), month(2999, FEW - 1)])
    assert (comparison.name, comparison.these.records, comparison.others.records) == ("Enrolled 2024", FEW, 40)


def test_a_slip_of_the_pen_in_a_date_is_no_year_to_divide_by():
    months = [month(1024, 1), month(2022, 50), month(2023, 50, 1), month(2023, 20, 8), month(2024, 60)]
    assert metrics.with_those_before(months).other_years == 2
    assert metrics.with_those_before([month(2023, 3), month(2024, 60)]).other_years == 1


@pytest.mark.parametrize("months", [[], [month(2024, 50)], [month(None, 50), month(2024, 50)], [month(2023, 3)]])
def test_one_year_is_compared_with_nothing(months):
    assert metrics.with_those_before(months) is None


def test_more_months_than_a_reader_can_tell_apart_are_years():
    months = [month(1990 + n // 12, 200, n % 12 + 1) for n in range(metrics.MOST_MONTHS + 1)]
    entries = metrics.over_time(months)
    assert [(entry.year, entry.month, entry.totals.records) for entry in entries] == [
        *((1990 + n, None, 2400) for n in range(5)),
        (1995, None, 200),
    ]


@pytest.mark.parametrize(("records", "by_month"), [(metrics.ENOUGH_A_MONTH, True), (metrics.ENOUGH_A_MONTH - 1, False)])
def test_months_with_too_few_records_for_a_course_are_years(records, by_month):
    months = [month(2024, 1, 1), month(2024, records, 2), month(2024, records, 3)]
    assert len(metrics.over_time(months)) == (3 if by_month else 1)


def test_at_risk_by_standing(cohort, whom):
    condition, chosen = whom
    found = metrics_groups.standings_at_risk(cohort.rows(metrics_groups.at_risk_by_standing(condition)))
    groups = figures.grouped(chosen, lambda record: record["academic_standing"])
    flags = {name: figures.known(group, "at_risk_flag") for name, group in groups.items()}
    assert {one.standing: (one.records, one.known, one.at_risk) for one in found} == {
        name: (len(groups[name]), len(values), sum(values)) for name, values in flags.items() if values
    }
    shares = [one.share for one in found]
    assert shares == sorted(shares, reverse=True)


def test_the_boxes_of_engagement_by_standing(cohort, whom):
    condition, chosen = whom
    found = metrics_groups.boxes(cohort.rows(metrics_groups.engagement_by_standing(condition)))
    groups = figures.grouped(chosen, lambda record: record["academic_standing"])
    scores = {name: figures.known(group, "engagement_score") for name, group in groups.items()}
    assert {box.standing: box.records for box in found} == {name: len(values) for name, values in scores.items()}
    for box in found:
        rounded = [figures.tenth(score) for score in scores[box.standing]]
        expected = [figures.quantile(rounded, share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
        assert [box.p5, box.q1, box.median, box.q3, box.p95] == pytest.approx(expected), box.standing


def test_performance_by_major(cohort, whom):
    condition, chosen = whom
    rows = cohort.rows(metrics_groups.by_major(condition))
    groups = figures.grouped(chosen, lambda record: record["major_code"])
    assert {row["major"]: row["records"] for row in rows} == {name: len(group) for name, group in groups.items()}
    assert {row["groups"] for row in rows} == {len(groups)}
    assert [row["records"] for row in rows] == sorted((len(group) for group in groups.values()), reverse=True)
    columns = {"gpa": "current_gpa", "completion": "course_completion_rate", "at_risk": "at_risk_flag"}
    for row in rows:
        for name, column in columns.items():
            assert row[name] == pytest.approx(figures.average(groups[row["major"]], column)), (row["major"], name)


def test_the_distribution_of_gpa(cohort, whom):
    condition, chosen = whom
    found = Distribution.of(cohort.rows(metrics_gpa.by_gpa_and_aid(condition)))
    gpas = figures.known(chosen, "current_gpa")
    counted = Counter(map(figures.gpa_bin, gpas))
    assert found == Distribution(
        bins=tuple(counted[n] for n in range(40)),
        below=sum(gpa < 2 for gpa in gpas),
        outside=0,
        unknown=len(chosen) - len(gpas),
    )


def test_the_correlation_of_aid_and_gpa(cohort, whom):
    condition, chosen = whom
    found = Correlation.of(cohort.rows(metrics_gpa.correlation(condition))[0])
    both = figures.pairs(chosen)
    assert found.n == len(both)
    assert found.r == pytest.approx(figures.pearson(both))


def test_the_squares_and_the_line_of_aid_and_gpa(cohort, whom):
    condition, chosen = whom
    found = HeatMap.of(cohort.rows(metrics_gpa.by_gpa_and_aid(condition)))
    both = figures.pairs(chosen)
    squares = Counter((a // AID_STEP * AID_STEP, min(15, g // 0.25) * 0.25) for a, g in both)
    assert {(cell.aid, cell.gpa): cell.records for cell in found.cells} == squares
    columns = figures.grouped(both, lambda pair: pair[0] // AID_STEP * AID_STEP)
    assert [(column.aid, column.records) for column in found.columns] == [
        (aid, len(columns[aid])) for aid in sorted(columns)
    ]
    for column in found.columns:
        assert column.gpa == pytest.approx(sum(g for _, g in columns[column.aid]) / column.records)


# The first as R's cor.test gives it for its data set "cars"; the second by hand: tanh(1.96 / sqrt(100)).
@pytest.mark.parametrize(
    ("r", "n", "low", "high"),
    [(0.8068949, 50, 0.6816422, 0.8862036), (0.0, 103, -0.19353, 0.19353), (1.0, 5, 1.0, 1.0), (-1.0, 5, -1.0, -1.0)],
)
def test_the_interval_of_a_correlation(r, n, low, high):
    assert Correlation(r, n).interval() == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("r", "n"), [(None, 600), (0.5, 3)])
def test_no_interval_without_a_correlation_or_with_too_few_records(r, n):
    assert Correlation(r, n).interval() is None


def test_a_correlation_that_is_no_number_is_none():
    assert Correlation.of({"r": math.nan, "n": 600}).r is None


SCALE = st.floats(0, 4, allow_subnormal=False)
HOSTILE = {
    "current_gpa": st.none() | SCALE | st.sampled_from([0.0, 2.0, 4.0, 3.9999999999999996, -1.0, 9.9, 1e300]),
    "financial_aid_amount": st.none()
    | st.floats(0, 80_000, allow_subnormal=False)
    | st.sampled_from([0.0, 2500.0, 57_500.0, 1e9, -5.0, 1e300]),
    "engagement_score": st.none() | st.floats(0, 100, allow_subnormal=False) | st.sampled_from([0.05, 100.0, -3.0]),
    "course_completion_rate": st.none() | st.floats(0, 1, allow_subnormal=False),
    "at_risk_flag": st.none() | st.booleans(),
    "academic_standing": st.none() | st.sampled_from(["", "Good Standing", "'; drop table hed_records; --"]),
    "major_code": st.none() | st.sampled_from(["", "CSCI", "<script>"]),
    "student_id": st.none() | st.sampled_from(["a", "b"]),
    "enrollment_date": st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)).map(str),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    path = filled(tmp_path_factory.mktemp("hostile") / "warehouse.db", [])
    with duckdb.connect(str(path)) as connection:
        yield connection


class Opened:
    """A cohort on a connection that is already there, so that every example costs no file."""

    def __init__(self, connection):
        self.connection = connection

    def rows(self, query):
        answer = self.connection.execute(query.sql.replace("from records", "from hed.hed_records"), query.parameters)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def test_the_last_column_of_aid_holds_all_that_is_above_it(bench):
    most = AID_STEP * (AID_STEPS - 1)
    bench.execute("DELETE FROM hed.hed_records")
    for aid in (most - 0.01, most, most + AID_STEP, 1e6, 1e9, 1e9 + 1, -1):
        bench.execute("INSERT INTO hed.hed_records (financial_aid_amount, current_gpa) VALUES (?, 3)", [aid])
    heat = HeatMap.of(Opened(bench).rows(metrics_gpa.by_gpa_and_aid(EVERYBODY.where())))
    assert [(column.aid, column.records) for column in heat.columns] == [(most - AID_STEP, 1), (most, 4)]
    assert heat.left_out == 2


@hypothesis_settings(max_examples=40, deadline=None)
@given(records=st.lists(st.fixed_dictionaries(HOSTILE), max_size=12))
def test_figures_of_hostile_records(bench, records):
    bench.execute("DELETE FROM hed.hed_records")
    if records:
        row = f"({', '.join('?' for _ in HOSTILE)})"
        values = [record[name] for record in records for name in HOSTILE]
        columns = ", ".join(HOSTILE)
        bench.execute(f"INSERT INTO hed.hed_records ({columns}) VALUES {', '.join([row] * len(records))}", values)
    cohort, condition = Opened(bench), EVERYBODY.where()

    totals = Totals.of(cohort.rows(metrics.by_month(condition)))
    assert totals.records == len(records)
    for measure in MEASURES:
        assert totals.average(measure) == pytest.approx(figures.average(records, measure)), measure

    by_gpa_and_aid = cohort.rows(metrics_gpa.by_gpa_and_aid(condition))
    distribution = Distribution.of(by_gpa_and_aid)
    gpas = figures.known(records, "current_gpa")
    on_scale = [gpa for gpa in gpas if 0 <= gpa <= 4]
    assert [n for n, count in enumerate(distribution.bins) for _ in range(count)] == sorted(
        map(figures.gpa_bin, on_scale)
    )
    assert distribution.below == sum(gpa < 2 for gpa in on_scale)
    assert (distribution.outside, distribution.unknown) == (len(gpas) - len(on_scale), len(records) - len(gpas))

    both = figures.pairs(records)
    correlation = Correlation.of(cohort.rows(metrics_gpa.correlation(condition))[0])
    assert correlation.n == len(both)
    heat = HeatMap.of(by_gpa_and_aid)
    assert sum(cell.records for cell in heat.cells) == sum(column.records for column in heat.columns) == len(both)
    with_both = [r for r in records if r["financial_aid_amount"] is not None and r["current_gpa"] is not None]
    assert heat.left_out == len(with_both) - len(both)
    assert Counter(min(AID_STEPS - 1, int(a // AID_STEP)) for a, _ in both) == {
        column.aid // AID_STEP: column.records for column in heat.columns
    }

    boxes = metrics_groups.boxes(cohort.rows(metrics_groups.engagement_by_standing(condition)))
    scored = [record for record in records if record["engagement_score"] is not None]
    groups = figures.grouped(scored, lambda record: record["academic_standing"])
    assert {box.standing: box.median for box in boxes} == {
        name: pytest.approx(figures.quantile([figures.tenth(r["engagement_score"]) for r in group], 0.5))
        for name, group in groups.items()
    }

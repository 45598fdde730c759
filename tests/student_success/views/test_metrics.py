"""The page of metrics, through Streamlit's own test door: its figures, and what stands there when there are none."""

import json
from unittest.mock import patch

import duckdb
import pyarrow
import pyarrow.ipc
import pytest

from cohort.cohort import Cohort
from tests.student_success.cohort import figures
from tests.support.student_success import TYPES, filled, page, settings, simulated, words

pytestmark = pytest.mark.slow

CHARTS = ("At risk by academic standing", "Engagement", "Completion", "GPA", "Financial aid and GPA")
"""As they stand: the left column's, then the right one's."""


@pytest.fixture(scope="module")
def records():
    return simulated()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, records):
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", records)


def opened(path, **address):
    with settings(path):
        test = page()
        for name, value in address.items():
            test.query_params[name] = value
        test.run()
    assert not test.exception
    assert not test.error
    return test


def shown(test):
    return {metric.label: metric.value for metric in test.metric}


def drawn(test):
    """Return the charts' elements, in the page's order."""
    return [element.proto for kind in ("vega_lite_chart", "arrow_vega_lite_chart") for element in test.get(kind)]


def values(chart):
    """Return the rows of a chart's data: its own, or those of its layers."""
    if chart.data.data:
        return pyarrow.ipc.open_stream(chart.data.data).read_all().to_pylist()
    return [row for layer in json.loads(chart.spec)["layer"] for row in layer["data"]["values"]]


def said(test):
    """Return the page's lines, those of its cards among them."""
    return [line.strip().replace("\N{NO-BREAK SPACE}", " ") for line in words(test).splitlines()]


def infos(test):
    return [str(info.value) for info in test.info]


@pytest.fixture(scope="module")
def everybody(warehouse):
    return opened(warehouse)


def test_the_figures_are_those_of_all_records(everybody, records):
    test = everybody
    assert shown(test) == {
        "Students": "600",
        "At risk": f"{100 * figures.average(records, 'at_risk_flag'):.1f} %",
        "Average GPA": f"{figures.average(records, 'current_gpa'):.2f}",
        "Completion rate": f"{100 * figures.average(records, 'course_completion_rate'):.1f} %",
        "Engagement": f"{figures.average(records, 'engagement_score'):.1f}",
    }
    assert len(drawn(test)) == len(CHARTS)
    assert not infos(test)


def test_every_card_says_what_it_is_compared_with(everybody, records):
    newest = [record for record in records if record["enrollment_date"] >= "2024"]
    before = [record for record in records if record["enrollment_date"] < "2024"]
    gpas = [figures.average(group, "current_gpa") for group in (newest, before)]
    side = "lower" if gpas[0] > gpas[1] else "higher"
    lines = said(everybody)
    assert f"Enrolled 2024: {gpas[0]:.2f}" in lines
    assert f"Before: {gpas[1]:.2f} ({abs(gpas[0] - gpas[1]):.2f} {side})" in lines
    assert f"Enrolled 2024: {len(newest)}" in lines
    assert f"Before: {len(before) / 5:.0f} a year" in lines


def test_the_chosen_are_compared_with_everybody(warehouse, records):
    chosen = [record for record in records if record["major_code"] == "CSCI"]
    test = opened(warehouse, major="CSCI")
    gpa, everybody = figures.average(chosen, "current_gpa"), figures.average(records, "current_gpa")
    side = "lower" if gpa > everybody else "higher"
    lines = said(test)
    assert shown(test)["Average GPA"] == f"{gpa:.2f}"
    assert f"Everybody: {everybody:.2f} ({abs(gpa - everybody):.2f} {side})" in lines
    assert f"Everybody: 600 (these are {100 * len(chosen) / 600:.1f} %)" in lines
    below = sum(record["current_gpa"] < 2 for record in chosen)
    assert any(line.startswith(f"{below} ({100 * below / len(chosen):.1f} %) are below 2.0,") for line in lines)


def test_every_chart_names_its_axes_and_units(everybody):
    titles = []
    for chart in drawn(everybody):
        spec = json.loads(chart.spec)
        layers = [layer["encoding"] for layer in spec.get("layer", [spec])]
        titles.append([next((layer[s].get("title") for layer in layers if s in layer), "") for s in ("x", "y")])
    assert titles == [
        ["At risk (% of students)", None],  # the standings name themselves
        ["Engagement (of 100)", None],
        ["Year of enrollment", "Completion rate (%)"],
        ["GPA (of 4.0), in tenths", "Students"],
        ["Financial aid (US dollars)", "GPA (of 4.0)"],
    ]


def test_the_charts_show_all_records(everybody, records):
    at_risk, engagement, completion, gpa, aid = (values(chart) for chart in drawn(everybody))
    assert sum(row["at risk"] for row in at_risk) == sum(record["at_risk_flag"] for record in records)
    assert sum(row.get("records", 0) for row in gpa) == 600
    assert sum(row["records"] for row in engagement) == 600
    assert sum(row["records"] for row in completion) == 600
    squares = [row["records"] for row in aid if "gpa to" in row]
    assert sum(squares) == len(figures.pairs(records)) < 600


def test_a_tenth_of_a_point_is_not_drawn_as_a_cliff(tmp_path, records):
    rows = [{**record, "course_completion_rate": 0.86 + n % 2 / 1000} for n, record in enumerate(records[:60])]
    completion = drawn(opened(filled(tmp_path / "warehouse.db", rows)))[2]
    [low, high] = json.loads(completion.spec)["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert high - low >= 10
    assert low < 86 < 86.1 < high


def test_two_figures_that_look_different_are_not_called_the_same(tmp_path, records):
    gpas = {"2023": 2.8749, "2024": 2.8751}  # shown as 2.87 and 2.88
    rows = [
        {**record, "enrollment_date": f"{year}-08-11 00:00:00", "current_gpa": gpas[year]}
        for record, year in zip(records[:40], [*gpas] * 20, strict=True)
    ]
    lines = said(opened(filled(tmp_path / "warehouse.db", rows)))
    assert "Enrolled 2024: 2.88" in lines
    assert "Before: 2.87 (0.01 lower)" in lines


def test_every_panel_has_a_title(everybody):
    lines = words(everybody)
    assert [title for title in (*CHARTS, "Performance by major: 17 majors") if f"**{title}" not in lines] == []


def test_performance_by_major_is_a_table_of_every_major(everybody, records):
    [table] = everybody.dataframe
    groups = figures.grouped(records, lambda record: record["major_code"] or "No major")
    rows = {row["Major"]: row for row in table.value.to_dict("records")}
    assert {name: row["Students"] for name, row in rows.items()} == {name: len(group) for name, group in groups.items()}
    for name, group in groups.items():
        assert rows[name]["GPA"] == pytest.approx(figures.average(group, "current_gpa"))
        assert rows[name]["Completion"] == pytest.approx(100 * figures.average(group, "course_completion_rate"))
        assert rows[name]["At risk"] == pytest.approx(100 * figures.average(group, "at_risk_flag"))

    shares = [row["At risk"] for row in rows.values()]
    assert shares == sorted(shares, reverse=True)


def test_majors_with_few_records_come_last(tmp_path, records):
    rows = [
        {**record, "major_code": major, "at_risk_flag": at_risk}
        for record, (major, at_risk) in zip(
            records, [("FEW", True)] * 9 + [("CALM", False)] * 10 + [("WORSE", True)] * 10, strict=False
        )
    ]
    [table] = opened(filled(tmp_path / "warehouse.db", rows)).dataframe
    assert table.value["Major"].tolist() == ["WORSE", "CALM", "FEW"]


def test_the_standings_are_in_one_order(everybody):
    at_risk, engagement = (values(chart) for chart in drawn(everybody)[:2])
    names = [
        [row["standing"].split("\n")[0] for row in rows] for rows in (at_risk, [r for r in engagement if "q1" in r])
    ]
    assert names[0] == names[1]
    assert len(names[0]) == 6


def test_of_those_at_risk_it_is_counted_how_many_there_are(warehouse, records):
    chosen = [record for record in records if record["at_risk_flag"]]
    test = opened(warehouse, at_risk="yes")
    counts = {row["standing"].split("\n")[0]: row["records"] for row in values(drawn(test)[0])}
    assert counts == {
        name: len(group) for name, group in figures.grouped(chosen, lambda record: record["academic_standing"]).items()
    }
    assert f"**At risk by academic standing: {len(chosen)} students**" in words(test)


def test_where_students_have_several_records_the_page_counts_records(tmp_path, records):
    rows = [{**record, "record_id": f"{n}-{record['record_id']}"} for n in range(2) for record in records[:40]]
    test = opened(filled(tmp_path / "warehouse.db", rows))
    assert shown(test)["Students"] == "40"
    assert "80 records" in said(test)
    assert "**GPA of 80 records**" in words(test)
    assert "Records" in test.dataframe[0].value


def test_the_course_over_months_names_each_month(tmp_path, records):
    rows = [
        {**record, "record_id": str(n), "enrollment_date": f"2024-{8 + n % 2:02}-11 00:00:00"}
        for n, record in enumerate(records[:200])
    ]
    completion = drawn(opened(filled(tmp_path / "warehouse.db", rows)))[2]
    assert [row["when"] for row in values(completion)] == ["Aug 2024", "Sep 2024"]
    axis = json.loads(completion.spec)["layer"][0]["encoding"]["x"]["axis"]
    assert axis["values"] == [row["enrolled"] for row in values(completion)]


def test_a_question_is_asked_once_and_a_rerun_asks_nothing(tmp_path, records):
    asked = []
    answer = Cohort.answer

    def counted(cohort, statement):
        asked.append((statement.text, str(statement.parameters)))
        return answer(cohort, statement)

    path = filled(tmp_path / "warehouse.db", records)
    with settings(path), patch.object(Cohort, "answer", counted):
        test = page().run()
        first = list(asked)
        test.run()
    assert not test.exception
    assert len(first) == len(set(first)) > 5
    assert asked == first


def test_filters_that_leave_nobody_say_so(warehouse):
    test = opened(warehouse, major="NONE-SUCH")
    assert not test.metric
    assert [info for info in infos(test) if "No records match the filters" in info]


def test_one_record(tmp_path, records):
    test = opened(filled(tmp_path / "warehouse.db", records[:1]))
    assert shown(test)["Students"] == "1"
    assert infos(test) == ["The correlation needs at least 4 records, and there are 1."]
    assert "Nothing to compare with" in words(test)
    assert "few" in set(test.dataframe[0].value["Note"])


def test_records_of_which_nothing_is_known(tmp_path, records):
    test = opened(filled(tmp_path / "warehouse.db", [{"record_id": record["record_id"]} for record in records[:20]]))
    assert shown(test) == {
        "Students": "0",
        "At risk": "\N{EN DASH}",
        "Average GPA": "\N{EN DASH}",
        "Completion rate": "\N{EN DASH}",
        "Engagement": "\N{EN DASH}",
    }
    assert infos(test) == [
        "No record says whether the student is at risk.",
        "No record has an engagement score.",
        "No record has both a date and a rate.",
        "No record has a GPA on the scale from 0 to 4.",
        "The correlation needs at least 4 records, and there are 0.",
    ]


def test_records_that_are_all_the_same_have_no_correlation(tmp_path, records):
    test = opened(filled(tmp_path / "warehouse.db", [{**records[0], "record_id": str(n)} for n in range(30)]))
    assert "One of both is the same in every record" in words(test)
    assert shown(test)["Students"] == "1"
    assert len(drawn(test)) == len(CHARTS)


@pytest.mark.parametrize(
    ("missing", "charts", "said"),
    [
        ("student_id", 5, "Students: the table has no student&#95;id"),
        ("current_gpa", 3, "The table has no current&#95;gpa"),
        (
            "financial_aid_amount",
            4,
            "Not shown&#58; the table has no financial&#95;aid&#95;amount&#58; this needs it&#46;",
        ),
        ("academic_standing", 3, "Not shown&#58; the table has no academic&#95;standing&#58; this needs it&#46;"),
        ("enrollment_date", 4, "No two years of enrollment to compare. Averages are over students."),
    ],
)
def test_a_column_that_is_missing_takes_its_panels_and_no_others(tmp_path, records, missing, charts, said):
    types = {name: type_ for name, type_ in TYPES.items() if name != missing}
    test = opened(filled(tmp_path / "warehouse.db", records[:50], types))
    assert said in words(test)
    assert len(test.metric) == 5
    assert len(drawn(test)) == charts


def test_figures_without_any_column_but_a_key(tmp_path):
    test = opened(filled(tmp_path / "warehouse.db", [{"record_id": "1"}], {"record_id": "VARCHAR"}))
    assert shown(test)["Records"] == "1"
    assert not drawn(test)


def test_text_of_the_data_is_text(tmp_path, records):
    strange = "<script>alert(1)</script> [a](http://example.org) $x$"
    rows = [{**record, "major_code": strange, "academic_standing": strange} for record in records[:40]]
    test = opened(filled(tmp_path / "warehouse.db", rows))
    assert test.dataframe[0].value["Major"].tolist() == [strange]
    assert "<script>" not in words(test)
    assert "http://" not in words(test)


def test_codes_that_are_numbers_are_shown_as_they_are(tmp_path, records):
    types = {**TYPES, "major_code": "BIGINT", "academic_standing": "BIGINT", "advisor_id": "BIGINT"}
    rows = [
        {**record, "major_code": 7 + n % 2, "academic_standing": 3, "advisor_id": n % 5}
        for n, record in enumerate(records[:40])
    ]
    test = opened(filled(tmp_path / "warehouse.db", rows, types))
    assert sorted(test.dataframe[0].value["Major"]) == ["7", "8"]
    assert test.multiselect(key="filter_majors").options == ["7", "8"]
    assert len(drawn(test)) == len(CHARTS)


def test_a_date_that_cannot_be_is_left_out_of_the_course_and_said(tmp_path, records):
    path = filled(tmp_path / "warehouse.db", records[:40])
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "UPDATE hed.hed_records SET enrollment_date = '20000-01-01' WHERE record_id = ?", [records[0]["record_id"]]
        )
    test = opened(path)
    assert "1 whose date cannot be are not shown." in words(test)
    assert sum(row["records"] for row in values(drawn(test)[2])) == 39

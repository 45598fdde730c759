"""The page of early alerts, through Streamlit's own test door."""

import csv
import io
import logging
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from risk.ranking import DOWNLOADED
from tests.support.student_success import TYPES, filled, page, settings, simulated, words
from views import numbers

ROWS = simulated()
HOSTILE = "<script>alert(1)</script> ![x](http://example.com/x.png) :red[x] $x$ \"'; DROP TABLE"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", ROWS)


@pytest.fixture
def opened(warehouse: Path) -> Any:
    with settings(warehouse, STUDENT_SUCCESS_SIMULATED="1"):
        test = page("alerts").run()
        assert not test.exception
        yield test


def table(test: AppTest, column: str) -> Any:
    """The first table of the page that has this column."""
    return next(found.value for found in test.dataframe if column in found.value.columns)


def figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def test_the_list_begins_with_the_50_students_who_score_highest(opened: AppTest) -> None:
    listed = table(opened, "Why")
    assert list(listed.columns) == [
        "Rank", "Score", "Student", "Why", "Next step", "Advisor", "Major", "Standing", "Flagged at the source",
    ]  # fmt: skip
    assert list(listed["Rank"]) == list(range(1, 51))
    assert list(listed["Score"]) == sorted(listed["Score"], reverse=True)
    known = {row["student_id"]: row for row in ROWS}
    for _, line in listed.iterrows():
        row = known[line["Student"]]
        assert line["Advisor"] == (row["advisor_id"] or "")
        assert line["Flagged at the source"] == ("yes" if row["at_risk_flag"] else "no")
        if "GPA " in line["Why"]:
            assert f"GPA {row['current_gpa']:.2f} (usual " in line["Why"]


def test_a_selected_student_is_shown_in_full(opened: AppTest) -> None:
    third = table(opened, "Why").iloc[2]
    opened.session_state["alerts_rows_1"] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    opened.run()
    said = unescape(words(opened))
    assert f"**{third['Student']}**: score {third['Score']:.0f}" in said
    for reason in third["Why"].split("; "):
        assert f"- {reason}" in said
    assert f"Next step: {third['Next step']}. Advisor: {third['Advisor'] or 'none'}." in said


def test_the_next_page_goes_on_where_the_first_ended(opened: AppTest) -> None:
    last = table(opened, "Why")["Score"].min()
    opened.number_input(key="alerts_page").set_value(2).run()
    listed = table(opened, "Why")
    assert list(listed["Rank"]) == list(range(51, 101))
    assert listed["Score"].max() <= last
    assert "51 to 100 of 600 students" in words(opened)


def test_a_page_that_the_filters_leave_no_more_is_the_last_one_instead(opened: AppTest) -> None:
    opened.number_input(key="alerts_page").set_value(12).run()
    opened.multiselect(key="filter_majors").select("CSCI").run()
    assert not opened.exception
    count = sum(row["major_code"] == "CSCI" for row in ROWS)
    assert f"1 to {count} of {count} students" in words(opened)


def test_a_higher_threshold_flags_fewer_and_says_how_well(opened: AppTest) -> None:
    opened.slider(key="alerts_threshold").set_value(20).run()
    low = figures(opened)
    opened.slider(key="alerts_threshold").set_value(80).run()
    high = figures(opened)
    assert int(low["Flagged"].split()[0]) > int(high["Flagged"].split()[0])
    assert int(low["Rightly flagged"].split()[0]) < int(high["Rightly flagged"].split()[0])
    assert int(low["At risk found"].split()[0]) > int(high["At risk found"].split()[0])
    compared = table(opened, "Precision")
    assert compared["Precision"][0] == high["Rightly flagged"]


def test_as_many_as_can_be_seen_are_flagged(opened: AppTest) -> None:
    opened.radio(key="alerts_by").set_value("as many as can be seen").run()
    opened.number_input(key="alerts_capacity").set_value(7).run()
    assert figures(opened)["Flagged"] == "7 of 600"


def test_training_does_not_see_the_filters(opened: AppTest) -> None:
    before = table(opened, "Weight").to_dict("list")
    opened.selectbox(key="filter_at_risk").select("At risk").run()
    assert table(opened, "Weight").to_dict("list") == before
    assert figures(opened)["Flagged"].endswith(f"of {sum(row['at_risk_flag'] for row in ROWS)}")


def test_the_groups_add_up(opened: AppTest) -> None:
    advisors = table(opened, "Share flagged")
    small = advisors[advisors["Records"] < 10]
    assert set(small["Share flagged"]) == set(small["Average score"]) == {numbers.NO_FIGURE}
    opened.radio(key="alerts_group").set_value("major_code").run()
    groups = table(opened, "Share flagged")
    assert groups["Records"].sum() == 600
    assert f"{groups['Flagged'].sum()} of 600" == figures(opened)["Flagged"]
    for _, group in groups[groups["Records"] >= 10].iterrows():
        assert group["Share flagged"] == f"{100 * group['Flagged'] / group['Records']:.0f} %"


def test_moving_a_number_moves_the_score_and_its_reasons(opened: AppTest) -> None:
    opened.selectbox(key="alerts_start").set_value(0).run()
    first = table(opened, "Why").iloc[0]
    assert figures(opened)["Score"] == f"{first['Score']:.0f}"
    gpa = next(slider for slider in opened.slider if slider.label == "GPA")
    assert gpa.value == next(r["current_gpa"] for r in ROWS if r["student_id"] == first["Student"])
    gpa.set_value(4.0).run()
    score = next(metric for metric in opened.metric if metric.label == "Score")
    assert float(score.value) < first["Score"]
    assert score.delta.startswith("-")
    assert "shows how the score is made" in words(opened)


def test_what_if_starts_from_the_usual_numbers(opened: AppTest) -> None:
    assert "Nothing is worse than usual." in words(opened)
    engagement = next(slider for slider in opened.slider if slider.label.startswith("Engagement"))
    engagement.set_value(5.0).run()
    assert "Engagement 5 (usual " in unescape(words(opened))


def test_the_calculator_shows_nothing_until_somebody_assumes_something(opened: AppTest) -> None:
    assert "Enter your figures" in words(opened)
    assert "Break-even effect" not in figures(opened)
    flagged = int(figures(opened)["Flagged"].split()[0])
    for name, value in {"tuition": 8_000, "cost": 100, "reach": 50, "effect": 10}.items():
        opened.number_input(key=f"alerts_{name}").set_value(value)
    opened.run()
    shown = figures(opened)
    assert shown["Break-even effect"] == "1.2 %"
    assert shown["Income less cost, if so"] == f"${flagged * 0.5 * (0.1 * 8_000 - 100):,.0f}"
    assert len(table(opened, "Students kept")) == 5


def test_invented_figures_are_called_invented(opened: AppTest) -> None:
    button = opened.button(key="alerts_example")
    assert "invented" in button.label
    button.click().run()
    assert "Break-even effect" in figures(opened)


def test_the_card_says_what_simulated_figures_are_worth(opened: AppTest, warehouse: Path) -> None:
    assert "They say nothing about students" in words(opened)
    assert "Not for admission, financial aid, discipline or grading" in words(opened)
    with settings(warehouse):
        test = page("alerts").run()
    assert "Whether the records are simulated is not known here" in words(test)
    with settings(warehouse, STUDENT_SUCCESS_SIMULATED="0"):
        test = page("alerts").run()
    assert "imulated" not in words(test)


def test_the_file_has_what_the_list_has(opened: AppTest) -> None:
    listed = table(opened, "Why")
    opened.button(key="alerts_prepare").click().run()
    assert "Download 600 students as CSV" in str(opened.main)
    data = opened.session_state["alerts_file"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    assert len(rows) == 600
    assert list(rows[0]) == list(listed.columns)
    assert [row["Student"] for row in rows[:50]] == list(listed["Student"])
    assert [row["Why"] for row in rows[:50]] == list(listed["Why"])
    assert f"{DOWNLOADED:,} records" in words(opened)


def test_a_file_is_not_offered_for_other_filters_than_it_was_made_for(opened: AppTest) -> None:
    opened.button(key="alerts_prepare").click().run()
    opened.multiselect(key="filter_majors").select("CSCI").run()
    assert opened.button(key="alerts_prepare")


def test_nobody_left_is_said(warehouse: Path) -> None:
    test = page("alerts")
    test.query_params["major"] = ["NONE SUCH"]
    with settings(warehouse):
        test.run()
    assert not test.exception
    assert "No records match the filters" in words(test)


def test_too_few_records_are_ranked_by_the_plain_rule_and_the_page_says_so(tmp_path: Path) -> None:
    with settings(filled(tmp_path / "few.db", ROWS[:60])):
        test = page("alerts").run()
    assert not test.exception
    assert "The plain rule is in use, not a model" in words(test)
    assert "there are 60" in words(test)
    listed = table(test, "Why")
    gpas = {row["student_id"]: row["current_gpa"] for row in ROWS[:60]}
    assert list(listed["Student"].map(gpas)) == sorted(listed["Student"].map(gpas))
    assert table(test, "Precision")[""].tolist() == ["Rule: GPA below 2.0", "Majority: nobody is at risk"]


@pytest.mark.parametrize("count", [1, 0])
def test_one_record_or_none_is_no_mistake(tmp_path: Path, count: int) -> None:
    with settings(filled(tmp_path / "one.db", ROWS[:count])):
        test = page("alerts").run()
    assert not test.exception
    assert not test.error


def test_without_anything_to_rank_by_the_page_says_so(tmp_path: Path) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name not in ("at_risk_flag", "current_gpa")}
    with settings(filled(tmp_path / "less.db", ROWS, types)):
        test = page("alerts").run()
    assert not test.exception
    assert "No score: " in words(test)


def test_columns_that_are_all_null_or_missing_are_no_mistake(tmp_path: Path) -> None:
    rows = [dict.fromkeys(row) | {"record_id": row["record_id"], "student_id": row["student_id"]} for row in ROWS[:30]]
    with settings(filled(tmp_path / "null.db", rows)):
        test = page("alerts").run()
    assert not test.exception
    assert "No score: " in words(test)
    names = ("advisor_id", "major_code", "academic_standing")
    with settings(filled(tmp_path / "less.db", ROWS[:30], {n: t for n, t in TYPES.items() if n not in names})):
        test = page("alerts").run()
    assert not test.exception
    assert "no advisor, major or standing to group by" in words(test)


def test_a_number_that_a_stray_text_made_a_text_is_done_without(tmp_path: Path) -> None:
    rows = [{**row, "current_gpa": str(row["current_gpa"])} for row in ROWS]
    rows[0]["current_gpa"] = "n/a"
    types = {**TYPES, "current_gpa": "VARCHAR", "at_risk_flag": "VARCHAR"}
    with settings(filled(tmp_path / "text.db", rows, types)):
        test = page("alerts").run()
    assert not test.exception
    assert not test.error
    assert "No score: " in words(test)
    with settings(filled(tmp_path / "text.db", rows, {**types, "at_risk_flag": "BOOLEAN"})):
        test = page("alerts").run()
    assert not test.exception
    assert "Without: GPA" in words(test)


def test_slips_do_not_outweigh_the_others(tmp_path: Path) -> None:
    rows = [dict(row) for row in ROWS]
    rows[0]["current_gpa"], rows[1]["current_gpa"], rows[2]["engagement_score"] = 1e308, -1e308, 5e5
    rows[3]["last_login_date"], rows[4]["last_updated"] = "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"
    with settings(filled(tmp_path / "slips.db", rows)):
        test = page("alerts").run()
        assert not test.exception
        assert "The plain rule" not in words(test)
        test.selectbox(key="alerts_start").set_value(0).run()  # who has the GPA of -1e308
    assert not test.exception
    assert "GPA -1e+308" in table(test, "Why")["Why"][0]


def test_strange_text_stays_text(tmp_path: Path) -> None:
    rows = [
        {**row, "student_id": f"{HOSTILE}{place}", "advisor_id": HOSTILE, "major_code": "=1+1"}
        for place, row in enumerate(ROWS[:60])
    ]
    with settings(filled(tmp_path / "hostile.db", rows)):
        test = page("alerts").run()
        assert not test.exception
        test.session_state["alerts_rows_1"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        test.button(key="alerts_prepare").click().run()
        assert "Next step: " in words(test)
    assert "<script>" not in words(test)
    assert "![" not in words(test)
    written = list(csv.DictReader(io.StringIO(test.session_state["alerts_file"].decode("utf-8-sig"), newline="")))
    assert {row["Major"] for row in written} == {"'=1+1"}  # a spreadsheet does not compute it
    assert {row["Advisor"] for row in written} == {HOSTILE}
    assert table(test, "Why")["Student"][0].startswith(HOSTILE)


def test_no_student_is_named_in_a_log(warehouse: Path, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    with settings(warehouse), caplog.at_level(logging.DEBUG):
        test = page("alerts").run()
        test.button(key="alerts_prepare").click().run()
    said = caplog.text + "".join(capfd.readouterr())
    assert not [row["student_id"] for row in ROWS if row["student_id"] in said]

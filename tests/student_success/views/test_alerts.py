"""The page of early alerts, through Streamlit's own test door."""

import csv
import io
import logging
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cohort.cohort import Cohort
from risk.ranking import DOWNLOADED, LISTED, RECORDS_EACH, Listed
from tests.support.student_success import TYPES, filled, page, settings, simulated, words
from views import alerts_list
from views.alerts_flagging import Flagging

pytestmark = pytest.mark.slow

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


def section(test: AppTest, name: str) -> AppTest:
    """Go to one part of the page."""
    test.session_state["alerts_section"] = name
    return test.run()


def everybody(test: AppTest) -> AppTest:
    """List not the flagged alone."""
    test.session_state["alerts_whom"] = "everybody"
    return test.run()


def flagged(test: AppTest) -> tuple[int, int]:
    """How many of how many are flagged, as the page says."""
    found = re.search(r"\*\*([\d,]+) of ([\d,]+) students?\*\*", words(test))
    assert found
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def how_well(test: AppTest) -> tuple[int, int, int]:
    """Of 100 flagged, how many are at risk; of 100 at risk, how many are flagged, and missed."""
    pattern = r"Of 100 flagged, (\d+) were at risk; of 100 at risk, (\d+) were flagged: it \*\*misses (\d+) of 100"
    found = re.search(pattern, words(test))
    assert found
    return int(found[1]), int(found[2]), int(found[3])


def figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def test_the_list_begins_with_the_flagged_and_its_pages_have_50_students(opened: AppTest) -> None:
    count, of = flagged(opened)
    listed = table(opened, "Why")
    assert of == 600
    assert len(listed) == min(count, 50)
    assert listed["Score"].min() >= 50
    assert f"{count} students flagged; the highest score first" in words(opened)
    listed = table(everybody(opened), "Why")
    assert list(listed.columns) == [
        "Score", "Student", "Why", "Next step", "Advisor", "Standing", "Major", "At risk at source", "Last login",
    ]  # fmt: skip
    assert len(listed) == 50
    assert list(listed["Score"]) == sorted(listed["Score"], reverse=True)
    known = {row["student_id"]: row for row in ROWS}
    for _, line in listed.iterrows():
        row = known[line["Student"]]
        assert line["Advisor"] == (row["advisor_id"] or "")
        assert line["At risk at source"] == ("yes" if row["at_risk_flag"] else "no")
        if "GPA " in line["Why"]:
            assert f"GPA {row['current_gpa']:.2f} (usual " in line["Why"]


def test_a_selected_student_is_shown_in_full(opened: AppTest) -> None:
    third = table(opened, "Why").iloc[2]
    opened.selectbox(key="alerts_student").set_value(third["Student"]).run()
    said = unescape(words(opened))
    assert f"**{third['Student']}**: score {third['Score']:.0f}" in said
    for reason in third["Why"].split("; "):
        assert f"- {reason}" in said
    step = third["Next step"]
    assert f"**Next step:** {step}{'' if step.endswith('?') else '.'}" in said
    for name in ("Standing", "At risk at source", "Advisor", "Major", "Last login"):
        assert f"{name}: {third[name] or 'none'}" in said


def test_a_selected_row_is_the_student_who_is_shown_and_another_choice_forgets_the_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state: dict[str, Any] = {"rows": {"selection": {"rows": [1]}}}
    monkeypatch.setattr(alerts_list.st, "session_state", state)
    alerts_list._select("rows", ["A", "B"])
    assert state["alerts_student"] == "B"
    state["rows"] = {"selection": {"rows": []}}
    alerts_list._select("rows", ["A", "B"])
    assert state["alerts_student"] is None
    alerts_list._forget_row()
    assert state["alerts_rows_turn"] == 1


def test_a_student_who_is_no_longer_listed_is_no_longer_shown(opened: AppTest) -> None:
    last = table(opened, "Why").iloc[-1]["Student"]
    opened.selectbox(key="alerts_student").set_value(last).run()
    assert f"**{last}**: score" in unescape(words(opened))
    opened.slider(key="alerts_threshold").set_value(90).run()
    assert not opened.exception
    assert f"**{last}**: score" not in unescape(words(opened))


def test_the_next_page_goes_on_where_the_first_ended(opened: AppTest) -> None:
    first = table(everybody(opened), "Why")
    opened.number_input(key="alerts_page").set_value(2).run()
    listed = table(opened, "Why")
    assert len(listed) == 50
    assert not set(listed["Student"]) & set(first["Student"])
    assert listed["Score"].max() <= first["Score"].min()
    assert "600 students; the highest score first" in words(opened)


def test_a_page_that_the_filters_leave_no_more_is_the_last_one_instead(opened: AppTest) -> None:
    everybody(opened).number_input(key="alerts_page").set_value(12).run()
    opened.multiselect(key="filter_majors").select("CSCI").run()
    assert not opened.exception
    count = sum(row["major_code"] == "CSCI" for row in ROWS)
    assert f"{count} students; the highest" in words(opened)
    assert len(table(opened, "Why")) == count


def test_a_higher_threshold_flags_fewer_and_says_how_well(opened: AppTest) -> None:
    opened.slider(key="alerts_threshold").set_value(20).run()
    low, of_low = how_well(opened), flagged(opened)
    opened.slider(key="alerts_threshold").set_value(80).run()
    high, of_high = how_well(opened), flagged(opened)
    assert of_low > of_high
    assert low[0] < high[0]
    assert low[1] > high[1]
    assert low[1] + low[2] == high[1] + high[2] == 100
    compared = table(section(opened, "About the score"), "Precision")
    assert round(compared["Precision"][0]) == high[0]
    assert how_well(opened) == high  # which is kept while another part is looked at


def test_the_threshold_asks_the_warehouse_nothing(opened: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = Cohort.answer
    monkeypatch.setattr(Cohort, "answer", lambda self, made: asked.append(made.text) or answer(self, made))
    opened.slider(key="alerts_threshold").set_value(33).run()
    assert flagged(opened)[0] == len(table(opened, "Why")) or len(table(opened, "Why")) == 50
    assert not asked
    section(opened, "By group")
    assert len(asked) == 1


def test_as_many_as_can_be_seen_are_flagged(opened: AppTest) -> None:
    opened.radio(key="alerts_by").set_value("as many as can be seen").run()
    opened.number_input(key="alerts_capacity").set_value(7).run()
    assert flagged(opened) == (7, 600)
    assert len(table(opened, "Why")) == 7


def test_as_many_as_can_be_seen_are_as_many_even_where_scores_are_alike(tmp_path: Path) -> None:
    rows = [{**row, "current_gpa": 1.5} for row in ROWS[:60]]
    with settings(filled(tmp_path / "alike.db", rows)):
        test = page("alerts").run()
        assert flagged(test) == (60, 60)
        test.radio(key="alerts_by").set_value("as many as can be seen").run()
        assert flagged(test) == (20, 60)
        assert len(table(test, "Why")) == 20
        test.button(key="alerts_prepare").click().run()
    rows = list(csv.DictReader(io.StringIO(test.session_state["alerts_file"].decode("utf-8-sig"), newline="")))
    assert [row["Flagged"] for row in rows] == ["yes"] * 20 + ["no"] * 40


def test_codes_that_are_numbers_are_codes(tmp_path: Path) -> None:
    codes = {"record_id": "BIGINT", "student_id": "BIGINT", "advisor_id": "BIGINT", "major_code": "BIGINT"}
    rows = [{**row, **dict.fromkeys(codes, place % 300)} for place, row in enumerate(ROWS)]
    with settings(filled(tmp_path / "codes.db", rows, {**TYPES, **codes})):
        test = everybody(page("alerts"))
        assert not test.exception
        assert "The plain rule" not in words(test)
        assert flagged(test)[1] == 300
        listed = table(test, "Why")
        test.selectbox(key="alerts_student").set_value(listed["Student"][3]).run()
        assert f"**{listed['Student'][3]}**: score" in words(test)
        assert set(table(section(test, "By group"), "Share flagged")["Records"]) == {2}
        assert not section(test, "About the score").exception


def test_what_is_flagged_beyond_the_list_is_counted_in_records() -> None:
    def listed(*scores: float) -> list[Listed]:
        return [Listed(score, {}, {}, (), "") for score in scores]

    few = Flagging(50, listed(90, 60, 40), {90: 1, 60: 2, 40: 1})
    assert few.in_words == "2 of 3 students"
    long = listed(*[90.0] * 400, *[40.0] * (LISTED - 400))
    assert Flagging(50, long, {90: 500, 40: 9_500}).in_words == "400 students of 10,000 records"
    assert Flagging(40, long, {90: 500, 40: 9_500}).in_words == "10,000 of 10,000 records"  # others may have 40 too
    assert Flagging(90.0, long, {90: 500, 40: 9_500}, as_many=20).in_words == "20 students of 10,000 records"
    many_each = Flagging(50, listed(90, 60), {90: LISTED * RECORDS_EACH, 60: 1})
    assert many_each.in_words == "20,001 of 20,001 records"  # the records sifted may not be of all students


def test_training_does_not_see_the_filters(opened: AppTest) -> None:
    before = table(section(opened, "About the score"), "Weight").to_dict("list")
    opened.selectbox(key="filter_at_risk").select("At risk").run()
    assert table(opened, "Weight").to_dict("list") == before
    assert flagged(opened)[1] == sum(row["at_risk_flag"] for row in ROWS)


def test_the_groups_add_up(opened: AppTest) -> None:
    advisors = table(section(opened, "By group"), "Share flagged")
    small = advisors[advisors["Records"] < 10]
    assert small["Share flagged"].isna().all()
    assert small["Average score"].isna().all()
    opened.radio(key="alerts_group").set_value("major_code").run()
    groups = table(opened, "Share flagged")
    assert groups["Records"].sum() == 600
    assert (groups["Flagged"].sum(), 600) == flagged(opened)
    for _, group in groups[groups["Records"] >= 10].iterrows():
        assert group["Share flagged"] == pytest.approx(100 * group["Flagged"] / group["Records"])


def test_a_group_leads_to_its_students(opened: AppTest) -> None:
    section(opened, "By group").radio(key="alerts_group").set_value("major_code").run()
    major = table(opened, "Share flagged")["Major"][2]
    opened.session_state["alerts_groups_major_code"] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    opened.run()
    opened.button(key="alerts_to_list").click().run()
    assert opened.multiselect(key="filter_majors").value == [major]
    assert opened.query_params["major"] in (major, [major])
    listed = table(everybody(opened), "Why")
    assert set(listed["Major"]) == {major}
    assert len(listed) == sum(row["major_code"] == major for row in ROWS)


def test_moving_a_number_moves_the_score_and_its_reasons(opened: AppTest) -> None:
    first = table(opened, "Why").iloc[0]
    section(opened, "What if").selectbox(key="alerts_start").set_value(0).run()
    assert figures(opened)["Score"] == f"{first['Score']:.0f}"
    gpa = next(slider for slider in opened.slider if slider.label == "GPA")
    assert gpa.value == next(r["current_gpa"] for r in ROWS if r["student_id"] == first["Student"])
    gpa.set_value(4.0).run()
    score = next(metric for metric in opened.metric if metric.label == "Score")
    assert float(score.value) < first["Score"]
    before = round(first["Score"])
    assert score.delta == f"{int(score.value) - before} points, was {before}"
    assert "shows how the score is made" in words(opened)


def test_what_if_starts_from_the_usual_numbers(opened: AppTest) -> None:
    assert "Nothing is much worse than usual." in words(section(opened, "What if"))
    engagement = next(slider for slider in opened.slider if slider.label.startswith("Engagement"))
    engagement.set_value(5.0).run()
    assert "Engagement 5 (usual " in unescape(words(opened))


def test_the_calculator_shows_nothing_until_somebody_assumes_something(opened: AppTest) -> None:
    assert "Enter your figures" in words(section(opened, "Cost and benefit"))
    assert "Break-even effect" not in figures(opened)
    count = flagged(opened)[0]
    for name, value in {"tuition": 8_000, "cost": 100, "reach": 50, "effect": 10}.items():
        opened.number_input(key=f"alerts_{name}").set_value(value)
    opened.run()
    shown = figures(opened)
    assert shown["Break-even effect"] == "1.2 %"
    assert shown["Income less cost, if so"] == f"${count * 0.5 * (0.1 * 8_000 - 100):,.0f}"
    assert len(table(opened, "Students kept")) == 5
    section(section(opened, "Ranked list"), "Cost and benefit")
    assert figures(opened) == shown  # what somebody assumed is not forgotten


def test_invented_figures_are_called_invented(opened: AppTest) -> None:
    button = section(opened, "Cost and benefit").button(key="alerts_example")
    assert "invented" in button.label
    button.click().run()
    assert "Break-even effect" in figures(opened)


def test_the_card_says_what_simulated_figures_are_worth(opened: AppTest, warehouse: Path) -> None:
    assert "They say nothing about students" in words(section(opened, "About the score"))
    assert "Not for admission, financial aid, discipline or grading" in words(opened)
    with settings(warehouse):
        test = section(page("alerts"), "About the score")
    assert "Whether the records are simulated is not known here" in words(test)
    with settings(warehouse, STUDENT_SUCCESS_SIMULATED="0"):
        test = section(page("alerts"), "About the score")
    assert "imulated" not in words(test)


def test_the_file_has_what_the_list_has(opened: AppTest) -> None:
    listed = table(opened, "Why")
    opened.button(key="alerts_prepare").click().run()
    assert "Download 600 students as CSV" in str(opened.main)
    data = opened.session_state["alerts_file"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    assert len(rows) == 600
    assert set(listed.columns) | {"Rank", "Flagged", "Basis of the score", "Data synced (UTC)"} == set(rows[0])
    assert [int(row["Rank"]) for row in rows] == list(range(1, 601))
    assert [row["Student"] for row in rows[: len(listed)]] == list(listed["Student"])
    assert [row["Flagged"] for row in rows] == ["yes" if float(row["Score"]) >= 50 else "no" for row in rows]
    assert [row["Why"] for row in rows[: len(listed)]] == list(listed["Why"])
    assert {row["Basis of the score"] for row in rows} == {"model on simulated records, flagged from a score of 50"}
    assert {row["Data synced (UTC)"] for row in rows} == {"2025-09-01 12:00"}
    assert f"at most the {DOWNLOADED:,} who score highest" in words(opened)


def test_a_file_is_not_offered_for_another_threshold_than_it_was_made_for(opened: AppTest) -> None:
    opened.button(key="alerts_prepare").click().run()
    opened.slider(key="alerts_threshold").set_value(60).run()
    assert opened.button(key="alerts_prepare")


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
        test = everybody(page("alerts"))
        listed = table(test, "Why")
        section(test, "About the score")
    assert not test.exception
    assert "The plain rule is in use, not a model" in words(test)
    assert "there are 60" in words(test)
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
        assert not section(test, "By group").exception
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
        test = section(page("alerts"), "About the score")
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
        assert "GPA -1e+308" in table(test, "Why")["Why"][0]
        section(test, "What if").selectbox(key="alerts_start").set_value(0).run()  # who has the GPA of -1e308
    assert not test.exception


def test_strange_text_stays_text(tmp_path: Path) -> None:
    rows = [
        {**row, "student_id": f"{HOSTILE}{place}", "advisor_id": HOSTILE, "major_code": "=1+1", "current_gpa": 1.0}
        for place, row in enumerate(ROWS[:60])
    ]
    with settings(filled(tmp_path / "hostile.db", rows)):
        test = page("alerts").run()
        assert not test.exception
        listed = table(test, "Why")
        test.selectbox(key="alerts_student").set_value(listed["Student"][0])
        test.button(key="alerts_prepare").click().run()
        assert "**Next step:** " in words(test)
        for name in ("Ranked list", "By group", "What if", "Cost and benefit", "About the score"):
            section(test, name)
            test.session_state["alerts_groups_advisor_id"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
            test.run()
            assert not test.exception
            said = words(test) + "".join(button.label for button in test.button)
            assert "<script>" not in said
            assert "![" not in said
    written = list(csv.DictReader(io.StringIO(test.session_state["alerts_file"].decode("utf-8-sig"), newline="")))
    assert {row["Major"] for row in written} == {"'=1+1"}  # a spreadsheet does not compute it
    assert {row["Advisor"] for row in written} == {HOSTILE}
    assert listed["Student"][0].startswith(HOSTILE)
    assert {text[-4:] for text in listed["Major"]} == {"=1+1"}
    assert not [text for text in listed["Major"] if text.startswith("=")]  # nor does it what the table itself saves


def test_no_student_is_named_in_a_log(warehouse: Path, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    with settings(warehouse), caplog.at_level(logging.DEBUG):
        test = page("alerts").run()
        test.button(key="alerts_prepare").click().run()
    said = caplog.text + "".join(capfd.readouterr())
    assert not [row["student_id"] for row in ROWS if row["student_id"] in said]

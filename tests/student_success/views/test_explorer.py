"""The page of the data explorer."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from explorer import download
from tests.support.student_success import TYPES, filled, page, settings, simulated, words

pytestmark = pytest.mark.slow

ROWS = sorted(simulated(130), key=lambda row: row["record_id"])
EXTRA = {**TYPES, "advisor_notes": "VARCHAR", "pet": "JSON"}
STUDENT, RECORD = "0", "11"
"""Columns of the table, by their place among those that the page opens with."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [{**row, "advisor_notes": f"note {n}", "pet": {"n": n}} for n, row in enumerate(ROWS)]
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", rows, EXTRA)


@pytest.fixture
def explorer(warehouse: Path) -> Iterator[AppTest]:
    with settings(warehouse):
        yield page("explorer").run()


def records(test: AppTest) -> list[str]:
    assert not test.exception, test.exception
    return list(test.dataframe[0].value[RECORD])


def of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["record_id"] for row in rows]


def place(test: AppTest) -> str:
    return next(element.value for element in test.markdown if " of " in element.value)


def press(test: AppTest, name: str) -> AppTest:
    return test.button(key=f"explorer_{name}").click().run()


def test_the_first_page_has_the_usual_columns_and_every_other_is_a_click_away(explorer: AppTest) -> None:
    assert records(explorer) == of(ROWS[:25])
    assert place(explorer) == "**Rows 1 to 25** of 130"
    assert explorer.dataframe[0].value.shape == (25, 12)
    assert list(explorer.dataframe[0].value[STUDENT]) == [row["student_id"] for row in ROWS[:25]]
    assert explorer.button(key="explorer_previous").disabled
    press(explorer, "all_columns")
    assert explorer.dataframe[0].value.shape == (25, len(EXTRA) + 1)
    assert list(explorer.dataframe[0].value[STUDENT]) == [row["student_id"] for row in ROWS[:25]]
    assert list(explorer.dataframe[0].value["1"]) == of(ROWS[:25])
    assert records(press(explorer, "usual_columns")) == of(ROWS[:25])


def test_turning_pages_there_and_back(explorer: AppTest) -> None:
    assert records(press(explorer, "next")) == of(ROWS[25:50])
    assert records(press(explorer, "next")) == of(ROWS[50:75])
    assert place(explorer) == "**Rows 51 to 75** of 130"
    assert records(press(explorer, "previous")) == of(ROWS[25:50])
    assert records(press(explorer, "last")) == of(ROWS[105:])
    assert place(explorer) == "**Rows 106 to 130** of 130"
    assert explorer.button(key="explorer_next").disabled
    assert records(press(explorer, "previous")) == of(ROWS[80:105])
    assert place(explorer) == "**Rows 81 to 105** of 130"
    for number in ("56 to 80", "31 to 55", "6 to 30", "1 to 25"):
        assert place(press(explorer, "previous")) == f"**Rows {number}** of 130"
    assert records(explorer) == of(ROWS[:25])


def test_sorting_starts_over_and_puts_empty_cells_last(explorer: AppTest) -> None:
    press(explorer, "next")
    explorer.selectbox(key="explorer_by").set_value("avg_assignment_score")
    explorer.selectbox(key="explorer_way").set_value("Descending").run()
    filled = [row for row in ROWS if row["avg_assignment_score"] is not None]
    empty = [row for row in ROWS if row["avg_assignment_score"] is None]
    assert empty
    wanted = sorted(filled, key=lambda row: (row["avg_assignment_score"], row["record_id"]), reverse=True)
    assert records(explorer) == of(wanted[:25])
    assert records(press(explorer, "last")) == of((wanted + empty[::-1])[-25:])


@pytest.mark.parametrize("way", ["next", "last"])
def test_a_button_pressed_before_the_new_order_is_drawn_leads_to_its_first_page(explorer: AppTest, way: str) -> None:
    explorer.selectbox(key="explorer_by").set_value("current_gpa")
    explorer.selectbox(key="explorer_way").set_value("Descending")
    press(explorer, way)
    wanted = sorted(ROWS, key=lambda row: (row["current_gpa"], row["record_id"]), reverse=True)
    assert records(explorer) == of(wanted[:25])
    assert place(explorer) == "**Rows 1 to 25** of 130"
    assert records(press(explorer, "next")) == of(wanted[25:50])


def test_a_value_typed_before_the_new_order_is_drawn_leads_to_its_first_page(explorer: AppTest) -> None:
    explorer.text_input(key="explorer_start_record_id").set_value("8")
    explorer.selectbox(key="explorer_by").set_value("current_gpa").run()
    wanted = sorted(ROWS, key=lambda row: (row["current_gpa"], row["record_id"]))
    assert records(explorer) == of(wanted[:25])
    assert place(explorer) == "**Rows 1 to 25** of 130"


def test_starting_at_a_value(explorer: AppTest) -> None:
    explorer.selectbox(key="explorer_by").set_value("current_gpa").run()
    explorer.number_input(key="explorer_start_current_gpa").set_value(3.0).run()
    wanted = sorted(ROWS, key=lambda row: (row["current_gpa"], row["record_id"]))
    before = sum(1 for row in ROWS if row["current_gpa"] < 3.0)
    assert records(explorer) == of(wanted[before:][:25])
    assert place(explorer).startswith(f"**Rows {before + 1} to ")
    assert records(press(explorer, "previous")) == of(wanted[before - 25 : before])


def test_starting_at_a_text_does_not_count_what_comes_before(explorer: AppTest) -> None:
    explorer.text_input(key="explorer_start_record_id").set_value("8").run()
    assert records(explorer) == of([row for row in ROWS if row["record_id"] >= "8"][:25])
    assert place(explorer) == "**25 rows** of 130"
    press(press(press(explorer, "previous"), "previous"), "previous")
    assert records(explorer)[0] == ROWS[0]["record_id"]
    assert place(explorer).startswith("**Rows 1 to ")


def test_starting_beyond_the_end_begins_again(explorer: AppTest) -> None:
    explorer.text_input(key="explorer_start_record_id").set_value("~").run()
    assert records(explorer) == of(ROWS[:25])


def test_the_search_looks_in_columns_that_nobody_documented(explorer: AppTest) -> None:
    assert "Advisor notes" in explorer.text_input(key="explorer_search").label
    explorer.text_input(key="explorer_search").set_value("NOTE 12").run()
    assert records(explorer) == of([row for n, row in enumerate(ROWS) if str(n).startswith("12")])


def test_filters_by_kind_add_up(explorer: AppTest) -> None:
    explorer.multiselect(key="explorer_filtered").set_value(
        ["major_code", "current_gpa", "enrollment_date", "at_risk_flag"]
    ).run()
    explorer.selectbox(key="explorer_match_major_code").set_value("is not empty")
    explorer.selectbox(key="explorer_match_at_risk_flag").set_value("is no")
    explorer.number_input(key="explorer_match_current_gpa_low").set_value(2.5)
    explorer.date_input(key="explorer_match_enrollment_date_high").set_value(date(2022, 8, 11)).run()
    wanted = [
        row for row in ROWS
        if row["major_code"] and row["at_risk_flag"] is False and row["current_gpa"] >= 2.5
        and row["enrollment_date"][:10] <= "2022-08-11"
    ]  # fmt: skip
    assert 0 < len(wanted) < len(ROWS)
    assert records(explorer) == of(wanted[:25])
    assert place(explorer).endswith(f"of {len(wanted)}")


def test_one_of_takes_typed_values(explorer: AppTest) -> None:
    explorer.multiselect(key="explorer_filtered").set_value(["major_code"]).run()
    explorer.selectbox(key="explorer_match_major_code").set_value("is one of").run()
    explorer.session_state["explorer_match_major_code_values"] = ["CSCI", "HIST"]
    explorer.run()
    assert records(explorer) == of([row for row in ROWS if row["major_code"] in ("CSCI", "HIST")][:25])


def test_the_sidebars_choice_holds_here_too(explorer: AppTest) -> None:
    explorer.multiselect(key="filter_majors").select("CSCI").run()
    assert records(explorer) == of([row for row in ROWS if row["major_code"] == "CSCI"][:25])


def test_nobody_found_is_said(explorer: AppTest) -> None:
    explorer.text_input(key="explorer_search").set_value("nowhere").run()
    assert not explorer.dataframe
    assert "No records match" in explorer.info[0].value


def test_columns_are_chosen_in_an_order_and_kept_on_other_pages(warehouse: Path) -> None:
    with settings(warehouse):
        test = page("explorer").run()
        test.multiselect(key="explorer_columns").set_value(["major_code", "pet"]).run()
        explorer_hash, test._page_hash = test._page_hash, ""
        test.run()
        test._page_hash = explorer_hash
        test.run()
    assert not test.exception
    assert list(test.dataframe[0].value["0"].fillna("")) == [row["major_code"] or "" for row in ROWS[:25]]
    assert test.dataframe[0].value["1"][0] == '{"n":0}'
    test.multiselect(key="explorer_columns").set_value([])
    with settings(warehouse):
        test.run()
    assert "No column is chosen" in test.info[0].value


def test_a_file_is_made_of_what_is_asked_when_it_is_asked_for(explorer: AppTest) -> None:
    made: list[download.spreadsheet.File] = []

    def file(*arguments: Any) -> download.spreadsheet.File:
        made.append(original(*arguments))
        return made[-1]

    original = download.file
    with patch.object(download, "file", file):
        explorer.selectbox(key="explorer_by").set_value("student_id")
        explorer.multiselect(key="explorer_columns").set_value(["record_id", "current_gpa"]).run()
        assert not made
        press(explorer, "prepare")
    assert not explorer.exception
    head, *rows = csv.reader(io.StringIO(made[0].content.decode("utf-8-sig"), newline=""))
    wanted = sorted(ROWS, key=lambda row: (row["student_id"], row["record_id"]))
    assert head == ["record_id", "current_gpa"]
    assert rows == [[row["record_id"], str(row["current_gpa"])] for row in wanted]
    assert "Download 130 records" in explorer.get("download_button")[0].proto.label
    explorer.text_input(key="explorer_search").set_value("note 1").run()
    assert not explorer.get("download_button")


def test_a_table_without_a_key_shows_its_first_records_and_says_so(tmp_path: Path) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name != "record_id"}
    path = filled(tmp_path / "w.db", [{key: row[key] for key in types} for row in ROWS], types)
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO hed.hed_records SELECT r.* FROM hed.hed_records r, range(9)")
    with settings(path):
        test = page("explorer").run()
        test.selectbox(key="explorer_by").set_value("current_gpa").run()
    assert not test.exception
    assert "no record key to turn pages by. Shown: its first 1,000 of 1,300 records" in words(test)
    assert list(test.dataframe[0].value["3"]) == sorted(row["current_gpa"] for row in ROWS for _ in range(10))[:1000]


def test_a_sync_in_between_keeps_the_place_without_its_number(tmp_path: Path) -> None:
    path = filled(tmp_path / "w.db", ROWS)
    with settings(path):
        test = press(page("explorer").run(), "next")
        with duckdb.connect(str(path)) as connection:
            connection.execute("DELETE FROM hed.hed_records WHERE record_id = ?", [ROWS[0]["record_id"]])
        test.run()
    assert records(test) == of(ROWS[25:50])
    assert place(test) == "**25 rows** of 129"

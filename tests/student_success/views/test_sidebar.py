"""The sidebar: whom every page looks at."""

from pathlib import Path

import pytest

from tests.support.student_success import TYPES, filled, page, settings, simulated, words


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("sidebar") / "warehouse.db", simulated())


def test_a_choice_is_in_the_address_and_clearing_takes_it_out(warehouse: Path) -> None:
    with settings(warehouse):
        test = page().run()
        test.multiselect(key="filter_majors").select("CSCI").run()
        assert test.query_params == {"major": "CSCI"}
        next(button for button in test.button if button.label == "Clear all filters").click().run()
        assert not test.query_params
        assert test.multiselect(key="filter_majors").value == []


def test_an_address_is_a_choice_on_every_page(warehouse: Path) -> None:
    with settings(warehouse):
        for name in ("metrics", "explorer"):
            test = page(name)
            test.query_params["major"] = ["CSCI", "HIST"]
            test.query_params["at_risk"] = "yes"
            test.query_params["to"] = "2023-06-30"
            test.run()
            assert test.multiselect(key="filter_majors").value == ["CSCI", "HIST"]
            assert test.selectbox(key="filter_at_risk").value == "At risk"
            assert str(test.date_input(key="filter_enrolled_to").value) == "2023-06-30"


def test_what_the_address_says_and_nobody_understands_is_said(warehouse: Path) -> None:
    with settings(warehouse):
        test = page()
        test.query_params["from"] = "<script>"
        test.query_params["at_risk"] = "maybe"
        test.run()
    assert not test.exception
    assert "“from” makes no sense" in words(test)
    assert "“at&#95;risk” makes no sense" in words(test)


def test_a_value_that_the_data_has_not_is_shown_and_leaves_nobody(warehouse: Path) -> None:
    with settings(warehouse):
        test = page()
        test.query_params["major"] = "<b>XXXX</b>"
        test.run()
    assert not test.exception
    assert test.multiselect(key="filter_majors").value == ["<b>XXXX</b>"]


def test_a_period_that_ends_before_it_begins_is_said(warehouse: Path) -> None:
    with settings(warehouse):
        test = page()
        test.query_params["from"] = "2024-01-01"
        test.query_params["to"] = "2023-01-01"
        test.run()
    assert not test.exception
    assert "ends before it begins" in words(test)


def test_a_table_without_the_columns_of_the_filters_shows_everybody(tmp_path: Path) -> None:
    types = {name: type_ for name, type_ in TYPES.items() if name not in ("major_code", "enrollment_date")}
    with settings(filled(tmp_path / "warehouse.db", simulated(20), types)):
        test = page()
        test.query_params["major"] = "CSCI"
        test.run()
    assert not test.exception
    assert "20 records" in words(test)
    assert [choice.label for choice in test.multiselect][:2] == ["Academic standing", "Advisor"]


def test_a_table_that_fivetran_did_not_fill_says_how_many_records_there_are(tmp_path: Path) -> None:
    import duckdb

    path = filled(tmp_path / "warehouse.db", simulated(20))
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE hed.hed_records DROP _fivetran_synced")
    with settings(path):
        test = page().run()
    assert not test.exception
    assert "20 records" in words(test)
    assert "synced" not in words(test)


def test_what_is_not_known_is_named_by_what_it_means(warehouse: Path) -> None:
    with settings(warehouse):
        test = page().run()
    named = {choice.label: choice.options for choice in test.multiselect}
    assert "No major" in named["Major"]
    assert "None" not in named["Major"]
    assert test.selectbox(key="filter_at_risk").value == "All"


def test_how_new_the_rows_are_stands_above_the_filters(warehouse: Path) -> None:
    with settings(warehouse):
        test = page().run()
    order = [element.type for element in test.sidebar]
    assert test.sidebar.caption[0].value == "600 records, newest synced 2025-09-01 12:00 UTC"
    assert order.index("caption") < order.index("multiselect")


def test_insights_history_keeps_the_choice_without_drawing_it(warehouse: Path) -> None:
    with settings(warehouse):
        test = page("history")
        test.query_params["major"] = "CSCI"
        test.run()
        assert not [choice for choice in test.multiselect if choice.key == "filter_majors"]
        assert test.query_params["major"] in ("CSCI", ["CSCI"])
        test._page_hash = page("explorer")._page_hash
        test.run()
        assert test.multiselect(key="filter_majors").value == ["CSCI"]
        test._page_hash = page("history")._page_hash
        test.run()
        test._page_hash = page("explorer")._page_hash
        test.run()
        assert test.multiselect(key="filter_majors").value == ["CSCI"]

"""Every page of StudentSuccess, through Streamlit's own test door."""

from html import unescape
from pathlib import Path

import pytest

from tests.support.student_success import filled, page, settings, simulated, words

PAGES = ("metrics", "alerts", "insights", "history", "explorer")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", simulated())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_600_records(warehouse: Path, name: str) -> None:
    with settings(warehouse):
        test = page(name).run()
    assert not test.exception
    assert not test.error
    assert "600 records, newest synced 2025-09-01 12:00 UTC" in unescape(words(test))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_a_warehouse_says_how_to_fill_one(tmp_path: Path, name: str) -> None:
    with settings(tmp_path / "none.db"):
        test = page(name).run()
    assert not test.exception
    assert test.header[0].value == "No student records yet"
    assert "./fivetran debug hed --simulate" in test.code[0].value

"""A page and the data that changes under it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from cohort.cohort import Cohort, Place
from cohort.filters import EVERYBODY
from cohort.freshness import COUNT
from tests.support.student_success import filled, page, settings, simulated, words
from views.reader import DataChangedError, Reader
from warehouse.duckdb_file import DuckDBFile, _OpenFile
from warehouse.protocol import TableName


def _place(path: Path) -> Place:
    return Place(DuckDBFile(path), TableName("hed", "hed_records"))


def test_what_is_asked_after_a_landing_does_not_join_what_was_asked_before(tmp_path: Path) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(20))
    place = _place(path)
    cohort = Cohort(place)
    reader = Reader(cohort, EVERYBODY, place.warehouse.version())
    assert reader.row(COUNT)["records"] == 20
    cohort.close()
    filled(path, simulated(30))
    assert reader.row(COUNT)["records"] == 20  # it was kept, and is of the page's data
    with pytest.raises(DataChangedError):
        reader.once("something new", lambda: 1)
    cohort.close()


def test_a_landing_in_the_middle_of_a_page_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(20))
    landed = []

    @contextmanager
    def connect(self: DuckDBFile) -> Iterator[_OpenFile]:
        if not landed:
            landed.append(filled(path, simulated(600)))
        with connect_as_ever(self) as session:
            yield session

    connect_as_ever = DuckDBFile.connect
    monkeypatch.setattr(DuckDBFile, "connect", connect)
    with settings(path):
        test = page().run()
    assert not test.exception
    assert landed
    assert "600 records" in words(test).replace("&#46;", ".")
    assert "20 records" not in words(test)


def test_what_a_writer_that_died_had_committed_is_another_version(tmp_path: Path) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(20))
    warehouse = DuckDBFile(path)
    before = warehouse.version()
    log = path.with_name("warehouse.db.wal")
    log.write_bytes(b"x")
    assert warehouse.version() != before
    log.unlink()
    assert warehouse.version() == before


@pytest.mark.parametrize("type_", ["BIGINT", "DOUBLE", "BOOLEAN", "DATE"])
def test_codes_that_are_no_text_are_chosen_like_others(tmp_path: Path, type_: str) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(40))
    value = {"BIGINT": "7", "DOUBLE": "7.5", "BOOLEAN": "true", "DATE": "DATE '2024-01-13'"}[type_]
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE hed.hed_records DROP advisor_id")
        connection.execute(f"ALTER TABLE hed.hed_records ADD COLUMN advisor_id {type_}")
        connection.execute(f"UPDATE hed.hed_records SET advisor_id = {value}")
        [(written,)] = connection.execute("SELECT DISTINCT CAST(advisor_id AS VARCHAR) FROM hed.hed_records").fetchall()
    with settings(path):
        for name in ("metrics", "explorer"):
            test = page(name)
            test.query_params["advisor"] = written
            test.run()
            assert not test.exception
            assert not test.error
            assert test.multiselect(key="filter_advisors").value == [written]


def test_a_value_of_a_row_is_in_no_error(tmp_path: Path) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(40))
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE hed.hed_records ALTER at_risk_flag TYPE VARCHAR")
        connection.execute("UPDATE hed.hed_records SET at_risk_flag = 'Jane O''Neil 123-45-6789'")
    with settings(path):
        for name in ("metrics", "alerts", "explorer"):
            test = page(name)
            test.query_params["at_risk"] = "yes"
            test.run()
            assert not test.exception
            assert "Neil" not in words(test)
            assert "6789" not in words(test)

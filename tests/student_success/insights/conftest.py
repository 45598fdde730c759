from pathlib import Path
from typing import Any

import pytest

from cohort.cohort import Place
from tests.support.student_success import filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName


@pytest.fixture(scope="session")
def simulated_rows() -> list[dict[str, Any]]:
    return simulated(600)


@pytest.fixture(scope="session")
def simulated_place(tmp_path_factory: pytest.TempPathFactory, simulated_rows: list[dict[str, Any]]) -> Place:
    return place_of(filled(tmp_path_factory.mktemp("insights") / "warehouse.db", simulated_rows))


def place_of(path: Path) -> Place:
    return Place(DuckDBFile(path), TableName("hed", "hed_records"))

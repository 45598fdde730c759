"""Records in a file of DuckDB's, and in the stand-ins of the remote warehouses; each made once a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.student_success.warehouse.stand_ins import StandIn, stand_in
from tests.support.student_success import filled, simulated


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("records") / "warehouse.db", simulated())


@pytest.fixture(scope="session", params=["snowflake", "databricks"])
def remote(request: pytest.FixtureRequest, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(request.param, file, tmp_path_factory.mktemp(request.param)) as running:
        yield running

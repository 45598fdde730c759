"""Fixtures for public clients: one `./fivetran serve` for all tests of a module, and a connection for each test."""

import itertools

import pytest

from tests.support.hed_connection import ROWS, HedConnection, fivetran_with_control
from tests.support.simulated_hed import simulated_hed

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def fivetran(tmp_path_factory):
    with fivetran_with_control(tmp_path_factory.mktemp("fivetran")) as fivetran:
        yield fivetran


@pytest.fixture(scope="module")
def source():
    with simulated_hed(ROWS) as source:
        yield source


@pytest.fixture
def hed(fivetran, source):
    connection = HedConnection(fivetran, source, f"hed_{next(_numbers)}")
    yield connection
    connection.leave()

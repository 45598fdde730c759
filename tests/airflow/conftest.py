"""One Airflow for all tests of a module, pointed at a local Fivetran."""

import pytest

from tests.airflow.airflow_process import Airflow
from tests.support.client_environments import client_python
from tests.support.hed_fixtures import fivetran, hed, source

__all__ = ["airflow", "fivetran", "hed", "source"]


@pytest.fixture(scope="module")
def airflow(fivetran, tmp_path_factory):  # the fixture of that name
    home = tmp_path_factory.mktemp("airflow")
    with Airflow(client_python("airflow"), home, fivetran.url, fivetran.api_key, fivetran.api_secret) as airflow:
        yield airflow

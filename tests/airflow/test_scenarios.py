"""The real Airflow and its Fivetran provider run dags/hed.py against the local Fivetran, whatever happens meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.airflow.scenarios import SCENARIOS, Scenario
from tests.support.hed_connection import ROWS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
]  # the first makes the environment

ENDED = {"success", "failed", "upstream_failed"}


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferrable", "in a worker"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_run_ends_as_it_should(scenario: Scenario, deferrable, airflow, hed):
    scenario.arrange(hed)
    with ThreadPoolExecutor(1) as aside:
        meanwhile = aside.submit(scenario.meanwhile, hed)
        ended = airflow.run(deferrable=deferrable, variables=hed.variables, **scenario.wanted)
        meanwhile.result()
    said = airflow.tail()
    assert ended.state == scenario.state, said
    assert ended.tries["sync"] in scenario.tries, said
    assert set(ended.tasks.values()) <= ENDED, said
    assert scenario.logs in ended.log
    if scenario.state == "success":
        assert set(ended.tasks.values()) == {"success"}
        assert hed.rows() == ROWS
    else:
        assert ended.tasks == {"sync": "failed", "wait": "upstream_failed", "check_rows": "upstream_failed"}
    assert ended.triggers >= scenario.defers if deferrable else ended.triggers == 0
    assert airflow.api_secret not in ended.log
    scenario.holds(hed)

"""docs/airflow.md says what the tests show."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.airflow.airflow_process import ROOT, Airflow
from tests.airflow.scenarios import table

PAGE = (ROOT / "docs" / "airflow.md").read_text()


def test_it_lists_every_scenario_as_it_ends():
    shown = re.search(r"\| \| what happens \| the run \|\n\|---\|---\|---\|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert shown[1].splitlines() == table()


def test_it_names_every_variable_of_the_dag():
    used = set(re.findall(r"\bvar\.value\.(?:get\(')?(\w+)", (ROOT / "dags" / "hed.py").read_text()))
    assert used
    for name in used:
        assert f"| `{name}` | `AIRFLOW_VAR_{name.upper()}` |" in PAGE


def test_what_it_exports_is_what_the_tests_run_with(tmp_path):
    (tmp_path / "files" / "fivetran").mkdir(parents=True)
    (tmp_path / "files" / "fivetran" / "credentials.json").write_text(
        '{"api_key": "a key", "api_secret": "a \\"secret"}'
    )
    [exports] = re.findall(r"```sh\n( +export AIRFLOW_HOME.*?)```", PAGE, re.DOTALL)
    script = f"{textwrap.dedent(exports)}\n{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
    )
    told = json.loads(done.stdout)
    url, key, secret = "http://127.0.0.1:8787", "a key", 'a "secret'
    ours = Airflow(Path(sys.executable), tmp_path / "files" / "airflow", url, key, secret, project=tmp_path).variables
    of_airflow = [name for name in ours if "AIRFLOW" in name or "FIVETRAN" in name]
    assert {name: told.get(name) for name in of_airflow} == {name: ours[name] for name in of_airflow}
    assert told["AIRFLOW_VAR_HED_WAREHOUSE"] == str(tmp_path / "files" / "warehouse.db")


@pytest.mark.slow
@pytest.mark.timeout(1200)  # it may have to make the environment
def test_its_check_for_another_warehouse_is_one_that_airflow_takes(airflow):
    [snippet] = re.findall(r"```python\n( +from airflow.*?)```", PAGE, re.DOTALL)
    assert airflow.ask(snippet=snippet) == {"type": "SQLCheckOperator", "task": "check_rows"}

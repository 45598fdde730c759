"""The files by which platforms run the app: they name what is there, all of it, and what the app reads."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.support.student_success import ROOT

APP = ROOT / "apps" / "student_success"
CLIENTS = {"databricks-sdk", "databricks-sql-connector", "google-cloud-bigquery", "snowflake-connector-python"}
IN_CONDA = {"duckdb": "python-duckdb"}


def loaded(name: str) -> Any:
    return yaml.safe_load((APP / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def extra() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return requirements(project["project"]["optional-dependencies"]["app"])


def requirements(lines: list[str]) -> dict[str, str]:
    """Return versions by the packages' names."""
    found = (re.fullmatch(r"([\w-]+)(?:\[\w+\])?(.*)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def test_what_platforms_install_is_the_extra_and_the_warehouses_clients(extra: dict[str, str]) -> None:
    lines = (APP / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = requirements([line for line in lines if not line.startswith("#")])
    assert {name: version for name, version in asked.items() if name not in CLIENTS} == extra
    assert asked.keys() >= CLIENTS


def test_what_snowflakes_channel_installs_is_the_extra_and_snowpark(extra: dict[str, str]) -> None:
    asked = {re.split(r"[=>]", line)[0] for line in loaded("environment.yml")["dependencies"]}
    assert asked == {IN_CONDA.get(name, name) for name in extra} | {"python", "snowflake-snowpark-python"}


def test_snowflake_is_given_every_file_of_the_app() -> None:
    [app] = loaded("snowflake.yml")["entities"].values()
    given = [APP / artifact for artifact in app["artifacts"]]
    assert not [path for path in given if not path.exists()]
    needed = [*APP.rglob("*.py"), APP / "requirements.txt", APP / ".streamlit" / "config.toml"]
    assert not [path for path in needed if not any(path.is_relative_to(one) for one in given)]


def test_a_databricks_app_names_the_resources_that_its_bundle_gives() -> None:
    [app] = loaded("databricks.yml")["resources"]["apps"].values()
    given = {resource["name"] for resource in app["resources"]}
    assert {line["valueFrom"] for line in loaded("app.yaml")["env"] if "valueFrom" in line} == given


def test_a_databricks_app_sets_what_the_app_reads() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in APP.rglob("*.py"))
    for name in (line["name"] for line in loaded("app.yaml")["env"]):
        assert name in code or name.startswith("UC_"), name
    command, *words = loaded("app.yaml")["command"]
    assert (command, words) == ("streamlit", ["run", "streamlit_app.py"])

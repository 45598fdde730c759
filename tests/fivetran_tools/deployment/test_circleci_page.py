"""docs/circleci.md says of deploy.yaml what the code does, and its commands for gcloud are gcloud's."""

import dataclasses
import os
import re
import shutil
import subprocess

import pytest
import yaml

from fivetran_tools.deployment.deploy_file import parse_deployments
from fivetran_tools.deployment.deploy_schema import deploy_schema
from fivetran_tools.deployment.deployments import Deployment
from tests.support.ci_checkout import ROOT

PAGE = (ROOT / "docs" / "circleci.md").read_text(encoding="utf-8")
FIELDS = {"memory": "memory_mib", "timeout": "timeout_seconds"}
WITHOUT = {"service_account": "Google's", "ingress": "Google's", "secrets": "none"}
WITHOUT["allow_unauthenticated"] = "nobody without the invoker role"


def rows():
    table = re.search(r"\| key \|.*?\n\n", PAGE, re.DOTALL)[0].splitlines()[2:-1]
    return {row[0].strip("`"): row[1:] for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in table)}


def test_the_table_has_every_key_with_its_legal_values():
    keys = deploy_schema(["hed"])["additionalProperties"]["properties"]
    assert list(rows()) == list(keys)
    for key, schema in keys.items():
        if key not in ("connector", "environment"):
            assert rows()[key][0] == schema["description"], key


def test_the_table_has_the_defaults_of_deployments_py():
    defaults = {field.name: field.default for field in dataclasses.fields(Deployment)}
    for key, (_, default) in rows().items():
        if key in ("connector", "environment"):
            assert default == "needed"
        elif key == "memory":
            assert default == f"{defaults['memory_mib']}Mi"
        else:
            assert default == (WITHOUT.get(key) or str(defaults[FIELDS.get(key, key)])), key


def test_the_examples_are_a_file_that_can_be_read():
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert parse_deployments("".join(examples), "docs/circleci.md", ["hed"]).functions["hed"].environment.name == "dev"


def test_the_table_of_jobs_has_the_jobs_of_the_configuration():
    config = yaml.safe_load((ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8"))
    (workflow,) = config["workflows"].values()
    named = {
        next(iter(entry.values())).get("name", next(iter(entry))) if isinstance(entry, dict) else entry
        for entry in workflow["jobs"]
    }
    table = re.search(r"\| job \|.*?\n\n", PAGE, re.DOTALL)[0]
    assert {re.sub(r"^(test|deploy)-.*", r"\1-", name) for name in named} == {
        re.sub(r"[A-Z]+$", "", name) for name in re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)
    }


def test_the_variables_of_the_context_are_those_that_the_login_reads():
    script = (ROOT / ".circleci" / "with_google_login.sh").read_text(encoding="utf-8")
    read = set(re.findall(r"\bGCP_\w+", script))
    assert (
        read
        == set(re.findall(r"\bGCP_\w+", PAGE))
        == {
            "GCP_WORKLOAD_IDENTITY_PROVIDER",
            "GCP_SERVICE_ACCOUNT",
            "GCP_KEY_BASE64",
        }
    )


def gcloud_commands():
    blocks = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    return [line for line in blocks.splitlines() if line.startswith("gcloud ")]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("gcloud"), reason="there is no gcloud on the PATH")
@pytest.mark.parametrize("command", gcloud_commands(), ids=lambda command: " ".join(command.split()[1:5]))
def test_gcloud_understands_each_command(tmp_path, command):
    """Without an account gcloud reads its whole command line and then stops; a mistake in it is exit code 2."""
    block = re.search(r"```sh\n(.*?)\n\n", PAGE, re.DOTALL)[1]
    assignments = re.sub(r"NUMBER=.*", "NUMBER=123456789012", block)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path / "gcloud")}
    done = subprocess.run(
        ["bash", "-euc", f"{assignments}\n{command} --quiet"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "do not currently have an active account" in done.stderr) == (1, True), done.stderr

"""What runs against what is committed, as `./fivetran deploy --status` tells it."""

import json
import os

import pytest

from tests.support.deployable_checkout import TINY, deployable_checkout
from tests.support.fake_gcloud import fake_gcloud, function_json

MISSING = "ERROR: status=[404], message=[Resource 'projects/p/locations/l/functions/tiny' was not found]\n"


@pytest.fixture
def checkout(tmp_path):
    return deployable_checkout(tmp_path / "checkout")


@pytest.fixture
def gcloud(tmp_path, checkout):
    fake = fake_gcloud(tmp_path / "bin")
    checkout.environment["PATH"] = f"{fake.folder}{os.pathsep}{os.environ['PATH']}"
    return fake


def verdict(checkout, *words):
    done = checkout.run("deploy", "tiny", "--status", "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    return found["verdict"]


def test_what_runs_is_compared_with_the_commit_that_is_checked_out(checkout, gcloud):
    first = checkout.git("rev-parse", "HEAD")
    gcloud.answers("describe", stdout=function_json(commit=first))
    assert verdict(checkout) == "up to date"
    checkout.write("connectors/tiny/README.md", "words\n")
    checkout.commit()
    assert verdict(checkout) == "1 commit behind, connector unchanged"
    checkout.write("connectors/tiny/main.py", TINY + "\nmore = 1\n")
    checkout.commit()
    assert verdict(checkout) == "2 commits behind, connector changed"


@pytest.mark.parametrize(
    ("commit", "state", "said"),
    [
        ("f" * 40, "ACTIVE", "unknown commit"),
        ("", "ACTIVE", "unknown commit"),
        ("-x", "ACTIVE", "unknown commit"),
        ("HEAD-modified", "ACTIVE", "deployed from modified files, up to date"),
        ("HEAD", "FAILED", "its last deploy failed, up to date"),
        ("HEAD", "DEPLOYING", "not active, up to date"),
    ],
)
def test_what_is_unusual_is_said(checkout, gcloud, commit, state, said):
    head = checkout.git("rev-parse", "HEAD")
    gcloud.answers("describe", stdout=function_json(commit=commit.replace("HEAD", head), state=state))
    assert verdict(checkout) == said


def test_a_function_that_does_not_exist_is_not_deployed(checkout, gcloud):
    gcloud.answers("describe", stderr=MISSING, code=1)
    assert verdict(checkout, "--environment", "prod") == "not deployed"
    assert "--project=prod-project" in gcloud.asked[0]


def test_the_table_has_a_row_for_each_function_of_deploy_yaml(checkout, gcloud):
    checkout.write(
        "deploy.yaml",
        "environments:\n  dev: {project: dev-project, context: c}\n  new: {project: your-project-id, context: c}\n"
        "tiny: {connector: tiny, environment: dev}\nhed: {connector: hed, environment: new}\n"
        "sdk: {connector: hed, environment: dev, target: connector-sdk}\n",
    )
    gcloud.answers("describe", stdout=function_json(commit="a" * 40))
    done = checkout.run("deploy", "--status")
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "no project yet" in rows["hed"]
    assert "aaaaaaaaaaaa (0-1-0)" in rows["tiny"]
    assert "ACTIVE" in rows["tiny"]
    assert "runs at Fivetran" in rows["sdk"]
    assert len(gcloud.asked) == 1, "only what can be known is asked for"


def test_a_failure_names_the_function(checkout, gcloud):
    gcloud.answers("describe", stderr="ERROR: (gcloud.functions.describe) ResponseError: status=[403]\n", code=1)
    done = checkout.run("deploy", "--status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "fivetran: tiny: `gcloud functions describe tiny` failed: ResponseError: status=[403]"
    )
    assert done.stderr.count("\n") == 1

"""What runs against what is committed, as `./fivetran deploy --status` tells it."""

import json

import pytest

from tests.support.deployable_checkout import TINY, deployable_checkout
from tests.support.fake_gcloud import function_json, gcloud_of

pytestmark = pytest.mark.slow

MISSING = "ERROR: status=[404], message=[Resource 'projects/p/locations/l/functions/tiny' was not found]\n"


@pytest.fixture
def checkout(tmp_path):
    return deployable_checkout(tmp_path / "checkout")


@pytest.fixture
def gcloud(tmp_path, checkout):
    return gcloud_of(checkout, tmp_path / "bin")


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
    assert [asked[1] for asked in gcloud.asked] == ["describe", "list"], "only what can be known is asked for"


def test_a_failure_names_the_function(checkout, gcloud):
    gcloud.answers("describe", stderr="ERROR: (gcloud.functions.describe) ResponseError: status=[403]\n", code=1)
    done = checkout.run("deploy", "--status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "fivetran: tiny: `gcloud functions describe tiny` failed: ResponseError: status=[403]"
    )
    assert done.stderr.count("\n") == 1


def named(place, project="dev-project"):
    region, function = place.split("/")
    document = json.loads(function_json(commit="a" * 40))
    return {**document, "name": f"projects/{project}/locations/{region}/functions/{function}"}


def test_functions_of_ours_that_deploy_yaml_does_not_say_are_listed(checkout, gcloud):
    gcloud.answers("describe", stdout=function_json())
    places = ["us-central1/tiny", "europe-west1/tiny", "us-central1/renamed"]
    gcloud.answers("list", "--project=dev-project", stdout=json.dumps([named(place) for place in places]))
    gcloud.answers("list", "--project=prod-project", stdout="[]")
    done = checkout.run("deploy", "--status", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    _, *others = [
        (one["environment"], one["region"], one["function"], one["verdict"]) for one in json.loads(done.stdout)
    ]
    assert others == [
        ("dev", "us-central1", "renamed", "not in deploy.yaml"),
        ("dev", "europe-west1", "tiny", "deploy.yaml deploys it elsewhere"),
    ]
    assert "renamed" in checkout.run("deploy", "--status").stdout
    assert len(json.loads(checkout.run("deploy", "tiny", "--status", "--format", "json").stdout)) == 1


def test_an_account_that_may_not_list_functions_sees_those_of_deploy_yaml(checkout, gcloud):
    gcloud.answers("describe", stdout=function_json(commit=checkout.git("rev-parse", "HEAD")))
    gcloud.answers("list", stderr="ERROR: (gcloud.functions.list) PERMISSION_DENIED: no\n", code=1)
    done = checkout.run("deploy", "--status")
    assert done.returncode == 0
    assert "up to date" in done.stdout
    assert done.stderr == (
        "what runs beside them is not known: `gcloud functions list` failed: PERMISSION_DENIED: no\n"
    )

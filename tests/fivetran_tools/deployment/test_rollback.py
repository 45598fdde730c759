"""The way back leads to the function that failed, or there is none."""

import json

import pytest

from tests.support.deployable_checkout import DEPLOY_FILE, TINY, deployable_checkout
from tests.support.fake_gcloud import function_json, gcloud_of
from tests.support.scripted_source import document, scripted_source

FAILS = document({"errorMessage": "boom", "errorType": "ValueError", "stackTrace": ""}, 500)
WORKS = document({"state": {}, "insert": {}, "hasMore": False})
PROD = DEPLOY_FILE.replace("environment: dev}", "environment: prod}")


@pytest.fixture
def checkout(tmp_path):
    made = deployable_checkout(tmp_path / "a checkout")
    made.environment["FUNCTION_ID_TOKEN"] = "made-up"
    return made


@pytest.fixture
def gcloud(checkout, tmp_path):
    return gcloud_of(checkout, tmp_path / "fake")


def deploy_what_fails(checkout, gcloud, *words, before, generation="GEN_2"):
    """Deploy over a version whose label says `before`; its first call fails, those after it work."""
    checkout.write("connectors/tiny/main.py", TINY + "# worse\n")
    checkout.commit()
    known = {**json.loads(function_json(commit=before)), "environment": generation}
    gcloud.answers("describe", stdout=json.dumps(known))
    with scripted_source(FAILS, WORKS) as function:
        gcloud.answers("functions", "deploy", stdout=function_json(url=function.url))
        done = checkout.run("deploy", "tiny", *words)
    assert done.returncode == 1
    deploys = [asked for asked in gcloud.asked if asked[1] == "deploy"]
    return done.stderr.splitlines()[-1], deploys


def test_the_way_back_deploys_the_commit_before_to_the_same_place(checkout, gcloud):
    before = checkout.git("rev-parse", "HEAD")
    line, (first, second) = deploy_what_fails(checkout, gcloud, "--roll-back", before=before)
    assert line.endswith(f"; went back to {before[:12]}, which answers")
    assert first[2:5] == second[2:5] == ["tiny", "--project=dev-project", "--region=us-central1"]


@pytest.mark.parametrize("words", [("--roll-back",), ()], ids=["taken", "advised"])
@pytest.mark.parametrize(
    ("deploy_file", "there"),
    [
        (PROD, "prod-project/us-central1, generation 2"),
        (DEPLOY_FILE.replace("environment: dev}", "environment: dev, region: europe-west1}"), "europe-west1"),
        (DEPLOY_FILE.replace("project: dev-project", "project: moved-away"), "moved-away/us-central1, generation 2"),
    ],
    ids=["environment", "region", "project"],
)
def test_a_commit_that_deploys_elsewhere_is_no_way_back(checkout, gcloud, deploy_file, there, words):
    before = checkout.git("rev-parse", "HEAD")
    checkout.write("deploy.yaml", deploy_file)
    line, deploys = deploy_what_fails(checkout, gcloud, *words, before=before)
    assert "; there is no way back: " in line
    assert f"deploy.yaml of {before[:12]} means function tiny in dev-project/us-central1, generation 2, and not" in line
    assert there in line
    assert len(deploys) == 1


def test_a_commit_with_another_generation_or_on_another_road_is_no_way_back(checkout, gcloud):
    for entry in ("generation: 1", "target: connector-sdk"):
        checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", f"environment: dev, {entry}}}"))
        before = checkout.commit()
        checkout.write("deploy.yaml", DEPLOY_FILE)
        line, _ = deploy_what_fails(checkout, gcloud, "--roll-back", before=before)
        assert f"; there is no way back: deploy.yaml of {before[:12]} means" in line


def test_a_commit_without_the_function_is_no_way_back(checkout, gcloud):
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("tiny: {", "other: {"))
    before = checkout.commit()
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("tiny: {", "other: {connector: hed, environment: dev}\ntiny: {"))
    line, deploys = deploy_what_fails(checkout, gcloud, "--roll-back", before=before)
    assert "; there is no way back: " in line
    assert len(deploys) == 1


def test_the_advice_names_the_environment_that_was_asked_for(checkout, gcloud):
    before = checkout.git("rev-parse", "HEAD")
    line, _ = deploy_what_fails(checkout, gcloud, "--environment", "prod", before=before)
    assert line.endswith(f"; go back with `./fivetran deploy tiny --commit {before[:12]} --environment prod`")

"""What CircleCI would refuse and its public schema lets through is found."""

import copy

import pytest
import yaml

from fivetran_tools.deployment.ci_checks import problems
from tests.support.ci_checkout import ROOT

CONFIG = yaml.safe_load((ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8"))


def workflow(config):
    return config["workflows"]["test-and-deploy"]["jobs"]


def given(config, name):
    return next(next(iter(entry.values())) for entry in workflow(config) if name in str(entry))


def test_the_configuration_of_this_project_holds_together():
    assert problems(CONFIG) == []


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (lambda c: c.update(job={}), "unknown key 'job'"),
        (lambda c: c["jobs"].pop("deploy-function"), "job deploy-hed: job 'deploy-function' is not defined"),
        (lambda c: c["jobs"]["check-config"].update(executor="ruby"), "executor 'ruby' is not defined"),
        (lambda c: c["jobs"]["check-config"]["steps"].append("chekout"), "step 'chekout' is not defined"),
        (
            lambda c: c["jobs"]["test-connector"]["steps"][-1]["when"]["steps"].append({"rnu": "ls"}),
            "job test-connector: step 'rnu' is not defined",
        ),
        (lambda c: c["commands"].pop("make-environment"), "step 'make-environment' is not defined"),
        (
            lambda c: c["jobs"]["test-connector"]["parameters"].pop("connector"),
            "job test-connector: parameter 'connector' is not declared",
        ),
        (lambda c: given(c, "test-hed").pop("connector"), "job test-hed: parameter 'connector' is missing"),
        (lambda c: given(c, "test-hed").update(conector="hed"), "job test-hed: parameter 'conector' is not declared"),
        (
            lambda c: c["jobs"]["check-config"]["steps"][0]["make-environment"].pop("extra"),
            "job check-config: step make-environment: parameter 'extra' is missing",
        ),
        (lambda c: workflow(c).append("check-config"), "job check-config is there 2 times"),
        (
            lambda c: given(c, "deploy-hed")["requires"].append("test-head"),
            "job deploy-hed requires 'test-head', which is no job",
        ),
        (
            lambda c: c["jobs"]["deploy-function"]["steps"][1]["make-environment"].update(cached=True),
            "job deploy-hed has a context and uses a cache, which every branch can fill with what it then runs",
        ),
        (
            lambda c: c["jobs"]["deploy-function"]["steps"].append({"save_cache": {"key": "x", "paths": ["."]}}),
            "job deploy-hed has a context and uses a cache",
        ),
        (lambda c: given(c, "test-hed").update(context="any"), "job test-hed has a context and uses a cache"),
        (lambda c: given(c, "test-hed").update(requires=["deploy-hed"]), "wait for each other: deploy-hed, test-hed"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(fault, found):
    config = copy.deepcopy(CONFIG)
    fault(config)
    assert any(found in problem for problem in problems(config)), problems(config)

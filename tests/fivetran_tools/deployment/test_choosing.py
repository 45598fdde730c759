"""Which deployment a name means, who is let in, and what is pasted into Fivetran's form."""

import pytest

from fivetran_tools.deployment.choosing import choose
from fivetran_tools.deployment.deployments import Deployment, Deployments, Environment, Target
from fivetran_tools.deployment.handover import Handover, handover
from fivetran_tools.deployment.invoker import fivetran_member
from fivetran_tools.errors import UsageError
from tests.support.tiny_project import tiny_project, write

DEV, PROD = Environment("dev", "dev-project", "c"), Environment("prod", "prod-project", "c")
FUNCTIONS = [Deployment("hed", "hed", DEV), Deployment("hed-eu", "hed", PROD), Deployment("tiny-f", "tiny", DEV)]
ALL = Deployments({"dev": DEV, "prod": PROD}, {one.function: one for one in FUNCTIONS})


def test_a_function_is_meant_before_a_connector_and_a_connector_by_its_only_function():
    assert choose(ALL, "hed") is FUNCTIONS[0]
    assert choose(ALL, "tiny") is FUNCTIONS[2]


def test_environment_and_target_can_be_others_than_the_files():
    chosen = choose(ALL, "hed", environment="prod", target=Target.CONNECTOR_SDK)
    assert (chosen.environment, chosen.target) == (PROD, Target.CONNECTOR_SDK)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tinyf", "no function named 'tinyf' in deploy.yaml: did you mean tiny-f?"),
        ("zzz", "no function named 'zzz' in deploy.yaml: there are: hed, hed-eu, tiny-f"),
        ("../x", "no function named '../x' in deploy.yaml: there are: hed, hed-eu, tiny-f"),
        ("", "no function named '' in deploy.yaml: there are: hed, hed-eu, tiny-f"),
    ],
)
def test_a_name_that_means_nothing_is_told_with_those_that_do(name, said):
    with pytest.raises(UsageError) as caught:
        choose(ALL, name)
    assert str(caught.value) == said


def test_a_connector_of_several_functions_is_not_guessed_at():
    several = Deployments(ALL.environments, {"a": Deployment("a", "hed", DEV), "b": Deployment("b", "hed", DEV)})
    with pytest.raises(UsageError, match="deploys hed as several functions: name one of a, b"):
        choose(several, "hed")


def test_an_unknown_environment_is_told_with_the_legal_ones():
    with pytest.raises(UsageError, match=r"no environment 'prd' in deploy\.yaml: there are dev, prod"):
        choose(ALL, "hed", environment="prd")


def test_a_group_is_let_in_by_the_account_that_follows_from_its_id():
    member = fivetran_member("grafted_unwound", None)
    assert member == "serviceAccount:g-grafted-unwound@fivetran-production.iam.gserviceaccount.com"
    account = "g-grafted-unwound@fivetran-production.iam.gserviceaccount.com"
    assert fivetran_member(None, account) == member
    assert fivetran_member(None, None) is None


@pytest.mark.parametrize(
    ("group", "account"),
    [
        ("a b", None), ("../x", None), ("-x", None), ("A_B", None), ("a_", None), ("x,allUsers", None),
        (None, "allUsers"), (None, "a@example.org"), (None, "a@b.gserviceaccount.com,allUsers"), (None, "user:a@b"),
        ("grafted_unwound", "a@b.gserviceaccount.com"),
    ],
)  # fmt: skip
def test_nobody_else_is_let_in_by_mistake(group, account):
    with pytest.raises(UsageError):
        fivetran_member(group, account)


def test_the_form_gets_every_setting_that_the_function_does_not_have_already(tmp_path):
    project = tiny_project(tmp_path / "checkout")
    deployment = Deployment("hed-eu", "hed", DEV, secrets={"API_KEY": "hed-api-key:3"})
    made = handover(project, deployment, "https://f.example/hed-eu")
    assert made == Handover("hed_eu_export", "https://f.example/hed-eu", ["base_url", "page_size"], ["api_key"])


@pytest.mark.parametrize("text", [None, "[]", "{", '"text"'])
def test_a_connector_without_a_usable_example_has_no_settings_to_name(tmp_path, text):
    project = tiny_project(tmp_path / "checkout")
    if text is not None:
        write(project.root, {"connectors/tiny/configuration.example.json": text})
    assert handover(project, FUNCTIONS[2], "u").secrets == []

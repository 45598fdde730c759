"""Any deploy file at all: a configuration that CircleCI takes, the same each time, or one line that says why not."""

import string

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivetran_tools.deployment.ci_checks import problems
from fivetran_tools.deployment.ci_config import render
from fivetran_tools.errors import UsageError
from tests.support.ci_checkout import ci_checkout, circleci_schema, jobs_of

SCHEMA = circleci_schema()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return ci_checkout(tmp_path_factory.mktemp("properties") / "a checkout")


legal_names = st.from_regex(r"[a-z]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True)
odd = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=2)
legal_entry = st.fixed_dictionaries(
    {"connector": st.sampled_from(["hed", "tiny"]), "environment": st.sampled_from(["dev", "prod", "on-call"])},
    optional={
        "region": st.sampled_from(["us-central1", "europe-west10"]),
        "generation": st.just(2),
        "memory": st.sampled_from(["128Mi", "2Gi"]),
        "timeout": st.integers(1, 3600),
        "secrets": st.dictionaries(st.from_regex(r"[A-Z_]{1,9}", fullmatch=True), st.just("a-secret:3"), max_size=2),
        "ingress": st.sampled_from(["all", "internal-only"]),
        "allow_unauthenticated": st.just("a reason: 'quoted', # and {so} on"),
    },
)  # fmt: skip
sdk_entry = st.just({"connector": "hed", "environment": "dev", "target": "connector-sdk"}).map(dict)
legal_files = st.dictionaries(legal_names, legal_entry | sdk_entry, max_size=6).map(
    lambda functions: {
        "environments": {
            name: {"project": f"{name}-project", "context": context}
            for name, context in {"dev": "null", "prod": "3.10", "on-call": "True"}.items()
        },
        **{name: entry for name, entry in functions.items() if name != "environments"},
    }
)  # fmt: skip


@st.composite
def wrong_files(draw):
    """A legal file with one value, key or line of it changed."""
    document = draw(legal_files)
    where = document
    for _ in range(draw(st.integers(0, 2))):
        inner = [value for value in where.values() if isinstance(value, dict) and value]
        where = draw(st.sampled_from(inner)) if inner else where
    where[draw(st.sampled_from(sorted(where, key=str)) | st.text(max_size=10))] = draw(odd)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=draw(st.booleans()))
    return text if draw(st.booleans()) else spoiled(draw, text)


def spoiled(draw, text):
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.text(alphabet=string.printable, max_size=5)) + text[place + draw(st.integers(0, 9)) :]


legal_texts = st.builds(
    yaml.safe_dump, legal_files, sort_keys=st.just(value=False), default_flow_style=st.booleans(), width=st.just(60)
)
any_texts = wrong_files() | st.text(max_size=200) | st.text(alphabet="a:-#&*!|>'\"%@`{}[], \n\t012.~<", max_size=60)


def render_text(checkout, text):
    (checkout.root / "deploy.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    return render(checkout.project).text


def must_be_right(checkout, text, rendered):
    config = yaml.load(rendered, yaml.CSafeLoader)
    SCHEMA.validate(config)
    assert problems(config) == []
    assert render(checkout.project).text == rendered
    document = yaml.load(text, yaml.CSafeLoader)
    environments = document.pop("environments")
    assert {job["function"]: job["context"] for job in jobs_of(rendered).values() if "function" in job} == {
        name: environments[entry["environment"]]["context"] for name, entry in document.items()
    }


@pytest.mark.parametrize("examples", [30, pytest.param(400, marks=pytest.mark.slow)])
def test_a_legal_deploy_file_makes_a_legal_configuration(checkout, examples):
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(legal_texts)
    def holds(text):
        must_be_right(checkout, text, render_text(checkout, text))

    holds()


@pytest.mark.parametrize("examples", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_any_text_makes_a_legal_configuration_or_one_line(checkout, examples):
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(any_texts)
    def holds(text):
        try:
            rendered = render_text(checkout, text)
        except UsageError as error:
            refused = str(error)
            assert refused.startswith("deploy.yaml"), refused
            assert len(refused.splitlines()) == 1, refused
        else:
            must_be_right(checkout, text, rendered)

    holds()

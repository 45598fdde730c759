"""What deploy.yaml says in, the exact words for gcloud out."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_tools.deployment.deployments import Deployment, Environment
from fivetran_tools.deployment.gcloud_arguments import deploy_arguments, describe_arguments, invoker_arguments, label
from tests.support.google_apis import needs_gcloud, pointed_nowhere

DEV = Environment("dev", "dev-project", "fivetran-dev")
PLAIN = Deployment("hed", "hed", DEV)
FULL = Deployment(
    "hed-eu", "hed", DEV, region="europe-west1", runtime="python311", memory_mib=1024, timeout_seconds=3600,
    service_account="runs@dev-project.iam.gserviceaccount.com", secrets={"TOKEN": "t:12", "API_KEY": "hed-api-key:3"},
    ingress="internal-only", max_instances=3, unauthenticated_reason="it is a demonstration",
)  # fmt: skip
FIRST = Deployment("hed", "hed", DEV, generation=1, memory_mib=256, timeout_seconds=60)
SOURCE = Path("/a folder/hed")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def deploy_words(deployment):
    return deploy_arguments(deployment, SOURCE, commit=COMMIT, version="0.1.0")


TABLE = {
    "what deploy.yaml leaves out": (
        PLAIN,
        ["--region=us-central1", "--gen2", "--runtime=python312"],
        ["--memory=512Mi", "--timeout=540s", "--max-instances=1", "--ingress-settings=all", "--clear-secrets",
         "--set-env-vars=FUNCTION_TIMEOUT_SECONDS=540"],
        "--no-allow-unauthenticated",
    ),
    "everything deploy.yaml can say": (
        FULL,
        ["--region=europe-west1", "--gen2", "--runtime=python311"],
        ["--memory=1024Mi", "--timeout=3600s", "--max-instances=3", "--ingress-settings=internal-only",
         "--service-account=runs@dev-project.iam.gserviceaccount.com", "--set-secrets=API_KEY=hed-api-key:3,TOKEN=t:12",
         "--set-env-vars=FUNCTION_TIMEOUT_SECONDS=3600"],
        "--allow-unauthenticated",
    ),
    "the first generation": (
        FIRST,
        ["--region=us-central1", "--no-gen2", "--runtime=python312"],
        ["--security-level=secure-always", "--memory=256MB", "--timeout=60s", "--max-instances=1",
         "--ingress-settings=all", "--clear-secrets", "--set-env-vars=FUNCTION_TIMEOUT_SECONDS=60"],
        "--no-allow-unauthenticated",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("deployment", "where", "settings", "access"), TABLE.values(), ids=TABLE.keys())
def test_a_deployment_becomes_exactly_these_words(deployment, where, settings, access):
    assert deploy_words(deployment) == [
        "gcloud", "functions", "deploy", deployment.function, "--project=dev-project", *where,
        "--entry-point=main", "--source=/a folder/hed", "--trigger-http", *settings,
        f"--update-labels=commit={COMMIT},version=0-1-0", access, "--format=json", "--quiet",
    ]  # fmt: skip


def test_nobody_is_let_in_without_a_reason():
    for deployment in (PLAIN, FIRST, replace(FULL, unauthenticated_reason=None)):
        assert "--no-allow-unauthenticated" in deploy_words(deployment)
        assert "--allow-unauthenticated" not in deploy_words(deployment)


@given(memory=st.sampled_from([128, 512, 2048]), timeout=st.integers(1, 540), generation=st.sampled_from([1, 2]))
def test_memory_and_timeout_have_one_place_and_the_function_is_told_the_same_timeout(memory, timeout, generation):
    """An earlier tool had them in two places, and they differed."""
    deployment = replace(PLAIN, memory_mib=memory, timeout_seconds=timeout, generation=generation)
    words = deploy_words(deployment)
    assert [word for word in words if "memory" in word.lower()] == [
        f"--memory={memory}{'Mi' if generation == 2 else 'MB'}"
    ]
    assert [word for word in words if "timeout" in word.lower()] == [
        f"--timeout={timeout}s", f"--set-env-vars=FUNCTION_TIMEOUT_SECONDS={timeout}"
    ]  # fmt: skip


def test_each_generation_lets_a_member_in_where_it_is_asked_for_it():
    where = ["--project=dev-project", "--region=us-central1"]
    second, first = invoker_arguments(PLAIN, "serviceAccount:a@b"), invoker_arguments(FIRST, "serviceAccount:a@b")
    assert second == [
        "gcloud", "functions", "add-invoker-policy-binding", "hed", *where, "--member=serviceAccount:a@b",
        "--format=none", "--quiet",
    ]  # fmt: skip
    assert first == [
        "gcloud", "functions", "add-iam-policy-binding", "hed", *where, "--member=serviceAccount:a@b",
        "--role=roles/cloudfunctions.invoker", "--format=none", "--quiet",
    ]  # fmt: skip


@given(st.text(max_size=100))
def test_any_text_becomes_a_label_that_google_takes(text):
    made = label(text)
    assert len(made) <= 63
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    ("text", "made"),
    [("0.1.0", "0-1-0"), (COMMIT, COMMIT), (f"{COMMIT}-modified", f"{COMMIT}-modified"), ("A+B", "a-b")],
)
def test_a_label_stays_readable(text, made):
    assert label(text) == made


@needs_gcloud
@pytest.mark.slow
def test_the_real_gcloud_knows_every_word(tmp_path):
    lists = [deploy_words(deployment) for deployment, *_ in TABLE.values()]
    lists += [
        make(one) for one in (PLAIN, FIRST) for make in (describe_arguments, lambda d: invoker_arguments(d, "user:a@b"))
    ]
    environment = pointed_nowhere(tmp_path)

    def ask(words):
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)

    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(ask, lists):
            # 2 is for words that its parser does not know; without an account it goes no further than parsing them.
            assert done.returncode == 1, done.stderr
            assert "do not currently have an active account" in done.stderr
        assert ask([*lists[0], "--no-such-flag"]).returncode == 2

"""Whole deploys: the real command, the real gcloud, and Google's APIs on loopback that run what was uploaded."""

import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from fivetran_local.function_process import run_function
from fivetran_tools.staging import stage
from tests.support.deployable_checkout import BROKEN, DEPLOY_FILE, deployable_checkout
from tests.support.google_apis import google_apis, needs_gcloud

pytestmark = [needs_gcloud, pytest.mark.slow]

NAME = "projects/dev-project/locations/us-central1/functions/tiny"
SERVICE = NAME.replace("functions", "services")
FIRST_GENERATION = DEPLOY_FILE.replace("environment: dev}", "environment: dev, generation: 1}")
WITH_SECRET = DEPLOY_FILE.replace("environment: dev}", 'environment: dev, secrets: {API_KEY: "tiny-key:3"}}')


@contextmanager
def deployable(folder, deploy_file=DEPLOY_FILE):
    """A checkout whose gcloud talks to a Google that starts each upload under functions-framework."""
    checkout = deployable_checkout(folder / "a checkout", deploy_file)
    # A function ends with the thread that started it, so one thread starts them all and stays.
    with google_apis() as google, ThreadPoolExecutor(1) as starter, ExitStack() as functions:

        def start(upload):
            source = folder / f"upload {len(google.uploads)}"
            zipfile.ZipFile(io.BytesIO(upload)).extractall(source)
            return functions.enter_context(run_function(source, folder / "log", timeout_seconds=60)).url

        google.runs = lambda upload: starter.submit(start, upload).result()
        checkout.environment = {**google.environment(folder), "FUNCTION_ID_TOKEN": "made-up-token"}
        yield checkout, google


@pytest.fixture
def deployed_to(tmp_path):
    with deployable(tmp_path) as both:
        yield both


def test_a_first_deploy_uploads_exactly_the_staged_tree_and_says_what_to_paste_where(deployed_to):
    checkout, google = deployed_to
    done = checkout.run("deploy", "tiny", "--fivetran-group", "grafted_unwound")
    assert done.returncode == 0, done.stderr
    commit = checkout.git("rev-parse", "HEAD")
    ((method, path, body),) = google.writes()
    assert (method, path) == ("POST", f"/v2/{NAME.rpartition('/')[0]}?alt=json&functionId=tiny")
    assert body["buildConfig"]["runtime"] == "python312"
    assert body["buildConfig"]["entryPoint"] == "main"
    assert body["labels"] == {"commit": commit, "version": "0-1-0", "deployment-tool": "cli-gcloud"}
    assert body["serviceConfig"] == {
        "availableMemory": "512Mi", "timeoutSeconds": 540, "maxInstanceCount": 1, "ingressSettings": "ALLOW_ALL",
        "environmentVariables": {"FUNCTION_TIMEOUT_SECONDS": "540"},
    }  # fmt: skip
    staged = stage(checkout.project, "tiny")
    assert google.uploaded() == staged.files
    assert google.policies[SERVICE]["bindings"] == [
        {
            "role": "roles/run.invoker",
            "members": ["serviceAccount:g-grafted-unwound@fivetran-production.iam.gserviceaccount.com"],
        }
    ]
    assert f"{staged.build}, staged in " in done.stdout
    assert "gcloud functions deploy tiny --project=dev-project --region=us-central1 --gen2" in done.stdout
    assert str(staged.folder) not in done.stdout, "another run may replace what is there while this one uploads"
    assert "it runs, and asks for its settings as it should: the secret 'greeting' is missing" in done.stdout
    shown = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "destination schema tiny_export" in shown
    assert f"trigger URL {google.function_url}" in shown
    assert "secrets greeting, api_key" in shown
    assert "Preparing function..." in done.stderr
    assert "made-up-token" not in done.stdout + done.stderr


def test_the_account_that_runs_the_function_can_read_what_was_uploaded_under_a_narrow_umask(deployed_to):
    checkout, google = deployed_to
    before = os.umask(0o077)
    try:
        assert checkout.run("deploy", "tiny").returncode == 0
    finally:
        os.umask(before)
    assert {mode & 0o777 for mode in google.modes()} == {0o644, 0o755}


def test_tests_examples_and_configurations_are_never_uploaded(deployed_to):
    """An earlier tool uploaded a connector's whole folder."""
    checkout, google = deployed_to
    for name in ("configuration.json", ".env", ".gitignore", "tests/test_more.py", "__pycache__/x.pyc", "notes.md"):
        checkout.write(f"connectors/tiny/{name}", "sk-canary-0123456789")
    assert checkout.run("deploy", "tiny", "--allow-modified").returncode == 0
    runtime = [name for name in google.uploaded() if name.startswith(("fivetran_function/", "fivetran_protocol/"))]
    assert sorted({*google.uploaded()} - {*runtime}) == ["BUILD", "main.py", "requirements.txt"]
    assert b"sk-canary" not in google.uploads[-1]


def test_a_second_deploy_changes_the_function_and_what_left_deploy_yaml_leaves_the_function(tmp_path):
    with deployable(tmp_path, WITH_SECRET) as (checkout, google):
        settings = checkout.root / "settings.json"
        settings.write_text('{"greeting": "hello"}')
        words = ("deploy", "tiny", "--configuration", str(settings), "--allow-modified")
        done = checkout.run(*words)
        assert done.returncode == 0, done.stderr
        assert "the setup test passed in" in done.stdout
        assert "api_key: from Secret Manager" in done.stdout
        (secret,) = google.functions[NAME]["serviceConfig"]["secretEnvironmentVariables"]
        assert secret == {"key": "API_KEY", "projectId": "1234567890", "secret": "tiny-key", "version": "3"}
        checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", "environment: dev, memory: 1Gi}"))
        assert checkout.run(*words).returncode == 0
        method, path, body = google.writes()[-1]
        assert method == "PATCH"
        assert "service_config.secret_environment_variables" in path
        assert "secretEnvironmentVariables" not in body["serviceConfig"]
        assert body["serviceConfig"]["availableMemory"] == "1024Mi"
        assert google.functions[NAME]["labels"]["commit"].endswith("-modified")


def test_the_first_generation_is_deployed_by_its_own_api_and_keeps_to_https(tmp_path):
    with deployable(tmp_path, FIRST_GENERATION) as (checkout, google):
        for method in ("POST", "PATCH"):
            done = checkout.run("deploy", "tiny", "--fivetran-group", "grafted_unwound")
            assert done.returncode == 0, done.stderr
            asked, path, body = google.writes()[-1]
            assert asked == method
            assert path.startswith("/v1/")
            assert (body["availableMemoryMb"], body["timeout"], body["maxInstances"]) == (512, "540s", 1)
            assert body["httpsTrigger"]["securityLevel"] == "SECURE_ALWAYS"
        (binding,) = google.policies[NAME]["bindings"]
        assert binding["role"] == "roles/cloudfunctions.invoker"


def test_who_could_call_it_without_a_token_no_longer_can_after_a_deploy(deployed_to):
    checkout, google = deployed_to
    assert checkout.run("deploy", "tiny").returncode == 0
    google.policies[SERVICE] = {
        "bindings": [{"role": "roles/run.invoker", "members": ["allUsers", "user:a@b.example"]}]
    }
    assert checkout.run("deploy", "tiny").returncode == 0
    assert google.policies[SERVICE]["bindings"] == [{"role": "roles/run.invoker", "members": ["user:a@b.example"]}]


def test_a_reason_in_deploy_yaml_lets_everybody_in_and_is_shown(tmp_path):
    open_file = DEPLOY_FILE.replace(
        "environment: dev}", "environment: dev, allow_unauthenticated: it is a demonstration}"
    )
    with deployable(tmp_path, open_file) as (checkout, google):
        done = checkout.run("deploy", "tiny", FUNCTION_ID_TOKEN="")
        assert done.returncode == 0, done.stderr
        assert google.policies[SERVICE]["bindings"] == [{"role": "roles/run.invoker", "members": ["allUsers"]}]
        assert "anybody may call it, as deploy.yaml says: it is a demonstration" in done.stdout


def one_line(done):
    lines = [line for line in done.stderr.splitlines() if line.startswith("fivetran: ")]
    assert len(lines) == 1
    assert "Traceback" not in done.stderr
    return lines[0]


def test_a_build_that_fails_is_one_line_with_googles_reason_and_the_log(deployed_to):
    checkout, google = deployed_to
    google.build_error = "Build failed: could not find requests==99"
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 1
    line = one_line(done)
    log = checkout.root / "files/logs/deploy-tiny.log"
    assert "Build failed: could not find requests==99" in line
    assert f"all it said is in {log}" in line
    assert "`./fivetran deploy tiny --status` shows what runs now" in line
    assert "Build failed" in log.read_text()
    assert google.functions == {}


def test_an_account_that_may_not_deploy_is_told_in_googles_words(deployed_to):
    checkout, google = deployed_to
    google.denied = "Permission 'cloudfunctions.functions.get' denied"
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 1
    assert "Permission 'cloudfunctions.functions.get' denied" in one_line(done)
    assert google.uploads == []


def test_not_logged_in_is_one_line(deployed_to):
    checkout, google = deployed_to
    checkout.environment.pop("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 1
    assert one_line(done).startswith("fivetran: gcloud is not logged in to Google Cloud: run `gcloud auth login`")
    assert google.asked == []


def test_a_version_that_fails_its_smoke_call_is_rolled_back_to_the_commit_in_the_label(deployed_to):
    checkout, google = deployed_to
    assert checkout.run("deploy", "tiny").returncode == 0
    good = checkout.git("rev-parse", "HEAD")
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", "environment: dev, memory: 1Gi}"))
    checkout.write("connectors/tiny/main.py", BROKEN)
    bad = checkout.commit()
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 1
    assert "its smoke call failed: the function reports an error (500): ValueError: broken on purpose" in one_line(done)
    assert f"go back with `./fivetran deploy tiny --commit {good[:12]}`" in one_line(done)
    assert google.functions[NAME]["labels"]["commit"] == bad

    assert checkout.run("deploy", "tiny", "--commit", good[:12]).returncode == 0
    assert google.functions[NAME]["labels"]["commit"] == good

    done = checkout.run("deploy", "tiny", "--roll-back")
    assert done.returncode == 1, "a version that had to be taken back was not deployed"
    assert one_line(done).endswith(f"; went back to {good[:12]}, which answers")
    assert google.functions[NAME]["labels"]["commit"] == good
    assert google.functions[NAME]["serviceConfig"]["availableMemory"] == "512Mi", "as that commit's deploy.yaml says"
    assert "broken on purpose" not in zipfile.ZipFile(io.BytesIO(google.uploads[-1])).read("main.py").decode()
    assert checkout.git("worktree", "list").count("\n") == 0
    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (None, "there is no version before it to go back to"),
        ("", "there is no way back: the version before was not deployed from a commit (its label says nothing)"),
        ("a" * 40 + "-modified", "was not deployed from a commit"),
        ("f" * 40, "there is no way back: the version before cannot be had: this clone has no commit"),
        ("HEAD", "there is no way back: the version before was the same commit; choose another with --commit"),
    ],
)
def test_where_there_is_no_way_back_it_says_so(deployed_to, label, said):
    checkout, google = deployed_to
    checkout.write("connectors/tiny/main.py", BROKEN)
    head = checkout.commit()
    if label is not None:
        labels = {"commit": label.replace("HEAD", head)} if label else {}
        google.functions[NAME] = {"name": NAME, "environment": "GEN_2", "state": "ACTIVE", "labels": labels,
                                  "buildConfig": {"runtime": "python312", "source": {}},
                                  "serviceConfig": {"uri": "u", "service": SERVICE}}  # fmt: skip
    done = checkout.run("deploy", "tiny", "--roll-back")
    assert done.returncode == 1
    assert said in one_line(done)


def test_status_knows_what_was_deployed(deployed_to):
    checkout, _ = deployed_to
    assert checkout.run("deploy", "tiny").returncode == 0
    (found,) = json.loads(checkout.run("deploy", "--status", "--format", "json").stdout)
    assert found["deployed_commit"] == found["committed"] == checkout.git("rev-parse", "HEAD")
    assert (found["state"], found["verdict"], found["deployed_version"]) == ("ACTIVE", "up to date", "0-1-0")
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", "environment: dev, region: europe-west1}"))
    moved, left = json.loads(checkout.run("deploy", "--status", "--format", "json").stdout)
    assert (moved["region"], moved["verdict"]) == ("europe-west1", "not deployed")
    assert (left["region"], left["verdict"]) == ("us-central1", "deploy.yaml deploys it elsewhere")


@pytest.mark.parametrize(("first", "then"), [(FIRST_GENERATION, DEPLOY_FILE), (DEPLOY_FILE, FIRST_GENERATION)])
def test_a_change_of_generation_is_refused_before_anything_is_uploaded(tmp_path, first, then):
    with deployable(tmp_path, first) as (checkout, google):
        assert checkout.run("deploy", "tiny").returncode == 0
        checkout.write("deploy.yaml", then)
        checkout.commit()
        done = checkout.run("deploy", "tiny")
        assert done.returncode == 2
        assert "and Google cannot change it: give the function a new name, or delete the one that" in one_line(done)
        assert len(google.uploads) == 1

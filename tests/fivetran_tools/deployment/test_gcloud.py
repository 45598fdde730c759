"""Running gcloud: what it says, what goes wrong, and that nothing of it is left behind."""

import json
import os
import stat
import time

import psutil
import pytest

from fivetran_tools.deployment.deployments import Deployment, Environment
from fivetran_tools.deployment.gcloud import GcloudError, Running, all_that_run, read_function, run, what_runs
from fivetran_tools.errors import CommandError
from tests.support.fake_gcloud import fake_gcloud, function_json

HED = Deployment("hed", "hed", Environment("dev", "p-1", "c"))
WORDS = ["gcloud", "functions", "deploy", "hed", "--quiet"]
NO_ACCOUNT = (
    "ERROR: (gcloud.functions.deploy) You do not currently have an active account selected.\nPlease run:\n\n"
    "  $ gcloud auth login\n\nto obtain new credentials.\n"
)
STALE = "ERROR: (gcloud.functions.deploy) There was a problem refreshing your current auth tokens: invalid_grant\n"
MISSING = (
    "ERROR: (gcloud.functions.describe) ResponseError: status=[404], code=[Not Found], message=[Resource "
    "'projects/p-1/locations/us-central1/functions/hed' was not found]\n"
)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    made = fake_gcloud(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(made.folder), prepend=os.pathsep)
    return made


def test_without_gcloud_the_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        CommandError, match=r"no gcloud on the PATH: install the Google Cloud CLI \(https://.*--dry-run"
    ):
        run(WORDS, seconds=5)


def test_a_gcloud_that_cannot_be_run_is_told(tmp_path, monkeypatch):
    broken = tmp_path / "gcloud"
    broken.write_text("#!/nowhere/python\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="gcloud cannot be run: No such file or directory"):
        run(WORDS, seconds=5)


@pytest.mark.parametrize("said", [NO_ACCOUNT, STALE], ids=["no account", "stale tokens"])
def test_not_logged_in_says_how_to_log_in(fake, said):
    fake.answers("deploy", stderr=said, code=1)
    with pytest.raises(GcloudError, match=r"^gcloud is not logged in to Google Cloud: run `gcloud auth login`"):
        run(WORDS, seconds=20)


ERROR = "ERROR: (gcloud.functions.deploy) "


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"Deploying...\n{ERROR}OperationError: code=3, message=Build\n", "OperationError: code=3, message=Build"),
        (f"{ERROR}unrecognized arguments:\n  --foo (no '--bar'?)\n", "unrecognized arguments: --foo (no '--bar'?)"),
        (f"{ERROR}one\n{ERROR}two\nTo search the help text\n", "two"),
        ("ERROR: gcloud crashed (KeyError): x\n\nIf you would like\n", "gcloud crashed (KeyError): x"),
        ("Something else\n", "Something else"),
        ("", "it said nothing"),
    ],
)  # fmt: skip
def test_a_failure_is_gclouds_own_last_meaningful_line_and_where_the_rest_is(fake, tmp_path, said, reason):
    fake.answers("deploy", stderr=said, code=1)
    log = tmp_path / "logs" / "deploy.log"
    with pytest.raises(GcloudError) as caught:
        run(WORDS, seconds=20, log=log)
    assert str(caught.value) == f"`gcloud functions deploy hed` failed: {reason}; all it said is in {log}"
    assert log.read_text() == said


def test_what_gcloud_says_meanwhile_is_shown_and_kept(fake, tmp_path):
    fake.answers("deploy", stdout="{}", stderr="Preparing...\n\nDeploying...\n")
    shown = []
    assert run(WORDS, seconds=20, log=tmp_path / "log", show=shown.append) == "{}"
    assert shown == ["Preparing...", "Deploying..."]


def test_a_log_that_cannot_be_written_is_told_before_anything_is_deployed(fake, tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(CommandError, match="cannot write the log"):
        run(WORDS, seconds=20, log=tmp_path / "logs" / "deploy.log")
    assert fake.asked == []


def test_a_gcloud_that_hangs_is_ended_with_its_children(fake):
    fake.answers("deploy", seconds=60)
    before = time.monotonic()
    with pytest.raises(GcloudError, match="`gcloud functions deploy hed` did not end within 1 s: see the state with"):
        run(WORDS, seconds=1)
    assert time.monotonic() - before < 30
    assert [child for child in psutil.Process().children(recursive=True) if "gcloud" in " ".join(child.cmdline())] == []


def test_gcloud_cannot_ask_anything(fake):
    (fake.folder / "gcloud").write_text("#!/bin/sh\nread answer || echo nobody\n")
    here, there = os.pipe()
    os.write(there, b"yes\n")
    own = os.dup(0)
    os.dup2(here, 0)
    try:
        assert run(WORDS, seconds=20) == "nobody\n"
    finally:
        os.dup2(own, 0)
        for descriptor in (own, here, there):
            os.close(descriptor)


def test_a_function_of_either_generation_is_read():
    labels = {"commit": "c" * 40, "version": "0-1-0"}
    second = {
        "environment": "GEN_2",
        "labels": labels,
        "state": "ACTIVE",
        "serviceConfig": {"uri": "https://a.run.app"},
        "url": "https://other",
    }
    first = {"labels": labels, "status": "ACTIVE", "httpsTrigger": {"url": "https://r-p.cloudfunctions.net/hed"}}
    assert read_function(json.dumps(second)) == Running("c" * 40, "0-1-0", "https://a.run.app", "ACTIVE", 2)
    assert read_function(json.dumps(first)) == Running(
        "c" * 40, "0-1-0", "https://r-p.cloudfunctions.net/hed", "ACTIVE", 1
    )
    assert read_function('{"environment": "GEN_2", "state": "FAILED"}') == Running("", "", "", "FAILED", 2)


@pytest.mark.parametrize("text", ["", "[]", "null", "name: hed", '{"labels": 3}', "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_function_is_told(text):
    with pytest.raises(GcloudError, match="did not print the function as JSON"):
        read_function(text)


def test_a_function_that_does_not_exist_is_none(fake):
    fake.answers("describe", stderr=MISSING, code=1)
    assert what_runs(HED) is None


@pytest.mark.parametrize(
    "said",
    [
        MISSING.replace("functions/hed", "functions/other"),
        MISSING.replace("404", "403"),
        "ERROR: (gcloud.functions.describe) NOT_FOUND: project p-1\n",
        NO_ACCOUNT,
    ],
)
def test_what_cannot_be_known_is_not_taken_for_a_function_that_does_not_exist(fake, said):
    fake.answers("describe", stderr=said, code=1)
    with pytest.raises(GcloudError):
        what_runs(HED)


def test_what_runs_is_read_from_its_labels(fake):
    fake.answers("describe", "hed", "--project=p-1", "--region=us-central1", stdout=function_json(commit="c" * 40))
    found = what_runs(HED)
    assert found == Running("c" * 40, "0-1-0", "https://f.example/hed", "ACTIVE", 2)
    assert found.is_active


@pytest.mark.parametrize("text", ["", "{}x", "3", "[3]", '[{"name": "hed"}]', "[{}]", "[" * 100_000])
def test_what_is_no_list_of_functions_is_told(fake, text):
    fake.answers("list", stdout=text)
    with pytest.raises(GcloudError, match="did not print the function as JSON"):
        all_that_run("p-1")

"""A deploy keeps to itself what it uploads, and leaves nothing behind: neither files nor processes."""

import json
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from fivetran_tools.deployment.connector_sdk.project import SDK
from fivetran_tools.staging import stage
from tests.support.deployable_checkout import TINY, deployable_checkout
from tests.support.fake_gcloud import function_json, gcloud_of
from tests.support.scripted_source import document, scripted_source

KEY = "Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
WORKS = document({"state": {}, "insert": {}, "hasMore": False})
# Notes what it was given, its process and a child's, then waits until it may look at what it was to upload.
UPLOADER = """#!{python} -I
import json, os, pathlib, shutil, subprocess, sys, time
folder = pathlib.Path({folder!r})
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
source = next(word for word in [*(word.partition("--source=")[2] for word in sys.argv), sys.argv[2]] if word)
seen = {{"words": sys.argv[1:], "source": source, "pids": [os.getpid(), child.pid], "environment": dict(os.environ)}}
(folder / "seen.new").write_text(json.dumps(seen))
(folder / "seen.new").rename(folder / "seen")
while not (folder / "go").exists():
    time.sleep(0.02)
shutil.copytree(source, folder / "uploaded")
print("Nov 21, 2026 06:40:00 AM INFO Fivetran-Connector-SDK: Connection ID: iron_fox")
"""
SDK_WORDS = ("deploy", "tiny", "--target", "connector-sdk", "--destination", "Warehouse", "--configuration", "c.json")


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose temporary files are apart."""
    made = deployable_checkout(tmp_path / "a checkout")
    made.write("c.json", '{"greeting": "canary-of-the-source"}')
    (tmp_path / "tmp").mkdir()
    made.environment |= {"FUNCTION_ID_TOKEN": "made-up", "TMPDIR": str(tmp_path / "tmp"), "FIVETRAN_API_KEY": KEY}
    return made


def program(file, folder):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(UPLOADER.format(python=sys.executable, folder=str(folder)))
    file.chmod(0o755)


@pytest.fixture
def sdk(checkout, tmp_path):
    """An environment of the SDK that is taken for finished, with a program of ours in it."""
    checkout.run(*SDK_WORDS, "--dry-run")
    folder = checkout.root / "build/connector-sdk/.environments/tiny"
    program(folder / "bin/fivetran", tmp_path)
    (folder / "bin/python").symlink_to(sys.executable)
    requirements = (checkout.root / "build/connector-sdk/tiny/requirements.txt").read_text()
    (folder / "installed.txt").write_text(f"{folder.resolve()}\n{SDK}\n{requirements}")
    return folder


def seen(tmp_path, process):
    """What the program was given, as soon as it has started."""
    while not (tmp_path / "seen").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    return json.loads((tmp_path / "seen").read_text())


def gone(pids):
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)
    return True


def change_and_stage(checkout):
    checkout.write("connectors/tiny/main.py", TINY + "# of a debug meanwhile\n")
    checkout.write("connectors/tiny/requirements.txt", "tabulate\n")
    stage(checkout.project, "tiny")


def test_what_is_staged_meanwhile_is_not_what_a_deploy_uploads(checkout, tmp_path):
    fake = gcloud_of(checkout, tmp_path / "fake")
    fake.answers("describe", stdout=function_json())
    with scripted_source(WORKS) as function:
        fake.answers("functions", "deploy", stdout=function_json(url=function.url))
        real = (fake.folder / "gcloud").read_text()
        (fake.folder / "gcloud.real").write_text(real.replace("__file__", repr(str(fake.folder / "gcloud"))))
        program(fake.folder / "uploader", tmp_path)
        (fake.folder / "gcloud").write_text(
            f'#!/bin/sh\nif [ "$2" = deploy ]; then "{fake.folder}/uploader" "$@" >&2 || exit 1; fi\n'
            f'exec {sys.executable} -I "{fake.folder}/gcloud.real" "$@"\n'
        )
        with checkout.start("deploy", "tiny") as process:
            source = Path(seen(tmp_path, process)["source"])
            change_and_stage(checkout)
            (tmp_path / "go").touch()
            assert process.wait(60) == 0, process.stderr.read()
    assert (tmp_path / "uploaded/main.py").read_text() == TINY
    assert checkout.git("rev-parse", "HEAD") in (tmp_path / "uploaded/BUILD").read_text()
    assert not source.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("commit", [(), ("--commit", "HEAD")], ids=["as it is", "at a commit"])
def test_through_the_sdk_too_and_log_and_environment_are_those_of_the_checkout(checkout, sdk, tmp_path, commit):
    with checkout.start(*SDK_WORDS, *commit) as process:
        given = seen(tmp_path, process)
        change_and_stage(checkout)
        checkout.run(*SDK_WORDS, "--dry-run")
        (tmp_path / "go").touch()
        assert process.wait(60) == 0, process.stderr.read()
    assert (tmp_path / "uploaded/main.py").read_text() == TINY
    assert not Path(given["source"]).exists()
    assert "iron_fox" in (checkout.root / "files/logs/deploy-tiny.log").read_text()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert checkout.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM], ids=lambda how: how.name)
def test_a_deploy_that_is_killed_takes_its_program_along_and_the_next_one_removes_its_settings(
    checkout, sdk, tmp_path, how
):
    with checkout.start(*SDK_WORDS, "--commit", "HEAD") as process:
        given = seen(tmp_path, process)
        (settings,) = (word.partition("=")[2] for word in given["words"] if word.startswith("--configuration="))
        assert "canary" in Path(settings).read_text()
        process.send_signal(how)
        process.wait(30)
    assert gone(given["pids"])
    assert Path(settings).exists() == (how is signal.SIGKILL)
    assert checkout.run("deploy", "tiny", "--commit", "HEAD", "--dry-run").returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []
    assert checkout.git("worktree", "list").count("\n") == 0


def test_gcloud_ends_with_a_deploy_that_is_killed(checkout, tmp_path):
    fake = gcloud_of(checkout, tmp_path / "fake")
    program(fake.folder / "gcloud", tmp_path)
    with checkout.start("deploy", "tiny", "--status") as process:
        pids = seen(tmp_path, process)["pids"]
        process.kill()
    assert gone(pids)


def test_the_sdk_is_given_no_credentials_but_its_key(checkout, sdk, tmp_path):
    theirs = {"GCP_KEY_BASE64": "canary", "CIRCLE_OIDC_TOKEN_V2": "canary", "GOOGLE_APPLICATION_CREDENTIALS": "canary"}
    checkout.environment |= theirs
    (tmp_path / "go").touch()
    assert checkout.run(*SDK_WORDS).returncode == 0
    environment = json.loads((tmp_path / "seen").read_text())["environment"]
    assert environment["FIVETRAN_API_KEY"] == KEY
    assert not environment.keys() & {*theirs, "FUNCTION_ID_TOKEN"}

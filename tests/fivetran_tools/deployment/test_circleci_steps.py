"""The shell of CircleCI's jobs, run as CircleCI runs it: the login that leaves nothing behind, and halting."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import yaml

from tests.support.ci_checkout import ROOT

LOGIN = ROOT / ".circleci" / "with_google_login.sh"
CONTEXT = {
    "CIRCLE_OIDC_TOKEN": "oidc-token-one",
    "CIRCLE_OIDC_TOKEN_V2": "oidc-token-two",
    "GCP_WORKLOAD_IDENTITY_PROVIDER": "projects/1/locations/global/workloadIdentityPools/circleci/providers/circleci",
    "GCP_SERVICE_ACCOUNT": "deployer@dev-project.iam.gserviceaccount.com",
}
KEY = json.dumps({"type": "service_account", "private_key": "the-private-key"})
GCLOUD = """#!{python} -I
import json, os, pathlib, stat, sys
call = {{"words": sys.argv[1:], "folder": os.environ["CLOUDSDK_CONFIG"], "files": {{}}}}
for path in sorted(pathlib.Path(os.environ["CLOUDSDK_CONFIG"]).parent.iterdir()):
    call["files"][path.name] = [oct(stat.S_IMODE(path.stat().st_mode)), path.read_text()]
call["mode"] = oct(stat.S_IMODE(pathlib.Path(os.environ["CLOUDSDK_CONFIG"]).parent.stat().st_mode))
with open({log!r}, "a") as log:
    log.write(json.dumps(call) + "\\n")
sys.exit({code})
"""


class Login:
    """The script, with a gcloud that notes how it was called."""

    def __init__(self, folder, code=0):
        self.log = folder / "calls"
        self.scratch = folder / "scratch"
        (folder / "bin").mkdir(parents=True)
        self.scratch.mkdir()
        script = folder / "bin" / "gcloud"
        script.write_text(GCLOUD.format(python=sys.executable, log=str(self.log), code=code))
        script.chmod(0o755)
        self.path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"

    def environment(self, **context):
        return {"PATH": self.path, "TMPDIR": str(self.scratch), "HOME": str(self.scratch), **context}

    def run(self, *command, umask=-1, **context):
        return subprocess.run(
            ["bash", LOGIN, *command],
            env=self.environment(**context), umask=umask, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @property
    def calls(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def left_behind(self):
        return list(self.scratch.iterdir())


@pytest.fixture
def login(tmp_path):
    return Login(tmp_path / "ci")


def test_the_token_of_the_job_is_exchanged_and_nothing_is_left_behind(login):
    done = login.run("printenv", "CLOUDSDK_CONFIG", **CONTEXT)
    assert done.returncode == 0
    exchange, enter = login.calls
    folder = exchange["folder"].rsplit("/", 1)[0]
    assert exchange["words"] == [
        *("iam", "workload-identity-pools", "create-cred-config", CONTEXT["GCP_WORKLOAD_IDENTITY_PROVIDER"]),
        *(f"--service-account={CONTEXT['GCP_SERVICE_ACCOUNT']}", f"--credential-source-file={folder}/token"),
        *(f"--output-file={folder}/credentials.json", "--quiet"),
    ]
    assert enter["words"] == ["auth", "login", f"--cred-file={folder}/credentials.json", "--quiet"]
    assert exchange["files"] == {"token": ["0o600", "oidc-token-two"]}
    assert exchange["mode"] == "0o700"
    assert done.stdout == f"{folder}/gcloud\n"
    assert login.left_behind == []


def test_a_json_key_is_used_only_where_the_context_has_one(login):
    login.run("true", **CONTEXT, GCP_KEY_BASE64=base64.b64encode(KEY.encode()).decode())
    (enter,) = login.calls
    assert enter["words"][:2] == ["auth", "login"]
    assert enter["files"] == {"credentials.json": ["0o600", KEY]}
    assert login.left_behind == []


def test_no_credential_is_printed_or_handed_on(login):
    key = base64.b64encode(KEY.encode()).decode()
    for context in (CONTEXT, {**CONTEXT, "GCP_KEY_BASE64": key}):
        done = login.run("env", **context)
        for secret in ("oidc-token", "the-private-key", key):
            assert secret not in done.stdout + done.stderr
    assert not [word for call in login.calls for word in call["words"] if "oidc-token" in word]


@pytest.mark.parametrize("missing", ["CIRCLE_OIDC_TOKEN_V2", "GCP_WORKLOAD_IDENTITY_PROVIDER", "GCP_SERVICE_ACCOUNT"])
def test_a_context_that_lacks_something_is_one_line(login, missing):
    done = login.run("touch", str(login.scratch / "ran"), **{**CONTEXT, missing: ""})
    assert done.returncode == 1
    assert done.stderr == f"{missing} is not set: give this job a context that has it (docs/circleci.md)\n"
    assert (login.left_behind, login.calls) == ([], [])


@pytest.mark.parametrize("code", [0, 1, 3, 42])
def test_the_exit_code_is_the_commands_own_and_nothing_is_left_behind(login, code):
    assert login.run("bash", "-c", f"exit {code}", **CONTEXT).returncode == code
    assert login.left_behind == []


def test_a_login_that_fails_runs_nothing_and_leaves_nothing_behind(tmp_path):
    login = Login(tmp_path / "ci", code=7)
    assert login.run("touch", str(login.scratch / "ran"), **CONTEXT).returncode == 7
    assert login.left_behind == []


def test_a_key_that_is_not_base64_runs_nothing_and_leaves_nothing_behind(login):
    done = login.run("touch", str(login.scratch / "ran"), **CONTEXT, GCP_KEY_BASE64="{not base64}")
    assert done.returncode != 0
    assert (login.left_behind, login.calls) == ([], [])


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_the_command_has_its_callers_umask_and_the_login_its_own(login, tmp_path, umask):
    """What is staged is uploaded with its modes: others have to be able to read it there."""
    login.run("mkdir", str(tmp_path / "made"), umask=umask, **CONTEXT)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o777 & ~umask
    assert login.calls[0]["files"]["token"][0] == "0o600"


LASTING = """
import os, pathlib, signal, sys
folder = pathlib.Path(os.environ["CLOUDSDK_CONFIG"]).parent
awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
print("ready", flush=True)
print(signal.sigwait(awaited).name, sorted(path.name for path in folder.iterdir()), flush=True)
sys.exit(42)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_is_handed_on_and_the_login_goes_after_the_commands_end(login, number):
    words = ["bash", LOGIN, sys.executable, "-c", LASTING]
    with subprocess.Popen(words, env=login.environment(**CONTEXT), stdout=subprocess.PIPE, text=True) as script:
        try:
            assert script.stdout.readline() == "ready\n"
            script.send_signal(number)
            assert script.communicate(timeout=60)[0] == f"{number.name} ['token']\n"
            assert script.returncode == 42
        finally:
            script.kill()
    assert login.left_behind == []


def test_a_command_that_a_signal_ends_is_ended_with_all_that_it_started(login):
    command = ("bash", "-c", "sleep 100 & echo ready; wait")
    with subprocess.Popen(
        ["bash", LOGIN, *command], env=login.environment(**CONTEXT), stdout=subprocess.PIPE, text=True
    ) as script:
        try:
            assert script.stdout.readline() == "ready\n"
            script.terminate()
            script.communicate(timeout=60)  # to the end of what any of them could write
            assert script.returncode == 128 + signal.SIGTERM
        finally:
            script.kill()
    assert login.left_behind == []


@pytest.mark.skipif(not shutil.which("gcloud"), reason="there is no gcloud on the PATH")
def test_the_real_gcloud_takes_the_words_and_is_logged_in(tmp_path):
    login = Login(tmp_path / "ci")
    login.path = os.environ["PATH"]
    done = login.run("gcloud", "auth", "list", "--format=value(account)", **CONTEXT)
    assert (done.returncode, done.stdout) == (0, "deployer@dev-project.iam.gserviceaccount.com\n"), done.stderr
    assert login.left_behind == []


# Halting: the step as the configuration has it, with this shell and these exit codes of `changed`.


@pytest.mark.parametrize(("code", "expected", "halts"), [(0, 0, False), (3, 0, True), (1, 1, False), (2, 1, False)])
def test_a_job_halts_on_exit_code_3_alone_and_fails_on_a_failure(tmp_path, code, expected, halts):
    config = yaml.safe_load((ROOT / ".circleci" / "config.yml").read_text(encoding="utf-8"))
    (step,) = config["commands"]["halt-unless-changed"]["steps"]
    command = step["run"]["command"]
    for name, value in {"login": "", "name": "hed", "against": "merge-base"}.items():
        command = command.replace(f"<< parameters.{name} >>", value)
    for name, text in {"fivetran": f"exit {code}", "circleci-agent": 'echo "$@" >halted'}.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    words = ["bash", "-eo", "pipefail", "-c", command]  # CircleCI's default shell
    done = subprocess.run(words, cwd=tmp_path, env=environment, check=False, timeout=60)
    assert done.returncode == expected
    assert (tmp_path / "halted").exists() is halts
    assert not halts or (tmp_path / "halted").read_text() == "step halt\n"

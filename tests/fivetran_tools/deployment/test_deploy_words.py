"""The words of `deploy`: what needs no gcloud, what is refused, and what the road of the Connector SDK is told."""

import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from fivetran_tools.commands.deploy import deploy
from fivetran_tools.deployment.connector_sdk.deploy import SdkDeployed
from fivetran_tools.deployment.connector_sdk.options import SdkOptions
from fivetran_tools.project import Project
from tests.support.deployable_checkout import DEPLOY_FILE, deployable_checkout
from tests.support.fake_gcloud import fake_gcloud, function_json

PLACEHOLDER = DEPLOY_FILE.replace("dev-project", "your-project-id")
KEY = "a2V5LWNhbmFyeS0wMTIzNDU2Nzg5OnNlY3JldA=="


@pytest.fixture
def checkout(tmp_path):
    """A checkout on a machine that has git and no gcloud."""
    made = deployable_checkout(tmp_path / "a checkout")
    only_git = tmp_path / "bin"
    only_git.mkdir()
    (only_git / "git").symlink_to(str(shutil.which("git")))
    made.environment["PATH"] = str(only_git)
    return made


@pytest.fixture
def gcloud(tmp_path, checkout):
    fake = fake_gcloud(tmp_path / "fake")
    checkout.environment["PATH"] = f"{fake.folder}{os.pathsep}{checkout.environment['PATH']}"
    checkout.environment["FUNCTION_ID_TOKEN"] = "made-up"
    return fake


def one_line(done):
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("fivetran: ")
    return lines[0].removeprefix("fivetran: ")


def test_a_dry_run_needs_no_gcloud_and_shows_tree_and_command(checkout):
    done = checkout.run("deploy", "tiny", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    commit, folder = checkout.git("rev-parse", "HEAD"), checkout.root / "build/functions/tiny"
    lines = done.stdout.splitlines()
    assert lines[0] == f"tiny 0.1.0 {commit}, staged in {folder}:"
    assert {"BUILD", "main.py", "requirements.txt"} <= set(lines)
    assert (
        f"gcloud functions deploy tiny --project=dev-project --region=us-central1 --gen2 --runtime=python312 "
        f"--entry-point=main '--source={folder}' --trigger-http --memory=512Mi --timeout=540s --max-instances=1 "
        f"--ingress-settings=all --clear-secrets --set-env-vars=FUNCTION_TIMEOUT_SECONDS=540 "
        f"--update-labels=commit={commit},version=0-1-0 --no-allow-unauthenticated --format=json --quiet"
    ) in lines


def test_a_dry_run_says_what_a_real_deploy_would_be_refused_for(checkout):
    checkout.write("deploy.yaml", PLACEHOLDER)
    done = checkout.run("deploy", "tiny", "--dry-run")
    assert done.returncode == 0
    assert (
        "a real deploy is refused: the project of environment dev in deploy.yaml is still your-project-id"
        in done.stdout
    )
    assert "a real deploy is refused: files differ from the commit" in done.stdout


@pytest.mark.parametrize("file", ["connectors/tiny/main.py", "deploy.yaml", "src/fivetran_function/new.py"])
def test_files_that_differ_from_their_commit_are_not_deployed(checkout, gcloud, file):
    text = (checkout.root / file).read_text() if (checkout.root / file).exists() else ""
    checkout.write(file, text + "\n# changed\n")
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert one_line(done).startswith("files differ from the commit that the function's label would name: commit them")
    assert gcloud.asked == []
    assert f"commit={checkout.git('rev-parse', 'HEAD')}-modified" in done.stdout


def test_a_checkout_without_a_commit_is_not_deployed(checkout, gcloud):
    shutil.rmtree(checkout.root / ".git")
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert one_line(done).startswith("this is no commit of a git repository")
    assert gcloud.asked == []


def test_the_placeholder_project_is_not_deployed_to(checkout, gcloud):
    checkout.write("deploy.yaml", PLACEHOLDER)
    checkout.commit()
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert one_line(done).startswith("the project of environment dev in deploy.yaml is still your-project-id")
    assert gcloud.asked == []
    assert "--project=prod-project" in checkout.run("deploy", "tiny", "--environment", "prod", "--dry-run").stdout


def test_without_gcloud_a_deploy_says_what_to_install(checkout):
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 1
    assert one_line(done).startswith("there is no gcloud on the PATH: install the Google Cloud CLI")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a b"], "no function named 'a b' in deploy.yaml: there are: tiny"),
        (["../x"], "no function named '../x' in deploy.yaml: there are: tiny"),
        (["tinny"], "no function named 'tinny' in deploy.yaml: did you mean tiny?"),
        (["-x"], "No such option '-x' (`./fivetran deploy --help` shows how)"),
        (["--", "-x"], "no function named '-x' in deploy.yaml: there are: tiny"),
        (["\x1b[2J"], "no function named '\\x1b[2J' in deploy.yaml: there are: tiny"),
        ([], "which function? name one of deploy.yaml, or see all with --status"),
        (["tiny", "--environment", "prd"], "no environment 'prd' in deploy.yaml: there are dev, prod"),
        (["tiny", "--commit", "-x"], "this clone has no commit '-x': look with `git log`, or get it with `git fetch`"),
        (["tiny", "--commit", "ffff"], "this clone has no commit 'ffff': look with `git log`"),
        (["tiny", "--fivetran-group", "a b"], "'a b' is not the id of a Fivetran group"),
        (["tiny", "--destination", "W"], "--destination means nothing with target function: leave it out"),
        (
            ["tiny", "--target", "connector-sdk", "--fivetran-group", "a_b"],
            "--fivetran-group means nothing with target connector-sdk: leave it out",
        ),
        (["zzz", "--status"], "no function named 'zzz' in deploy.yaml: there are: tiny"),
        (["tiny", "--configuration", "nowhere.json"], "no configuration at nowhere.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_words_are_answered_in_one_line(checkout, words, said):
    done = checkout.run("deploy", *words)
    assert done.returncode == 2
    assert said in one_line(done)


@pytest.mark.parametrize(
    "text", ["", "environments:", "tiny: {connector: tiny", "a: &a [*a]\n", "!!python/object:os.x {}"]
)
def test_a_deploy_yaml_that_cannot_be_used_is_one_line(checkout, text):
    checkout.write("deploy.yaml", text)
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert "deploy.yaml" in one_line(done)


def test_a_build_folder_that_cannot_be_written_is_one_line(checkout):
    checkout.write("build", "a file")
    done = checkout.run("deploy", "tiny", "--dry-run")
    assert done.returncode == 1
    assert "cannot stage tiny into" in one_line(done)


def test_settings_that_cannot_be_read_are_told_before_anything_is_deployed(checkout, gcloud):
    (checkout.root / "settings.json").write_text('{"greeting": 1}')
    done = checkout.run("deploy", "tiny", "--configuration", "settings.json")
    assert done.returncode == 2
    assert "'greeting' is a number" in one_line(done)
    assert gcloud.asked == []


def test_a_deploy_that_fails_half_way_leaves_what_runs_and_says_where_to_look(checkout, gcloud):
    gcloud.answers("describe", stdout=function_json(commit="a" * 40))
    gcloud.answers("functions", "deploy", stderr="ERROR: (gcloud.functions.deploy) Build failed\n", code=1)
    done = checkout.run("deploy", "tiny", "--roll-back")
    assert done.returncode == 1
    log = checkout.root / "files/logs/deploy-tiny.log"
    assert done.stderr.splitlines()[-1] == (
        f"fivetran: `gcloud functions deploy tiny` failed: Build failed; all it said is in {log}; "
        "`./fivetran deploy tiny --status` shows what runs now"
    )
    assert [words[1] for words in gcloud.asked] == ["describe", "deploy"]


def test_ctrl_c_ends_gcloud_and_says_that_google_may_go_on(checkout, gcloud):
    gcloud.answers("describe", stdout=function_json())
    gcloud.answers("functions", "deploy", seconds=60)
    with checkout.start("deploy", "tiny") as process:
        for line in process.stderr:
            if line.startswith("deploying tiny"):
                break
        while ["functions", "deploy"] not in [words[:2] for words in gcloud.asked]:
            time.sleep(0.02)
        (running,) = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert [line for line in said.splitlines() if line] == [
        "Google goes on with what has reached it: `./fivetran deploy tiny --status` shows what runs now",
        "fivetran: interrupted",
    ]
    assert not running.is_running()


def test_what_gcloud_says_cannot_move_a_terminals_cursor(checkout, gcloud):
    gcloud.answers("functions", "deploy", stderr="\x1b[2Jhidden\n", code=1)
    gcloud.answers("describe", stdout=function_json())
    assert "\x1b" not in checkout.run("deploy", "tiny").stderr


@pytest.fixture
def sdk(checkout, monkeypatch, mocker):
    """The road of the Connector SDK, watched at its door."""
    for name in [name for name in os.environ if name.startswith("FIVETRAN_")]:
        monkeypatch.delenv(name)
    mocker.patch.object(Project, "here", return_value=checkout.project)
    done = SdkDeployed(mocker.Mock(), [], "connection_1")
    return mocker.patch("fivetran_tools.deployment.connector_sdk.deploy.deploy_to_connector_sdk", return_value=done)


def test_the_target_decides_the_road(checkout, sdk):
    found = CliRunner().invoke(deploy, ["tiny", "--target", "connector-sdk", "--destination", "Warehouse"])
    assert found.exit_code == 0, found.output
    assert "tiny is deployed as connection connection_1" in found.output
    project, deployment, options, _, ask = sdk.call_args.args
    assert (project.root, deployment.function) == (checkout.root, "tiny")
    assert (options, ask) == (SdkOptions(destination="Warehouse"), None)
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", "environment: dev, target: connector-sdk}"))
    words = ["tiny", "--connection", "c", "--configuration", "s.json", "--python-version", "3.11", "--dry-run"]
    assert CliRunner().invoke(deploy, words).exit_code == 0
    assert sdk.call_args.args[2] == SdkOptions(None, None, "c", Path("s.json"), "3.11", dry_run=True)


def test_at_a_terminal_the_key_is_asked_for_and_only_its_beginning_is_shown(sdk, monkeypatch, mocker):
    monkeypatch.setenv("FIVETRAN_API_KEY", KEY)
    mocker.patch("fivetran_tools.commands.deploy._somebody_is_there", return_value=True)
    found = CliRunner().invoke(deploy, ["tiny", "--target", "connector-sdk"], input="\n")
    assert found.exit_code == 0, found.output
    assert f"API key, in base64 [{KEY[:6]}…]:" in found.output
    assert KEY not in found.output
    assert sdk.call_args.args[2].api_key == KEY
    ask = sdk.call_args.args[4]
    prompt = mocker.patch("click.prompt", return_value="answer")
    assert ask("Destination", "Warehouse", "Warehouse") == "answer"
    assert prompt.call_args.args == ("Destination [Warehouse]",)


def test_a_key_that_is_typed_is_not_shown(sdk, mocker):
    mocker.patch("fivetran_tools.commands.deploy._somebody_is_there", return_value=True)
    found = CliRunner().invoke(deploy, ["tiny", "--target", "connector-sdk"], input=f"{KEY}\n")
    assert KEY not in found.output
    assert sdk.call_args.args[2].api_key == KEY

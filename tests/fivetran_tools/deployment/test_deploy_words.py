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
from tests.support.deployable_checkout import DEPLOY_FILE, TINY, deployable_checkout
from tests.support.fake_gcloud import function_json, gcloud_of
from tests.support.scripted_source import document, scripted_source

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
    fake = gcloud_of(checkout, tmp_path / "fake")
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
    line = f"files differ from the commit that says what is deployed: {file}; commit or remove them, or pass --allow-"
    assert one_line(done).startswith(line)
    assert gcloud.asked == []
    assert f"commit={checkout.git('rev-parse', 'HEAD')}-modified" in done.stdout


def test_a_key_in_a_package_that_git_ignores_is_named_and_not_uploaded(checkout, gcloud):
    checkout.write("connectors/tiny/shapes/__init__.py", "")
    checkout.commit()
    checkout.write(".git/info/exclude", "*.json")
    for name in ("key.json", "more.json"):
        checkout.write(f"connectors/tiny/shapes/{name}", "{}")
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert "what is deployed: connectors/tiny/shapes/key.json and 1 more; commit or remove them" in one_line(done)
    assert gcloud.asked == []


@pytest.mark.parametrize("how", ["ignored", "assumed unchanged"])
def test_a_deploy_yaml_that_git_hides_is_not_deployed(checkout, gcloud, how):
    if how == "ignored":
        checkout.git("rm", "-q", "--cached", "deploy.yaml")
        checkout.git("commit", "-q", "-m", "without")
        checkout.write(".git/info/exclude", "deploy.yaml")
    else:
        checkout.git("update-index", "--assume-unchanged", "deploy.yaml")
        checkout.write("deploy.yaml", DEPLOY_FILE + "# changed\n")
    assert checkout.git("status", "--porcelain") == ""
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert "what is deployed: deploy.yaml; commit or remove them" in one_line(done)
    assert gcloud.asked == []


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
        (
            ["tiny", "--target", "connector-sdk", "--roll-back", "--allow-modified"],
            "--roll-back means nothing with target connector-sdk: leave it out",
        ),
        (
            ["tiny", "--target", "connector-sdk", "--environment", "prod"],
            "--environment means nothing with target connector-sdk: leave it out",
        ),
        (["tiny", "--format", "json"], "--format means nothing with target function: leave it out"),
        (["tiny", "--status", "--dry-run"], "--dry-run means nothing with --status: leave it out"),
        (["--status", "--commit", "HEAD"], "--commit means nothing with --status: leave it out"),
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
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert [line for line in said.splitlines() if line] == [
        "Google goes on with what has reached it: `./fivetran deploy tiny --status` shows what runs now",
        "fivetran: interrupted",
    ]
    assert children
    assert not [child for child in children if child.is_running()]


def test_what_gcloud_says_cannot_move_a_terminals_cursor(checkout, gcloud):
    gcloud.answers("functions", "deploy", stderr="\x1b[2Jhidden\n", code=1)
    gcloud.answers("describe", stdout=function_json())
    assert "\x1b" not in checkout.run("deploy", "tiny").stderr


def test_files_that_differ_from_their_commit_are_not_deployed_through_the_sdk_either(checkout):
    checkout.write("connectors/tiny/main.py", TINY + "\n# changed\n")
    words = ("deploy", "tiny", "--target", "connector-sdk", "--destination", "Warehouse")
    done = checkout.run(*words, FIVETRAN_API_KEY=KEY)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "fivetran: files differ from the commit that says what is deployed: connectors/tiny/main.py; commit or remove "
        "them, or pass --allow-modified and have no way back to this version"
    )
    shown = checkout.run(*words, "--dry-run")
    assert shown.returncode == 0
    assert "a real deploy is refused: files differ from the commit" in shown.stderr
    assert "refused" not in checkout.run(*words, "--dry-run", "--allow-modified").stderr


def deployed(checkout, gcloud, answer, *words):
    """Deploy, where gcloud does as it is told and the function gives an answer."""
    gcloud.answers("describe", stdout=function_json())
    with scripted_source(answer) as function:
        gcloud.answers("functions", "deploy", stdout=function_json(url=function.url))
        return checkout.run("deploy", "tiny", *words)


def test_what_a_function_says_cannot_move_a_terminals_cursor(checkout, gcloud):
    asks = {"errorMessage": "\x1b[2J\x1b]0;mine\x07 no key\nyet", "errorType": "ConfigurationError", "stackTrace": []}
    done = deployed(checkout, gcloud, document(asks, 400))
    assert done.returncode == 0, done.stderr
    assert "asks for its settings as it should: [2J ]0;mine no key yet" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_file_whose_name_would_move_the_cursor_is_shown_without(checkout):
    checkout.write("connectors/tiny/words/__init__.py", "")
    checkout.write("connectors/tiny/words/\x1b[2J.txt", "")
    done = checkout.run("deploy", "tiny", "--dry-run")
    assert " [2J.txt" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("importable", [True, False], ids=["as it declares", "unknown, so all is kept"])
def test_a_short_key_that_the_function_repeats_is_not_shown(checkout, gcloud, importable):
    checkout.write("connectors/tiny/main.py", TINY if importable else "import nothing_of_the_kind\n")
    (checkout.root / "settings.json").write_text('{"greeting": "hello-all", "api_key": "k-77"}')
    report = {"errorMessage": "k-77 is wrong, hello-all", "errorType": "CredentialsError", "stackTrace": []}
    done = deployed(checkout, gcloud, document(report, 401), "--configuration", "settings.json", "--allow-modified")
    assert done.returncode == 1
    shown = "hello-all" if importable else "[secret]"
    assert f"CredentialsError: [secret] is wrong, {shown}" in done.stderr.splitlines()[-1]
    assert "k-77" not in done.stdout + done.stderr


def test_when_letting_fivetran_in_fails_it_says_that_the_function_is_deployed(checkout, gcloud):
    gcloud.answers("describe", stdout=function_json())
    gcloud.answers("functions", "deploy", stdout=function_json())
    gcloud.answers("add-invoker-policy-binding", stderr="ERROR: (gcloud) ResponseError: status=[403]\n", code=1)
    done = checkout.run("deploy", "tiny", "--fivetran-group", "a_b")
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("fivetran: tiny is deployed, but was neither called nor may serviceAccount:g-a-b@fivetran-")
    assert "failed: ResponseError: status=[403]; then run the same again" in line


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
    project, source, deployment, options = sdk.call_args.args
    assert (project.root, source.root, deployment.function) == (checkout.root, checkout.root, "tiny")
    assert (options, sdk.call_args.kwargs["ask"]) == (SdkOptions(destination="Warehouse"), None)
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", "environment: dev, target: connector-sdk}"))
    words = ["tiny", "--connection", "c", "--configuration", "s.json", "--python-version", "3.11", "--dry-run"]
    assert CliRunner().invoke(deploy, words).exit_code == 0
    assert sdk.call_args.args[3] == SdkOptions(
        connection="c", configuration=Path("s.json"), python_version="3.11", dry_run=True
    )


def test_at_a_terminal_the_key_is_asked_for_and_only_its_beginning_is_shown(sdk, monkeypatch, mocker):
    monkeypatch.setenv("FIVETRAN_API_KEY", KEY)
    mocker.patch("fivetran_tools.commands.deploy._somebody_is_there", return_value=True)
    found = CliRunner().invoke(deploy, ["tiny", "--target", "connector-sdk"], input="\n")
    assert found.exit_code == 0, found.output
    assert f"API key, in base64 [{KEY[:6]}…]:" in found.output
    assert KEY not in found.output
    assert sdk.call_args.args[3].api_key == KEY
    ask = sdk.call_args.kwargs["ask"]
    prompt = mocker.patch("click.prompt", return_value="answer")
    assert ask("Destination", "Warehouse", "Warehouse") == "answer"
    assert prompt.call_args.args == ("Destination [Warehouse]",)


def test_a_key_that_is_typed_is_not_shown(sdk, mocker):
    mocker.patch("fivetran_tools.commands.deploy._somebody_is_there", return_value=True)
    found = CliRunner().invoke(deploy, ["tiny", "--target", "connector-sdk"], input=f"{KEY}\n")
    assert KEY not in found.output
    assert sdk.call_args.args[3].api_key == KEY


@pytest.mark.parametrize(("there", "said"), [("GEN_1", 2), ("GEN_2", 1)])
def test_another_generation_than_the_one_that_runs_is_refused_before_anything_is_uploaded(
    checkout, gcloud, there, said
):
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", f"environment: dev, generation: {said}}}"))
    checkout.commit()
    gcloud.answers("describe", stdout=function_json().replace("GEN_2", there))
    done = checkout.run("deploy", "tiny")
    assert done.returncode == 2
    assert one_line(done) == (
        f"tiny runs as generation {there[-1]}, deploy.yaml says {said}, and Google cannot change it: give the function "
        "a new name, or delete the one that runs first, with "
        "`gcloud functions delete tiny --project=dev-project --region=us-central1`"
    )
    assert [words[1] for words in gcloud.asked] == ["describe"]

"""Running the SDK's command: what it is given, what is shown of what it says, and how it fails."""

import json
import sys
import time
from pathlib import Path

import pytest

from fivetran_tools.deployment.connector_sdk.options import SdkAnswers
from fivetran_tools.deployment.connector_sdk.sdk_command import deploy_words, run_deploy
from fivetran_tools.errors import CommandError

KEY = "Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
STAMP = "Nov 21, 2026 06:40:00 AM"
PROMPT = "Provide your API Key (Base 64 Encoded) [Default : Y2FuYXJ5********]: "


@pytest.fixture
def program(tmp_path):
    """Write a program in the SDK's place; its last argument is what it does."""

    def write(body):
        file = tmp_path / "an environment" / "fivetran"
        file.parent.mkdir(exist_ok=True)
        said = f"def said(level, text):\n    print({STAMP!r}, level, 'Fivetran-Connector-SDK: ' + text + ' \\033[0m')\n"
        file.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{said}{body}\n")
        file.chmod(0o755)
        return [str(file), "deploy"]

    return write


def test_the_words_say_everything_but_the_key():
    answers = SdkAnswers(KEY, "Ware house", "students", Path("/x/settings.json"), "3.12")
    words = deploy_words(Path("/e/bin/fivetran"), Path("/a b/tiny"), answers, Path("/tmp/s.json"))
    assert words == [
        "/e/bin/fivetran", "deploy", "/a b/tiny", "--force", "--destination=Ware house", "--connection=students",
        "--configuration=/tmp/s.json", "--python-version=3.12",
    ]  # fmt: skip
    assert "--configuration" not in " ".join(deploy_words(Path("f"), Path("p"), answers, None))


def test_the_key_is_in_the_environment_and_enter_takes_it(program, tmp_path, monkeypatch):
    monkeypatch.setenv("FIVETRAN_STATE", "{}")
    words = program(
        f"answer = input({PROMPT!r})\n"
        "rest = sys.stdin.read()\n"
        "seen = [answer, rest, os.environ['FIVETRAN_API_KEY'], sys.argv[1:], os.environ.get('FIVETRAN_STATE'),"
        " os.environ['PATH'].split(os.pathsep)[0]]\n"
        f"with open({str(tmp_path / 'seen')!r}, 'w') as file:\n    file.write(json.dumps(seen))\n"
        "said('INFO', 'Connection ID: iron_fox')"
    )
    shown = []
    lines = run_deploy(words, KEY, tmp_path / "log", show=shown.append)
    bin_folder = str(Path(words[0]).parent)
    assert json.loads((tmp_path / "seen").read_text()) == ["", "", KEY, ["deploy"], None, bin_folder]
    assert shown == ["Connection ID: iron_fox"]
    assert lines == [f"{STAMP} INFO Fivetran-Connector-SDK: Connection ID: iron_fox"]


def test_secrets_are_taken_out_of_all_that_is_shown_and_kept(program, tmp_path):
    words = program("said('INFO', 'using ' + os.environ['FIVETRAN_API_KEY'])\nprint(os.environ['FIVETRAN_API_KEY'])")
    shown = []
    run_deploy(words, KEY, tmp_path / "log", redact=lambda text: text.replace(KEY, "***"), show=shown.append)
    assert shown == ["using ***"]
    assert (tmp_path / "log").read_text().splitlines()[1] == "***"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("said('SEVERE', 'no such place')\nsaid('INFO', 'try again')\nsys.exit(1)", "status 1: no such place"),
        ("said('SEVERE', 'a check failed')\nraise ConnectionError('no way there')", "status 1: ConnectionError: no"),
        ("print('plain words')\nsys.exit(3)", "status 3: plain words"),
        ("sys.exit(4)", "status 4: it said nothing"),
        ("sys.stdin.close()\nos.close(0)\ntime.sleep(0.2)\nsys.exit(5)", "status 5: it said nothing"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line_with_the_sdks_reason(program, tmp_path, body, reason):
    with pytest.raises(CommandError, match=f"failed with {reason}") as caught:
        run_deploy(program(body), KEY, tmp_path / "logs" / "log")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "logs" / "log") in str(caught.value)


def test_one_that_never_ends_is_ended_with_what_it_started(program, tmp_path):
    words = program("import subprocess\nsubprocess.run(['sleep', '60'])")
    started = time.monotonic()
    with pytest.raises(CommandError, match=r"did not end within 0\.5 s"):
        run_deploy(words, KEY, tmp_path / "log", seconds=0.5)
    assert time.monotonic() - started < 30


def test_one_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(CommandError, match=r"cannot start .*/none: No such file"):
        run_deploy([str(tmp_path / "none")], KEY, tmp_path / "log")

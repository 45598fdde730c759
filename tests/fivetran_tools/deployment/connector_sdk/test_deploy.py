"""A whole deploy, with a program of ours where the SDK's command would be."""

import json
import stat
import sys
from pathlib import Path

import pytest

from fivetran_tools.deployment.connector_sdk import deploy as deploying
from fivetran_tools.deployment.connector_sdk.deploy import deploy_to_connector_sdk
from fivetran_tools.deployment.connector_sdk.options import SdkOptions
from fivetran_tools.errors import CommandError, UsageError
from tests.support.connector_sdk.deployments import CONNECTOR, deployment
from tests.support.tiny_project import tiny_project, write

KEY = "Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, sys
options = dict(word.partition("=")[::2] for word in sys.argv[2:])
file = pathlib.Path(options.get("--configuration", "/none"))
seen = {{"words": sys.argv[1:], "file": str(file), "mode": file.stat().st_mode if file.exists() else 0,
        "folder_mode": file.parent.stat().st_mode, "settings": json.loads(file.read_text()) if file.exists() else None}}
pathlib.Path(__file__).with_name("seen.json").write_text(json.dumps(seen))
print("Nov 21, 2026 06:40:00 AM INFO Fivetran-Connector-SDK: with", os.environ["FIVETRAN_API_KEY"], seen["settings"])
print("Nov 21, 2026 06:40:00 AM INFO Fivetran-Connector-SDK: Connection ID: iron_fox")
"""


@pytest.fixture
def project(tmp_path):
    project = tiny_project(tmp_path / "a checkout")
    write(project.root, {"connectors/tiny/main.py": CONNECTOR})
    return project


@pytest.fixture
def programs(monkeypatch, project):
    """Stand in for the environment; what the program saw is in `seen.json`."""
    folder = project.root / "build/connector-sdk/.environments/tiny/bin"
    write(folder, {"fivetran": PROGRAM})
    (folder / "fivetran").chmod(0o755)
    monkeypatch.setattr(deploying, "ensure_environment", lambda *_: folder)
    return folder


def run(project, said, source=None, **options):
    told = {"api_key": KEY, "destination": "Warehouse", "allow_modified": True, **options}
    return deploy_to_connector_sdk(
        project, source or project, deployment("tiny-sync"), SdkOptions(**told), announce=said.append
    )


def test_a_dry_run_shows_the_files_and_the_command_and_runs_nothing(project, monkeypatch):
    monkeypatch.setattr(deploying, "ensure_environment", lambda *_: pytest.fail("it installed something"))
    monkeypatch.setattr(deploying, "run_deploy", lambda *_: pytest.fail("it ran something"))
    said = []
    done = run(project, said, dry_run=True, python_version="3.11")
    text = "\n".join(said)
    assert "  connector.py\n" in text
    assert "  fivetran_function/connector.py\n" in text
    assert "/bin/fivetran' deploy" in text
    assert "--force --destination=Warehouse --connection=tiny_sync --python-version=3.11" in text
    assert "(Y2FuYX…)" in text
    assert KEY not in text + repr(done)
    assert done.connection_id is None
    assert not list(project.root.rglob("configuration.json"))


def test_a_deploy_hands_the_settings_over_looked_up_and_private_and_removes_them(
    project, programs, tmp_path, monkeypatch
):
    monkeypatch.setenv("CANARY", "canary-of-the-source")
    write(tmp_path, {"settings.json": '{"api_key": "$CANARY", "region": "north"}'})
    said = []
    done = run(project, said, configuration=tmp_path / "settings.json")
    seen = json.loads((programs / "seen.json").read_text())
    assert done.connection_id == "iron_fox"
    assert seen["settings"] == {"api_key": "canary-of-the-source", "region": "north"}
    assert stat.S_IMODE(seen["folder_mode"]) == 0o700
    assert not Path(seen["file"]).exists()
    assert seen["words"][1] == str(project.root / "build/connector-sdk/tiny-sync")
    assert KEY not in str(seen)
    log = project.log("deploy-tiny-sync").read_text()
    for text in ("\n".join(said), log):
        assert "north" in text
        assert "canary" not in text
        assert KEY not in text


def test_without_a_configuration_the_connection_keeps_its_settings(project, programs):
    run(project, [])
    assert not any("--configuration" in word for word in json.loads((programs / "seen.json").read_text())["words"])


def test_secrets_of_deploy_yaml_are_said_to_be_out_of_reach(project):
    said = []
    wanted = deployment(secrets={"API_KEY": "tiny-key:3"})
    options = SdkOptions(dry_run=True, allow_modified=True)
    deploy_to_connector_sdk(project, project, wanted, options, announce=said.append)
    assert "the SDK cannot read" in "\n".join(said)
    assert "api_key" in said[-1]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("{", "settings.json:1:2: not JSON"),
        ('{"a": 1}', "'a' is a number, expected text"),
        ('{"a": "$NOT_SET_ANYWHERE"}', "which is not set"),
        (json.dumps({f"k{i}": "x" for i in range(101)}), "101 settings, and the Connector SDK takes 100"),
        (None, "no configuration at"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_before_anything_is_staged(project, tmp_path, settings, reason):
    if settings is not None:
        write(tmp_path, {"settings.json": settings})
    with pytest.raises(UsageError, match=reason):
        run(project, [], configuration=tmp_path / "settings.json")
    assert not (project.root / "build").exists()


def test_a_log_that_cannot_be_written_is_one_line(project, programs):
    write(project.root, {"files/logs": "a file"})
    with pytest.raises(CommandError, match=r"^cannot write .*: (Not a directory|File exists)$"):
        run(project, [])

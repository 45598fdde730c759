"""The SDK's own environment: which Python makes it, when it is made anew, and how that fails."""

import sys
import threading
from pathlib import Path

import pytest

from fivetran_tools.deployment.connector_sdk import environment
from fivetran_tools.deployment.connector_sdk.environment import ensure_environment, find_python
from fivetran_tools.errors import CommandError

FAKE_PYTHON = """#!/bin/sh
case "$*" in
*ensurepip*) echo {version} ;;
*"-m venv"*)
  for folder; do :; done
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  cp "$0" "$folder/bin/python.new"
  mv "$folder/bin/python.new" "$folder/bin/python" ;;
*"-m pip"*) echo "$*" >>{calls}; {pip} ;;
esac
"""


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Put a Python on PATH that makes empty environments, and make it the only fitting one."""
    calls = tmp_path / "calls"

    def write(*, version="3.12", pip="exit 0", name="python3.12"):
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(FAKE_PYTHON.format(version=version, calls=calls, pip=pip))
        file.chmod(0o755)
        return file

    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(environment, "PYTHON_VERSIONS", ("3.12", "3.10"))  # no Python of /usr/bin is the 3.12 of these
    write.calls = lambda: calls.read_text().splitlines() if calls.exists() else []
    return write


@pytest.fixture
def requirements(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("orjson>=3.10\n")
    return file


def test_it_is_made_once_and_again_when_what_it_needs_changes(python, requirements, tmp_path):
    python()
    said = []
    folder = tmp_path / "an environment"
    assert ensure_environment(folder, requirements, said.append) == folder / "bin"
    assert ensure_environment(folder, requirements, said.append) == folder / "bin"
    assert len(said) == 1
    [call] = python.calls()
    assert f"install fivetran-connector-sdk==1.7.0 -r {requirements}" in call
    requirements.write_text("orjson>=3.11\n")
    ensure_environment(folder, requirements, said.append)
    (folder / "bin" / "python").unlink()
    ensure_environment(folder, requirements, said.append)
    assert len(python.calls()) == len(said) == 3


def test_a_moved_one_is_made_anew(python, requirements, tmp_path):
    python()
    ensure_environment(tmp_path / "here", requirements)
    (tmp_path / "here").rename(tmp_path / "there")
    ensure_environment(tmp_path / "there", requirements)
    assert len(python.calls()) == 2


def test_one_that_failed_is_not_taken_for_finished(python, requirements, tmp_path):
    python(pip="echo 'ERROR: No matching distribution'; echo hint; exit 1")
    for _ in range(2):
        with pytest.raises(
            CommandError, match=r"==1\.7\.0 failed: No matching distribution \(.*\.log has it all\)"
        ) as caught:
            ensure_environment(tmp_path / "env", requirements)
        assert "\n" not in str(caught.value)
    python()
    ensure_environment(tmp_path / "env", requirements)
    assert len(python.calls()) == 3


def test_two_at_once_make_it_once(python, requirements, tmp_path):
    python(pip="sleep 0.2")
    starts = [threading.Thread(target=ensure_environment, args=(tmp_path / "env", requirements)) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(30)
    assert len(python.calls()) == 1


def test_a_stand_in_for_a_python_that_is_not_there_is_passed_over(python, tmp_path, monkeypatch):
    stand_in = tmp_path / "shims" / "python3.12"
    stand_in.parent.mkdir()
    stand_in.write_text("#!/bin/sh\necho 'python3.12: command not found' >&2; exit 127\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{tmp_path / 'bin'}")
    fitting = python()
    assert find_python() == fitting


@pytest.mark.parametrize("version", ["3.13", "3.9"])
def test_a_python_of_another_version_does_not_do(python, version, monkeypatch, tmp_path):
    python(version=version)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(CommandError, match=r"needs Python 3\.12 or 3\.10, with its venv module: install"):
        find_python()


def test_the_python_that_runs_the_command_does_where_it_fits(monkeypatch):
    monkeypatch.setattr(environment, "PYTHON_VERSIONS", (".".join(map(str, sys.version_info[:2])),))
    assert find_python() == Path(sys.executable).resolve()


def test_a_folder_that_cannot_be_written_is_one_line(python, requirements, tmp_path):
    python()
    (tmp_path / "file").write_text("")
    with pytest.raises(
        CommandError, match=r"cannot make the Connector SDK's environment in .*: (Not a dir|File exists)"
    ):
        ensure_environment(tmp_path / "file" / "env", requirements)


def test_pip_is_given_no_login(python, requirements, tmp_path, monkeypatch):
    for name in ("FIVETRAN_API_KEY", "GCP_KEY_BASE64", "GOOGLE_APPLICATION_CREDENTIALS", "CIRCLE_OIDC_TOKEN_V2"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    python(pip=f"env >'{tmp_path}/given'")
    ensure_environment(tmp_path / "env", requirements)
    given = (tmp_path / "given").read_text()
    assert "canary" not in given
    assert "PIP_INDEX_URL=kept" in given

"""Environments for clients are made once, whole or not at all, and the reason is said where they cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.client_environments import EnvironmentNotMadeError, environment_python

pytestmark = pytest.mark.slow


@pytest.fixture
def requirements(tmp_path, monkeypatch):
    """Write a requirements file; nothing is found outside an empty folder, as without a network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    def write(text: str) -> Path:
        file = tmp_path / "requirements.txt"
        file.write_text(text)
        return file

    return write


def test_it_is_made_once_and_anew_when_its_requirements_change(tmp_path, requirements):
    environment = tmp_path / "an environment"
    python = environment_python(environment, requirements("# nothing\n"))
    assert subprocess.run([python, "-c", "import pip"], check=True, timeout=30).returncode == 0
    mark = environment / "mark"
    mark.touch()
    assert environment_python(environment, requirements("# nothing\n")) == python
    assert mark.exists()
    environment_python(environment, requirements("# nothing else\n"))
    assert not mark.exists()


def test_what_cannot_be_installed_is_said_in_one_line_and_tried_again(tmp_path, requirements):
    environment = tmp_path / "environment"
    file = requirements("no-such-client==1.0\n")
    for _ in range(2):
        with pytest.raises(EnvironmentNotMadeError, match=r"no-such-client==1.0.*is there a network\?"):
            environment_python(environment, file)
    environment_python(environment, requirements("# nothing\n"))


def test_two_that_need_it_at_once_make_it_once(tmp_path, requirements):
    environment, file = tmp_path / "environment", requirements("# nothing\n")
    make = (
        "import sys, pathlib; from tests.support.client_environments import environment_python as make; "
        "make(*map(pathlib.Path, sys.argv[1:]))"
    )
    words = [sys.executable, "-c", make, str(environment), str(file)]
    both = [subprocess.Popen(words) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert (environment / "bin" / "python").exists()
    assert (tmp_path / "environment.log").read_text().count("No broken requirements") == 1

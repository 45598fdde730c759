"""What a connector needs is installed before its code runs here."""

import zipfile

import pytest

from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.errors import CommandError
from tests.support.tiny_project import tiny_project, write


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A checkout, and a pip that reaches no index and installs into a folder of its own."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "installed"))
    with zipfile.ZipFile(tmp_path / "needed_here-1.5-py3-none-any.whl", "w") as wheel:
        files = {
            "needed_here.py": "",
            "needed_here-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: needed-here\nVersion: 1.5\n",
            "needed_here-1.5.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        files["needed_here-1.5.dist-info/RECORD"] = "".join(f"{name},,\n" for name in files)
        for name, text in files.items():
            wheel.writestr(name, text)
    return tiny_project(tmp_path / "checkout")


def require(project, text):
    write(project.root, {"connectors/tiny/requirements.txt": text})


def test_what_is_missing_is_installed_and_said(project, tmp_path):
    require(project, "requests>=2\nneeded-here>=1\n")
    said = []
    ensure_requirements(project, ["tiny"], said.append)
    assert said == ["installing needed-here>=1 for connectors/tiny"]
    assert (tmp_path / "installed" / "needed_here.py").exists()


def test_what_is_there_and_what_is_for_other_systems_costs_no_pip(project, mocker):
    pip = mocker.patch("fivetran_tools.connector_requirements.subprocess.run")
    require(project, "requests>=2\nnobody-has-this; python_version < '3'\n")
    ensure_requirements(project, ["tiny", "hed"])
    assert not pip.called


@pytest.mark.parametrize("requirement", ["no-such-package>=1", "requests==99.99", "needed-here>=2"])
def test_what_cannot_be_installed_is_one_line(project, requirement):
    require(project, requirement + "\n")
    with pytest.raises(CommandError) as refused:
        ensure_requirements(project, ["tiny"])
    text = str(refused.value)
    assert text.startswith(f"connectors/tiny/requirements.txt asks for {requirement}, which could not be installed")
    assert "\n" not in text


def test_a_version_that_the_lock_forbids_is_not_installed(project, tmp_path):
    write(project.root, {"requirements.lock": "needed-here==1.4\n"})
    require(project, "needed-here>=1.5\n")
    with pytest.raises(CommandError, match=r"beside requirements\.lock"):
        ensure_requirements(project, ["tiny"])
    assert not (tmp_path / "installed").exists()

"""What counts as ready and as damaged, and what the lock promises. tests/end_to_end/test_launcher.py bootstraps."""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from fivetran_tools.environment import (
    ROOT,
    BootstrapError,
    Environment,
    Interpreter,
    Stamp,
    UnknownExtraError,
    damaged,
    ensure,
    witnesses,
)


@pytest.fixture
def site_packages(tmp_path):
    """One distribution of a package, a namespace and a module, as pip lays them out."""
    for name in ("brick/__init__.py", "google/cloud/brick/__init__.py", "plain.py", "brick/deep/data.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    info = tmp_path / "brick-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brick\nVersion: 1.0\n")
    (info / "RECORD").write_text(
        "brick/__init__.py,,6\nbrick/deep/data.txt,,6\nplain.py,,6\ngoogle/cloud/brick/__init__.py,,6\n"
        "brick/__pycache__/__init__.cpython-311.pyc,,\nbrick-1.0.dist-info/METADATA,,\nbrick-1.0.dist-info/RECORD,,\n"
    )
    return tmp_path


def test_stamp_is_read_as_it_was_written(tmp_path):
    stamp = Stamp(frozenset({"run", "test"}), "/a b/ü", ("lib/one", "lib/two"), "home = x\n[project]\n\nclick==8")
    stamp.write(tmp_path / "stamp")
    assert Stamp.read(tmp_path / "stamp") == stamp
    assert [path.name for path in tmp_path.iterdir()] == ["stamp"]


def test_stamp_of_an_unfinished_environment_remembers_the_extras_alone(tmp_path):
    Stamp(frozenset({"run", "test"}), "/a").write(tmp_path / "stamp")
    assert Stamp.read(tmp_path / "stamp") == Stamp(frozenset({"run", "test"}), "/a", (), "")


@pytest.mark.parametrize("text", ["", "run", "run\n/a\nlib/one", "\n\n\n"])
def test_stamp_that_was_cut_off_has_no_inputs(tmp_path, text):
    (tmp_path / "stamp").write_text(text)
    assert not Stamp.read(tmp_path / "stamp").inputs.strip()


def test_no_stamp_is_none(tmp_path):
    assert Stamp.read(tmp_path / "stamp") is None


def test_intact_distribution_is_not_damaged_by_missing_compiled_files(site_packages):
    assert damaged(site_packages) == []


@pytest.mark.parametrize("name", ["brick/__init__.py", "brick/deep/data.txt", "plain.py"])
def test_distribution_with_a_file_gone_is_damaged(site_packages, name):
    (site_packages / name).unlink()
    assert damaged(site_packages) == ["brick==1.0"]


def test_distribution_with_a_file_cut_off_is_damaged(site_packages):
    (site_packages / "brick/deep/data.txt").write_text("x")
    assert damaged(site_packages) == ["brick==1.0"]


@pytest.mark.parametrize("name", ["RECORD", "METADATA"])
def test_distribution_that_was_not_installed_to_its_end_is_damaged(site_packages, name):
    (site_packages / "brick-1.0.dist-info" / name).unlink()
    assert damaged(site_packages) == ["brick==1.0"]


def test_what_pip_was_about_to_delete_is_no_distribution(site_packages):
    (site_packages / "~rick-0.9.dist-info").mkdir()
    assert damaged(site_packages) == []


def test_witnesses_stand_for_everything_installed_and_for_nothing_that_comes_and_goes(site_packages):
    (site_packages / "__pycache__").mkdir()
    (site_packages / "~rick").mkdir()
    (site_packages / "brick.libs").mkdir()
    found = {str(path.relative_to(site_packages)) for path in witnesses(site_packages)}
    assert found == {
        "brick/__init__.py",
        "brick-1.0.dist-info/METADATA",
        "brick.libs",
        "google/cloud/brick/__init__.py",
        "plain.py",
    }


def test_interpreter_that_does_not_run_is_none(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    assert Interpreter.of(tmp_path) is None
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert Interpreter.of(tmp_path) is None


def test_running_interpreter_tells_its_version_and_packages():
    interpreter = Interpreter.of(Path(sys.prefix))
    assert interpreter.version == sys.version_info[:3]
    assert (interpreter.site_packages / "pytest" / "__init__.py").exists()
    assert damaged(interpreter.site_packages) == []


def test_unknown_extra_is_named_before_anything_is_touched(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "t"\n[project.optional-dependencies]\nrun = []\n')
    with pytest.raises(UnknownExtraError, match=r"no extra 'rum': choose from run$"):
        Environment(tmp_path).ensure({"rum"})
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
    with pytest.raises(UnknownExtraError):
        ensure("no such extra")


@pytest.mark.parametrize("text", ["[project", "[tool.x]\n"])
def test_unreadable_project_file_is_one_line(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(BootstrapError, match=r"^pyproject\.toml cannot be read .*$"):
        Environment(tmp_path).ensure({"run"})


@pytest.fixture(scope="module")
def locked():
    """The lock's pins, by canonical name."""
    pins = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.startswith("#"):
            name, version = re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line).groups()
            pins[canonicalize_name(name)] = Version(version)
    return pins


def test_lock_fits_every_requirement_of_the_project(locked):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [Requirement(text) for extra in extras.values() for text in extra]
    others = [it for it in requirements if canonicalize_name(it.name) != canonicalize_name(project["name"])]
    unfit = [str(it) for it in others if not it.specifier.contains(locked.get(canonicalize_name(it.name), "0"))]
    assert unfit == []
    assert locked["duckdb"].major == 1


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the lock is made with Python 3.11")
def test_lock_pins_what_the_requirements_need_in_turn(locked):
    seen, ahead = set(), [("fivetran-function-connectors", extra) for extra in ("app", "run", "test")]
    while ahead:
        name, extra = ahead.pop()
        for text in importlib.metadata.requires(name) or ():
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": extra}):
                continue
            for step in {(canonicalize_name(needed.name), inner) for inner in ("", *needed.extras)} - seen:
                seen.add(step)
                ahead.append(step)
    needed_names = {name for name, _ in seen} - {"fivetran-function-connectors"}
    assert needed_names <= set(locked), "make requirements.lock anew as its first lines say"
    assert set(locked) <= needed_names, "requirements.lock pins what nothing needs"

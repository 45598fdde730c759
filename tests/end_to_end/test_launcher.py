"""`./fivetran` when the environment is ready, how it tells when it is not, and how it finds a Python.

The environments here are laid out by hand, without pip; tests/end_to_end/test_bootstrap.py makes real ones.
"""

import json
import os
import shutil
import signal
import subprocess
import venv
from pathlib import Path

import pytest

from fivetran_tools.environment import Environment, Stamp, witnesses
from tests.end_to_end.checkouts import (
    BASH,
    PYTHON,
    Checkout,
    answer,
    change,
    cut_stamp,
    dangle,
    lay_out,
    lose_venv,
    make_file,
    remove,
    unfinish,
)

NO_PYTHON = "there is no Python 3.11 or newer"


@pytest.fixture
def ready(tmp_path):
    """A checkout whose environment is ready. Every command on its PATH leaves a trace and fails."""
    root = tmp_path / "a checkout"
    lay_out(root)
    venv.create(root / ".venv", symlinks=True)
    site_packages = next((root / ".venv" / "lib").glob("python3.*/site-packages"))
    (site_packages / "tiny.pth").write_text(str(root / "src"))
    (site_packages / "brick").mkdir()
    (site_packages / "brick" / "__init__.py").write_text("")
    environment = Environment(root)
    installed = tuple(str(path.relative_to(root / ".venv")) for path in witnesses(site_packages))
    Stamp(frozenset({"run"}), str(root), installed, environment._inputs()).write(environment.stamp)
    poison = tmp_path / "poison"
    poison.mkdir()
    for name in ("env", "bash", "sh", "dirname", "basename", "readlink", "realpath", "cat", "stat", "python"):
        (poison / name).write_text(f"#!{BASH}\necho {name} >> '{tmp_path}/ran'\nexit 97\n")
        (poison / name).chmod(0o755)
    for minor in ("3", "3.11", "3.12", "3.13", "3.14"):
        shutil.copy(poison / "python", poison / f"python{minor}")
    return Checkout(root, {"PATH": str(poison)})


def test_ready_path_runs_nothing_but_the_command(ready):
    result = ready.run("debug", "hed", "a b", "*", "")
    assert answer(result)["arguments"] == ["debug", "hed", "a b", "*", ""]
    assert answer(result)["prefix"] == str(ready.venv)
    assert answer(result)["cwd"] == "/"
    assert result.stderr == ""
    assert not (ready.root.parent / "ran").exists()


def test_command_takes_the_launchers_place_and_gets_its_signals(ready):
    process = ready.start("wait")
    try:
        assert json.loads(process.stdout.readline())["pid"] == process.pid
        process.terminate()
        assert process.wait(10) == -signal.SIGTERM
    finally:
        process.kill()
        process.communicate()


def test_exit_code_is_the_commands(ready):
    assert ready.run("exit", "7").returncode == 7


def test_standard_input_is_the_commands(ready):
    result = subprocess.run(
        ready.command(),
        env=ready.environment(),
        input="some text\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer(result)["input"] == "some text\n"


@pytest.mark.parametrize(
    ("cwd", "launcher"), [(".", "fivetran"), ("src", "../fivetran"), ("..", "a checkout/fivetran")]
)
def test_any_folder_and_any_spelling_of_the_path_will_do(ready, cwd, launcher):
    folder = (ready.root / cwd).resolve()
    result = answer(ready.run(cwd=folder, launcher=launcher, CDPATH="/tmp:/"))
    assert (result["prefix"], result["cwd"]) == (str(ready.venv), str(folder))


def test_links_to_the_launcher_are_followed(ready, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "first").symlink_to("../second")
    (tmp_path / "second").symlink_to(ready.root / "fivetran")
    result = ready.run(launcher=tmp_path / "bin" / "first", PATH=os.environ["PATH"])
    assert answer(result)["prefix"] == str(ready.venv)


def test_a_folder_reached_through_a_link_is_the_same_checkout(ready, tmp_path):
    (tmp_path / "link").symlink_to(ready.root, target_is_directory=True)
    assert answer(ready.run(launcher=tmp_path / "link" / "fivetran"))["prefix"] == str(ready.venv)


def test_what_lies_in_the_callers_folder_is_not_imported(ready, tmp_path):
    for name in ("json.py", "fivetran_tools.py"):
        (tmp_path / name).write_text("raise SystemExit(99)\n")
    assert ready.run(cwd=tmp_path).returncode == 0


def test_python_settings_of_the_caller_do_not_reach_the_command(ready, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit(99)\n")
    result = ready.run(PYTHONPATH=str(tmp_path), PYTHONHOME="/nowhere", PYTHONSAFEPATH="1", PYTHONUTF8="1")
    assert answer(result)["python"] == {"PYTHONUTF8": "1"}


BREAKAGES = {
    "no environment": remove(".venv"),
    "an environment that is a file": make_file,
    "an environment that is a dangling link": lose_venv,
    "no python": remove(".venv/bin/python"),
    "a dangling python": dangle,
    "no stamp": remove(".venv/fivetran.stamp"),
    "a cut stamp": cut_stamp,
    "an unfinished stamp": unfinish,
    "no pyvenv.cfg": remove(".venv/pyvenv.cfg"),
    "another python version": change(".venv/pyvenv.cfg", "version = 3.99.0\n"),
    "a changed project file": change("pyproject.toml"),
    "a changed lock": change("requirements.lock", "mortar==1.0\n"),
    "a missing package": remove(".venv/lib/python3*/site-packages/brick"),
    "an emptied package": remove(".venv/lib/python3*/site-packages/brick/__init__.py"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_broken_environment_is_not_taken_for_ready(ready, breakage):
    BREAKAGES[breakage](ready.root)
    result = ready.run("debug")
    assert (result.returncode, result.stdout) == (1, "")
    assert NO_PYTHON in result.stderr


@pytest.mark.parametrize("how", [os.rename, shutil.copytree], ids=["moved", "copied"])
def test_moved_or_copied_checkout_is_not_taken_for_ready(ready, how):
    elsewhere = ready.root.with_name("elsewhere")
    how(ready.root, elsewhere)
    result = ready.run("debug", launcher=elsewhere / "fivetran")
    assert (result.returncode, result.stdout) == (1, "")
    assert NO_PYTHON in result.stderr


def test_python_that_cannot_be_executed_is_a_reason_to_repair(ready):
    python = ready.venv / "bin" / "python"
    python.unlink()
    python.write_text("#!/nowhere/python\n")
    python.chmod(0o755)
    result = ready.run("debug")
    assert "the environment's Python cannot be executed" in result.stderr
    assert NO_PYTHON in result.stderr


@pytest.fixture
def bare(tmp_path):
    """A checkout without an environment, where a PATH made by the test decides which Python is found.

    Its environment module only tells what it was run with.
    """
    root = tmp_path / "checkout"
    lay_out(root)
    (root / "src/fivetran_tools/environment.py").write_text(
        "import sys; print(sys.executable, sys.flags.isolated, *sys.argv[1:])"
    )
    (tmp_path / "bin").mkdir()
    return Checkout(root, {"PATH": str(tmp_path / "bin")})


def put_python(checkout, name, prelude=None):
    """A command that is the real Python, or one that answers the launcher's question after running `prelude`."""
    path = Path(checkout.settings["PATH"]) / name
    code = f"exec '{PYTHON}' \"$@\"" if prelude is None else f"exec '{PYTHON}' -I -c \"{prelude}; $3\""
    path.write_text(f"#!{BASH}\n{code}\n")
    path.chmod(0o755)


OLD = "import sys; sys.version_info = (3, 10, 14)"
WITHOUT_VENV = "import sys; sys.modules['ensurepip'] = None"


def test_first_python_that_does_is_taken(bare):
    (Path(bare.settings["PATH"]) / "python3.13").write_text(f"#!{BASH}\necho 'command not found' >&2\nexit 127\n")
    (Path(bare.settings["PATH"]) / "python3.13").chmod(0o755)
    put_python(bare, "python3.12", OLD)
    put_python(bare, "python3.11", WITHOUT_VENV)
    put_python(bare, "python3")
    result = bare.run("debug", "a b")
    assert (result.stdout, result.stderr) == (f"{PYTHON} 1 debug a b\n", "")


def test_named_python_comes_first(bare, tmp_path):
    put_python(bare, "python3.13", OLD)
    assert bare.run("debug", FIVETRAN_PYTHON=PYTHON).stdout == f"{PYTHON} 1 debug\n"


def test_named_python_that_is_no_use_is_told(bare):
    put_python(bare, "python3")
    result = bare.run("debug", FIVETRAN_PYTHON="/nowhere/python")
    assert result.stdout == f"{PYTHON} 1 debug\n"
    assert result.stderr == "fivetran: FIVETRAN_PYTHON is not a Python 3.11 or newer with venv: looking for another\n"


@pytest.mark.parametrize(
    ("prelude", "expected"),
    [(OLD, "there is no Python 3.11 or newer: install one"), (WITHOUT_VENV, "python3 has no venv: install it")],
)
def test_no_usable_python_is_one_line_that_says_what_to_install(bare, prelude, expected):
    put_python(bare, "python3", prelude)
    result = bare.run("debug")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert expected in result.stderr

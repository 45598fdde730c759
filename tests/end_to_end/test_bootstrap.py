"""Real environments: made, repaired, interrupted, and wanted by two at once.

Most use a tiny project and need no network; the last bootstrap a copy of this checkout. All take seconds.
"""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import pytest

from fivetran_tools.environment import ROOT, Stamp
from tests.end_to_end.checkouts import (
    PYTHON,
    Checkout,
    answer,
    change,
    dangle,
    half_install,
    half_make,
    lay_out,
    link_venv,
    lose_venv,
    make_file,
    remove,
    spoil_pip,
    spoil_pip_slyly,
    tiny_checkout,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The tiny project after its first command."""
    checkout = tiny_checkout(tmp_path_factory.mktemp("bootstrapped"))
    result = checkout.run("debug", "hed")
    assert answer(result)["arguments"] == ["debug", "hed"]
    version = ".".join(map(str, sys.version_info[:3]))
    first, making, installing, last = result.stderr.splitlines()
    assert first == "setting up .venv (there is none yet); details in build/bootstrap.log"
    assert (making, installing) == (f"making .venv with Python {version}", "installing packages (run)")
    assert last.startswith(f"environment ready: Python {version}, ")
    return checkout


@pytest.fixture
def bootstrapped(shared):
    """The tiny project, whole and ready, whatever the test before left of it."""
    lay_out(shared.root)
    result = shared.run("bootstrap")
    assert result.returncode == 0, result.stderr
    return shared


def assert_ready(checkout):
    """The next command goes straight through, and what it needs is there."""
    result = checkout.run("debug")
    assert result.stderr == ""
    assert answer(result)["prefix"] == str(checkout.venv)
    code = "import brick.inner, fivetran_tools; print(brick.version)"
    imported = subprocess.run(
        [checkout.venv / "bin" / "python", "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert imported.returncode == 0, imported.stderr
    return imported.stdout.strip()


def mark_venv(checkout):
    """Leave something in the environment that only making it anew removes."""
    mark = checkout.venv / "kept"
    mark.touch()
    return mark


IN_PLACE = {
    "no stamp": (remove(".venv/fivetran.stamp"), "it was not finished"),
    "a changed project file": (change("pyproject.toml"), "pyproject.toml or requirements.lock changed"),
    "a missing package": (remove(".venv/lib/python3*/site-packages/brick"), "brick is damaged"),
    "a half installed package": (half_install, "brick is damaged"),
    "a missing distribution": (
        remove(".venv/lib/python3*/site-packages/brick-1.0.dist-info"),
        f"lib/python3.{sys.version_info.minor}/site-packages/brick-1.0.dist-info/METADATA is missing",
    ),
}


@pytest.mark.parametrize("breakage", IN_PLACE)
def test_environment_is_repaired_in_place(bootstrapped, breakage):
    apply, reason = IN_PLACE[breakage]
    mark = mark_venv(bootstrapped)
    apply(bootstrapped.root)
    result = bootstrapped.run("bootstrap")
    assert result.returncode == 0, result.stderr
    assert f"setting up .venv ({reason})" in result.stderr
    assert mark.exists(), "made anew"
    assert assert_ready(bootstrapped) == "1.0"


def test_explicit_bootstrap_finds_damage_that_a_glance_does_not(bootstrapped):
    (inner,) = bootstrapped.venv.glob("lib/python3*/site-packages/brick/inner.py")
    inner.write_text("")
    mark = mark_venv(bootstrapped)
    result = bootstrapped.run("bootstrap")
    assert "setting up .venv (brick is damaged)" in result.stderr
    assert inner.read_text() == "x = 1\n"
    assert mark.exists()
    again = bootstrapped.run("bootstrap")
    assert (again.stderr, again.stdout) == ("", result.stdout)


def test_changed_lock_is_followed(bootstrapped):
    lock = bootstrapped.root / "requirements.lock"
    lock.write_text("brick==2.0\n")
    assert answer(bootstrapped.run("debug"))
    assert assert_ready(bootstrapped) == "2.0"
    lock.write_text("brick==1.0\n")
    assert answer(bootstrapped.run("debug"))
    assert assert_ready(bootstrapped) == "1.0"


def test_extras_are_added_once_and_remembered(bootstrapped):
    python = bootstrapped.venv / "bin" / "python"
    code = "from fivetran_tools.environment import ensure; print(ensure('test'), ensure('test'))"
    result = subprocess.run(
        [python, "-I", "-c", code], env=bootstrapped.environment(), capture_output=True, text=True, check=False
    )
    assert result.stdout == "True False\n"
    assert "'test' is not in it" in result.stderr
    assert_ready(bootstrapped)
    change("pyproject.toml")(bootstrapped.root)
    assert "installing packages (run,test)" in bootstrapped.run("debug").stderr


def test_command_does_not_take_the_environment_from_under_itself(bootstrapped):
    mark = mark_venv(bootstrapped)
    spoil_pip_slyly(bootstrapped.root)
    code = "from fivetran_tools.environment import main; raise SystemExit(main(['bootstrap']))"
    command = [bootstrapped.venv / "bin" / "python", "-I", "-c", code]
    result = subprocess.run(command, env=bootstrapped.environment(), capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "  pip is not itself today\n" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        "fivetran: .venv is made anew by no command that runs in it: run ./fivetran bootstrap"
    )
    assert mark.exists()


def test_unknown_extra_is_a_wrong_word(bootstrapped):
    result = bootstrapped.run("bootstrap", "--extra", "rum")
    expected = "fivetran: pyproject.toml has no extra 'rum': choose from run, test\n"
    assert (result.returncode, result.stderr) == (2, expected)
    assert_ready(bootstrapped)


NO_CONNECTION = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:9/x", "PIP_RETRIES": "1"}


@pytest.mark.parametrize(
    ("index", "remedy"),
    [
        (NO_CONNECTION, "check the network, or the index that pip is set to"),
        (
            {"PIP_FIND_LINKS": os.devnull},
            "check the index that pip is set to, or make requirements.lock anew as its head says",
        ),
    ],
    ids=["no connection", "nothing there"],
)
def test_without_packages_to_get_one_line_says_so_and_the_environment_is_kept(bootstrapped, index, remedy):
    mark = mark_venv(bootstrapped)
    extras = ",".join(sorted(Stamp.read(bootstrapped.venv / "fivetran.stamp").extras))
    remove(".venv/lib/python3*/site-packages/brick-1.0.dist-info")(bootstrapped.root)
    result = bootstrapped.run("debug", **index)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        f"fivetran: installing packages ({extras}) failed with status 1 (build/bootstrap.log has it all): "
        f"{remedy}, then run ./fivetran bootstrap"
    )
    assert len(result.stderr.splitlines()) == 3
    assert mark.exists()
    assert "ERROR" in (bootstrapped.root / "build" / "bootstrap.log").read_text()
    assert answer(bootstrapped.run("debug"))
    assert_ready(bootstrapped)


@pytest.fixture
def silent_index():
    """An index that takes connections and never answers, so that pip is caught in the middle of its work."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        port = server.getsockname()[1]
        yield (
            server,
            {
                "PIP_NO_INDEX": "0",
                "PIP_FIND_LINKS": "",
                "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple",
                "PIP_RETRIES": "0",
                "PIP_DEFAULT_TIMEOUT": "300",
            },
        )


def start_and_wait_for_pip(checkout, silent_index):
    server, index = silent_index
    remove(".venv/lib/python3*/site-packages/brick-1.0.dist-info")(checkout.root)
    process = checkout.start("debug", **index)
    connection, _ = server.accept()
    connection.settimeout(30)
    assert connection.recv(4) == b"GET "
    return process, connection


def wait_until_closed(connection):
    while connection.recv(65536):
        pass
    connection.close()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_bootstrap_ends_pip_and_the_next_goes_on(bootstrapped, silent_index, number, status):
    process, connection = start_and_wait_for_pip(bootstrapped, silent_index)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (status, "")
    assert "Traceback" not in errors
    wait_until_closed(connection)
    assert "it was not finished" in bootstrapped.run("debug").stderr
    assert_ready(bootstrapped)


def test_killed_bootstrap_leaves_the_lock_to_its_pip_until_that_ends(bootstrapped, silent_index):
    process, connection = start_and_wait_for_pip(bootstrapped, silent_index)
    process.kill()
    process.communicate(timeout=30)
    second = bootstrapped.start("debug")
    assert second.stderr.readline() == "another ./fivetran is setting up .venv: waiting for it\n"
    connection.close()
    silent_index[0].close()
    errors = second.communicate(timeout=60)[1]
    assert second.returncode == 0, errors
    assert "it was not finished" in errors
    assert_ready(bootstrapped)


def test_two_at_once_one_sets_up_and_the_other_waits(tmp_path):
    checkout = tiny_checkout(tmp_path)
    first = checkout.start("debug", "one")
    said = first.stderr.readline()
    second = checkout.start("debug", "two")
    heard = second.stderr.readline()
    outputs = [process.communicate(timeout=90) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert said.startswith("setting up .venv")
    assert heard == "another ./fivetran is setting up .venv: waiting for it\n"
    assert outputs[1][1] == ""
    assert [json.loads(output)["arguments"] for output, _ in outputs] == [["debug", "one"], ["debug", "two"]]


ANEW = {
    "an environment that is a file": make_file,
    "an environment that is a dangling link": lose_venv,
    "a dangling python": dangle,
    "a half-made environment": half_make,
    "a pip that does not start": spoil_pip,
    "a pip that does not work": spoil_pip_slyly,
}


@pytest.mark.parametrize("breakage", ANEW)
def test_environment_beyond_repair_is_made_anew(bootstrapped, breakage):
    ANEW[breakage](bootstrapped.root)
    result = bootstrapped.run("debug")
    assert answer(result)
    assert "making .venv with Python" in result.stderr
    assert_ready(bootstrapped)


def test_what_a_link_in_the_environments_place_leads_to_is_kept(bootstrapped):
    link_venv(bootstrapped.root)
    assert bootstrapped.run("bootstrap").returncode == 0
    assert [path.name for path in (bootstrapped.root.parent / "a folder").iterdir()] == ["note"]
    assert not bootstrapped.venv.is_symlink()
    assert_ready(bootstrapped)


def test_file_in_the_environments_place_is_kept(bootstrapped):
    make_file(bootstrapped.root)
    assert "it is build/replaced.venv now" in bootstrapped.run("bootstrap").stderr
    assert (bootstrapped.root / "build" / "replaced.venv").read_text() == "somebody's note\n"
    assert_ready(bootstrapped)


def test_environment_leans_on_the_python_itself_and_not_on_a_link_to_it(tmp_path):
    checkout = tiny_checkout(tmp_path)
    link = tmp_path / "python"
    link.symlink_to(PYTHON)
    assert checkout.run("bootstrap", FIVETRAN_PYTHON=str(link)).returncode == 0
    link.unlink()
    assert_ready(checkout)


def test_moved_checkout_gets_an_environment_for_its_new_place(tmp_path):
    checkout = tiny_checkout(tmp_path)
    assert checkout.run("bootstrap").returncode == 0
    checkout.root.rename(tmp_path / "elsewhere")
    moved = Checkout(tmp_path / "elsewhere", checkout.settings)
    assert "the checkout was moved or copied" in moved.run("debug").stderr
    assert_ready(moved)
    scripts = subprocess.run([moved.venv / "bin" / "pip", "--version"], capture_output=True, text=True, check=False)
    assert str(tmp_path / "elsewhere") in scripts.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """This checkout's files, committed or not, in a folder of their own, as a fresh clone would hold them."""
    root = tmp_path_factory.mktemp("clone") / "fresh clone"
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    checkout = Checkout(root, {**pip, "FIVETRAN_PYTHON": PYTHON})
    result = checkout.run("bootstrap")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("environment ready: Python 3.")
    assert result.stdout.endswith(" packages, .venv\n")
    return checkout


@pytest.mark.timeout(600)
def test_fresh_clone_gets_the_locked_packages_and_only_those_that_commands_need(clone):
    frozen = subprocess.run(
        [clone.venv / "bin" / "python", "-m", "pip", "freeze", "--exclude-editable"],
        capture_output=True,
        text=True,
        check=False,
    )
    locked = set((ROOT / "requirements.lock").read_text().splitlines())
    installed = set(frozen.stdout.splitlines())
    assert {line for line in installed if line.startswith(("duckdb==", "click==", "functions-framework=="))}
    assert installed <= locked
    assert not {line for line in installed if line.startswith("pytest==")}


@pytest.mark.timeout(600)
def test_launcher_adds_little_to_the_command(clone):
    (clone.root / "src/fivetran_tools/__main__.py").write_text("")
    assert clone.run("debug").stderr == ""

    def seconds(command):
        began = time.perf_counter()
        subprocess.run(command, cwd="/", env=clone.environment(), check=True)
        return time.perf_counter() - began

    pairs = [
        (seconds(clone.command("debug")), seconds([clone.venv / "bin" / "python", "-P", "-m", "fivetran_tools"]))
        for _ in range(15)
    ]
    assert statistics.median(launched - plain for launched, plain in pairs) < 0.2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("package", ["click", "google/cloud/secretmanager", "duckdb"])
def test_deleted_package_comes_back_when_the_next_command_runs(clone, package):
    (folder,) = clone.venv.glob(f"lib/python3*/site-packages/{package}")
    shutil.rmtree(folder)
    (clone.root / "src/fivetran_tools/__main__.py").write_text(f"import {package.replace('/', '.')}\n")
    result = clone.run("debug")
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert "is damaged" in result.stderr
    again = clone.run("debug")
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.timeout(600)
def test_test_tools_are_added_on_request(clone):
    result = clone.run("bootstrap", "--extra", "test")
    assert result.returncode == 0, result.stderr
    assert (clone.venv / "bin" / "pytest").exists()
    assert Stamp.read(clone.venv / "fivetran.stamp").extras == {"run", "test"}

"""Starting a source's simulator: it says how to reach it, and never outlives who asked for it."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulate, simulated_source
from tests.support.tiny_project import ROOT, tiny_project, write

SAYS = "import sys\nprint({line!r}, flush=True)\nsys.stdin.read()\n"
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"configuration": {}}', flush=True)
while True:
    signal.pause()
"""
PARENT = """
import os, psutil, signal
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source

with simulated_source(Project.here(), "hed"):
    print(psutil.Process().children()[0].pid, flush=True)
    signal.pause()
"""


@pytest.fixture
def project(tmp_path):
    return tiny_project(tmp_path / "checkout")


def simulator(project, source):
    write(project.root, {"connectors/tiny/simulator/__main__.py": source, "connectors/tiny/simulator/__init__.py": ""})


def children():
    return {process.pid for process in psutil.Process().children()}


def test_the_simulator_of_hed_answers_until_the_block_ends():
    before = children()
    with simulated_source(Project(ROOT), "hed") as configuration:
        assert set(configuration) >= {"api_key", "base_url"}
        assert configuration["base_url"].startswith("http://127.0.0.1:")
        (pid,) = children() - before
        assert {connection.laddr.ip for connection in psutil.Process(pid).net_connections("tcp")} == {"127.0.0.1"}
    assert children() == before
    assert not psutil.pid_exists(pid)


def test_a_connectors_own_simulator_is_used(project):
    simulator(project, SAYS.format(line='{"configuration": {"base_url": "http://127.0.0.1:1", "n": 5}, "more": 1}'))
    with simulated_source(project, "tiny") as configuration:
        assert configuration == {"base_url": "http://127.0.0.1:1", "n": "5"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit('port 1 is in use')", "did not start: port 1 is in use; its log is"),
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("", "did not say in one line of JSON"),
        (SAYS.format(line="ready"), "did not say in one line of JSON"),
        (SAYS.format(line='{"ready": true}'), "did not say"),
        (SAYS.format(line='{"configuration": ["a"]}'), "did not say"),
        (SAYS.format(line="[1]"), "did not say"),
    ],
)
def test_a_simulator_that_does_not_start_is_told_in_its_words(project, source, reason):
    simulator(project, source)
    before = children()
    with pytest.raises(CommandError) as caught, simulated_source(project, "tiny"):
        pass
    assert str(caught.value).startswith("the simulator connectors.tiny.simulator did not start: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert children() == before


def test_a_connector_without_a_simulator_is_told_what_to_do_instead(project):
    with pytest.raises(UsageError, match=r"tiny has no simulator .*: pass --configuration FILE"):
        simulate(project, "tiny", [])


def test_a_simulator_is_not_given_what_opens_fivetran(project, monkeypatch):
    names = ["FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_LOCAL_CONTROL_TOKEN"]
    for name in names:
        monkeypatch.setenv(name, "canary")
    found = "sorted(name for name, value in os.environ.items() if value == 'canary')"
    started = f"import json, os, sys\nprint(json.dumps({{'configuration': {{'found': {found}}}}}), flush=True)\n"
    simulator(project, f"{started}sys.stdin.read()\n")
    with simulated_source(project, "tiny") as configuration:
        assert configuration == {"found": "[]"}
    simulator(project, f"import os, sys\nsys.exit(len({found}))\n")
    assert simulate(project, "tiny", []) == 0


def test_a_simulator_that_does_not_listen_to_its_end_is_killed(project):
    simulator(project, DEAF)
    before = children()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fivetran_tools.simulate._STOP_SECONDS", 0.3)
        with simulated_source(project, "tiny"):
            assert len(children() - before) == 1
    assert children() == before


def test_in_the_foreground_its_exit_code_is_ours(project):
    simulator(project, "import sys\nsys.exit(int(sys.argv[1]))\n")
    assert [simulate(project, "tiny", [code]) for code in ("0", "7")] == [0, 7]


def test_it_ends_when_its_parent_is_killed():
    words = [sys.executable, "-c", PARENT]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        found = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
        assert psutil.wait_procs([found], timeout=20)[1] == []


@pytest.mark.parametrize(
    ("sent", "end"),
    [(signal.SIGTERM, os.kill), (signal.SIGINT, os.kill), (signal.SIGINT, os.killpg)],
    ids=["SIGTERM to the command alone", "SIGINT to the command alone", "Ctrl-C"],
)
def test_in_the_foreground_a_signal_ends_both(sent, end):
    words = [sys.executable, "-m", "fivetran_tools", "simulate", "hed"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as command:
        try:
            assert "configuration" in command.stdout.readline()
            family = psutil.Process(command.pid).children(recursive=True)
            end(command.pid, sent)
            assert command.wait(20) == 0
            assert len(family) == 1
            assert psutil.wait_procs(family, timeout=20)[1] == []
        finally:
            if command.poll() is None:
                os.killpg(command.pid, signal.SIGKILL)

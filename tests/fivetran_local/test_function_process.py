"""A function as a process: it starts or says why not, keeps its log, and never outlives us."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fivetran_local import function_process
from fivetran_local.errors import FunctionCallError, FunctionStartError
from fivetran_local.function import TOKEN_VARIABLE, FunctionClient
from fivetran_local.function_process import run_function, tail
from fivetran_protocol import FunctionRequest
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "tests" / "functions"

PARENT = """
import sys
from pathlib import Path
from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_protocol import FunctionRequest

folder, log = map(Path, sys.argv[1:])
with run_function(folder, log, timeout_seconds=30) as function:
    client = FunctionClient(function.url)
    client.call(FunctionRequest())
    try:
        print(function.pid, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        client.call(FunctionRequest())
        print("answered", flush=True)
    client.close()
"""


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "function.log"


def call(url, **state):
    client = FunctionClient(url, timeout_seconds=30)
    try:
        return client.call(FunctionRequest(state=state)).document
    finally:
        client.close()


def family(pid):
    """The process and its workers, to be asked about after their end."""
    master = psutil.Process(pid)
    return [master, *master.children(recursive=True)]


def assert_gone(processes):
    assert len(processes) >= 2, "gunicorn's master and a worker"
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive


def test_a_function_runs_in_its_folder_and_ends_with_the_block(log):
    with run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=77) as function:
        seen = call(function.url)
        processes = family(function.pid)
    assert seen["process"] in [process.pid for process in processes]
    assert seen["folder"] == str(FUNCTIONS / "tells_about_itself")
    assert seen["path"][0] in ("", seen["folder"])
    assert seen["variables"]["FUNCTION_TIMEOUT_SECONDS"] == "77"
    assert seen["variables"]["FUNCTION_FOLDER"] == seen["folder"]
    assert_gone(processes)


def test_a_function_is_not_given_what_opens_fivetran(log, monkeypatch):
    names = ["FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_LOCAL_CONTROL_TOKEN", TOKEN_VARIABLE]
    for name in names:
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("FIVETRAN_OTHER", "hers")
    with run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=30) as function:
        variables = call(function.url)["variables"]
    assert variables["FIVETRAN_OTHER"] == "hers"
    assert not variables.keys() & set(names)


def test_it_listens_on_loopback_only_and_on_a_port_of_its_own(log):
    with (
        run_function(FUNCTIONS / "counts", log, timeout_seconds=30) as one,
        run_function(FUNCTIONS / "counts", log.with_name("other"), timeout_seconds=30) as other,
    ):
        assert one.url != other.url
        for function in (one, other):
            listening = {
                connection.laddr
                for process in family(function.pid)
                for connection in process.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN
            }
            assert {f"http://{address.ip}:{address.port}" for address in listening} == {function.url}
            assert {address.ip for address in listening} == {"127.0.0.1"}


def test_what_it_says_is_kept_in_its_log_from_its_last_start_only(log):
    log.parent.mkdir()
    log.write_text("from an earlier start\n")
    with run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=30) as function:
        call(function.url)
        text = tail(function.log, 20)
    assert "said on standard output" in text
    assert "said on standard error" in text
    assert "earlier" not in log.read_text()


def test_two_starts_with_one_log_keep_to_themselves(log):
    with (
        run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=30) as one,
        run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=30) as other,
    ):
        for function in (one, other):
            assert call(function.url)["process"] in [process.pid for process in family(function.pid)]
        assert log.read_text().count("Listening at") == 1


def test_words_in_the_log_that_look_like_the_servers_are_not_believed(tmp_path, log):
    lie = "print('Listening at: http://127.0.0.1:9 (1)', flush=True)\n"
    (tmp_path / "main.py").write_text(lie + (FUNCTIONS / "counts" / "main.py").read_text())
    with run_function(tmp_path, log, timeout_seconds=30) as function:
        assert call(function.url, page=1)["state"] == {"page": 2}


def test_a_run_leaves_nothing_in_the_folder(tmp_path, log):
    shutil.copy2(FUNCTIONS / "counts" / "main.py", tmp_path)
    with run_function(tmp_path, log, timeout_seconds=30) as function:
        call(function.url)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "main.py"]


def test_the_tail_is_the_last_lines_whatever_bytes_they_are(tmp_path):
    file = tmp_path / "log"
    file.write_bytes(b"".join(b"line %d \xff\n" % i for i in range(1000)))
    assert tail(file, 2).splitlines() == ["line 998 \N{REPLACEMENT CHARACTER}", "line 999 \N{REPLACEMENT CHARACTER}"]
    assert tail(tmp_path / "none", 2) == ""
    file.write_bytes(b"x" * 1_000_000)
    assert len(tail(file, 2)) <= 1000


def test_variables_that_could_bring_another_runtime_are_left_out_and_others_come_along(log, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    more = {"FUNCTION_REGION": "nowhere"}
    with run_function(FUNCTIONS / "tells_about_itself", log, timeout_seconds=30, environment=more) as function:
        seen = call(function.url)
    assert str(tmp_path) not in seen["path"]
    assert "PYTHONPATH" not in seen["variables"]
    assert "PYTHONSAFEPATH" not in seen["variables"]
    assert seen["variables"]["FUNCTION_REGION"] == "nowhere"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "does_not_import",
            "did not start: ModuleNotFoundError: No module named 'a_module_that_is_not_there'; its log",
        ),
        ("has_no_main", "expected to contain a function named 'main'. Found: 'handler' instead"),
        ("exits_at_import", "did not start: HED_REGION is not set; its log is"),
        ("has_its_runtime_elsewhere", "ImportError: the runtime was imported from"),
    ],
)
def test_a_function_that_does_not_start_says_why(log, name, reason):
    with pytest.raises(FunctionStartError) as caught, run_function(FUNCTIONS / name, log, timeout_seconds=30):
        pass
    assert reason in str(caught.value)
    assert str(caught.value).endswith(f"its log is {log}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def main(request:\n    return {}\n", "SyntaxError: '(' was never closed"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("class Broken(Exception): pass\nraise Broken('by design')\n", "Broken: by design"),
        ("raise SystemExit(3)\n", "did not start: it said nothing"),
        ("", "expected to contain a function named 'main'"),
    ],
)
def test_a_main_that_is_broken_is_told_by_the_last_line_of_its_error(tmp_path, log, source, reason):
    (tmp_path / "main.py").write_text(source)
    with pytest.raises(FunctionStartError) as caught, run_function(tmp_path, log, timeout_seconds=30):
        pass
    assert reason in str(caught.value)


def test_a_function_that_never_comes_to_listen_is_given_up_and_ended(log, monkeypatch):
    monkeypatch.setattr(function_process, "_START_SECONDS", 1.0)
    before = set(psutil.Process().children())
    with (
        pytest.raises(FunctionStartError, match="did not listen within 1 s"),
        run_function(FUNCTIONS / "imports_for_ever", log, timeout_seconds=30),
    ):
        pass
    assert set(psutil.Process().children()) == before


@pytest.mark.parametrize("missing", ["folder", "python", "log"])
def test_what_is_missing_to_start_it_is_a_failure_to_start(tmp_path, log, missing):
    folder = tmp_path / "nowhere" if missing == "folder" else FUNCTIONS / "counts"
    python = str(tmp_path / "python") if missing == "python" else ""
    place = tmp_path / "file" / "function.log" if missing == "log" else log
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FunctionStartError, match=r"did not start: .*(No such file|File exists)"),
        run_function(folder, place, timeout_seconds=30, python=python),
    ):
        pass


def test_a_function_on_its_staged_runtime_starts(tmp_path, log):
    staged = tmp_path / "staged"
    shutil.copytree(FUNCTIONS / "has_its_runtime_elsewhere", staged)
    for package in ("fivetran_function", "fivetran_protocol"):
        shutil.copytree(ROOT / "src" / package, staged / package)
    with run_function(staged, log, timeout_seconds=30) as function:
        assert call(function.url, page=7)["state"] == {"page": 7}


def test_a_worker_that_dies_in_a_call_is_a_failed_call_and_the_next_one_is_answered(log):
    with run_function(FUNCTIONS / "ends_its_process", log, timeout_seconds=30) as function:
        first = call(function.url)
        with pytest.raises(FunctionCallError, match="cut the connection"):
            call(function.url, die=True)
        assert call(function.url)["state"] != first["state"]


def test_a_function_that_exits_in_a_call_fails_the_call(log):
    with run_function(FUNCTIONS / "exits_in_a_call", log, timeout_seconds=30) as function:
        with pytest.raises(FunctionCallError, match="cut the connection"):
            call(function.url, exit=1)
        assert call(function.url)["state"] == {}


def test_a_function_that_takes_its_server_with_it_leaves_nobody_answering(log):
    with run_function(FUNCTIONS / "exits_in_a_call", log, timeout_seconds=30) as function:
        master = psutil.Process(function.pid)
        with pytest.raises(FunctionCallError, match="cut the connection"):
            call(function.url, exit=3)  # gunicorn reads 3 as a worker that failed to boot
        # Nobody has waited for it yet, so it stays a zombie until the block ends.
        psutil.wait_procs([process for process in family(function.pid) if process != master], timeout=20)
        until(lambda: master.status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(FunctionCallError, match="nothing answers"):
            call(function.url)
    assert not master.is_running()


def test_a_function_in_the_middle_of_a_call_is_ended_too(log, monkeypatch):
    monkeypatch.setattr(function_process, "_STOP_SECONDS", 0.5)
    with run_function(FUNCTIONS / "never_answers", log, timeout_seconds=30) as function:
        client = FunctionClient(function.url, timeout_seconds=0.5)
        with pytest.raises(FunctionCallError, match=r"within 0\.5 s"):
            client.call(FunctionRequest())
        processes = family(function.pid)
        client.close()
    assert_gone(processes)


@pytest.fixture
def parent(tmp_path, log):
    """A process of our own that runs a function, in a process group of its own; its function's processes."""
    words = [sys.executable, "-c", PARENT, str(FUNCTIONS / "counts"), str(log)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    with process:
        yield process, family(int(process.stdout.readline()))
        process.kill()


def test_a_function_ends_when_its_parent_is_killed(parent):
    process, functions = parent
    process.kill()
    process.wait(20)
    assert_gone(functions)


def test_ctrl_c_reaches_the_parent_alone_which_can_still_call(parent):
    process, functions = parent
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout.readline() == "answered\n"
    assert process.wait(20) == 0
    assert_gone(functions)

"""Functions started on demand: real processes, a tiny checkout, and code that changes under them."""

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
import requests

from fivetran_local.errors import FunctionStartError
from fivetran_tools.deployment.deployments import Deployment, Environment
from fivetran_tools.project import Project
from fivetran_tools.serving.functions import FunctionSupervisor
from fivetran_tools.serving.ports import address, port_of
from tests.support.tiny_project import tiny_project, write

SAYS = "def main(request):\n    return {{'state': {{'says': {!r}}}, 'insert': {{}}, 'hasMore': False}}\n"
NAMES = ("tiny", "twin")
"""Two functions of one connector."""


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture
def project(tmp_path):
    made = tiny_project(tmp_path / "checkout")
    change(made, "one")
    return Project(made.root, tmp_path / "staged")


@contextmanager
def supervised(project):
    environment = Environment("dev", "a-project", "a-context")
    deployments = {name: Deployment(name, "tiny", environment, timeout_seconds=77) for name in NAMES}
    with FunctionSupervisor(project, deployments, {name: free_port() for name in NAMES}) as functions:
        yield functions


@pytest.fixture
def functions(project):
    with supervised(project) as functions:
        yield functions


def change(project, word):
    write(project.root, {"connectors/tiny/main.py": SAYS.format(word)})


def says(url):
    answer = requests.post(url, json={}, timeout=10)
    assert answer.ok, answer.text
    return answer.json()["state"]["says"]


def process_at(functions, name):
    port = int(functions.addresses()[name].rpartition(":")[2])
    (found,) = [
        psutil.Process(child.pid)
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE
        and str(port) in child.cmdline()
        and "functions_framework" in " ".join(child.cmdline())
    ]
    return found


def test_a_function_starts_when_it_is_called_for_and_stays_until_the_end(project):
    with supervised(project) as functions:
        url = functions.addresses()["tiny"]
        assert [function.running for function in functions.described()] == [False, False]
        assert functions.log_of("tiny") is None
        log = functions.ready(url)
        assert says(url) == "one"
        assert [function.running for function in functions.described()] == [True, False]
        assert functions.log_of("tiny") == log
        assert "Listening" in log.read_text()
        process = process_at(functions, "tiny")
        assert functions.ready(url + "/") == log
        assert process_at(functions, "tiny").pid == process.pid
    assert not process.is_running()


def test_other_addresses_are_somebody_elses(functions):
    port = functions.addresses()["tiny"].rpartition(":")[2]
    for url in ("https://example.com", f"https://127.0.0.1:{port}", f"http://example.com:{port}", "http://[", ""):
        assert functions.ready(url) is None, url


@pytest.mark.slow
def test_edited_code_runs_from_the_next_call_on_and_not_under_a_sync_of_another_connection(functions, project):
    url = functions.addresses()["tiny"]
    port = port_of(url)
    running = {"a"}
    functions.syncs_of = lambda called: running if called == port else ()
    functions.ready(url)
    change(project, "two")
    running.add("b")
    functions.ready(url)
    assert says(url) == "one", "a sync that runs lost its function"
    running.clear()
    running.add("c")
    functions.ready(url)
    assert says(url) == "two"


@pytest.mark.slow
def test_what_is_no_part_of_the_function_does_not_restart_it(functions, project):
    url = functions.addresses()["tiny"]
    functions.ready(url)
    pid = process_at(functions, "tiny").pid
    write(project.root, {"connectors/tiny/README.md": "new", "connectors/tiny/tests/test_it.py": "new"})
    functions.ready(url)
    assert process_at(functions, "tiny").pid == pid


@pytest.mark.slow
def test_a_function_that_died_is_started_again(functions):
    url = functions.addresses()["tiny"]
    functions.ready(url)
    process = process_at(functions, "tiny")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    deadline = time.monotonic() + 10
    while functions.described()[0].running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    functions.ready(url)
    assert says(url) == "one"


@pytest.mark.slow
def test_a_function_outlives_the_thread_that_asked_for_it(functions):
    """What ends it with its parent ends it with the thread that started it."""
    url = functions.addresses()["tiny"]
    asking = threading.Thread(target=functions.ready, args=(url,))
    asking.start()
    asking.join()
    time.sleep(0.3)
    assert says(url) == "one"


@pytest.mark.slow
def test_many_that_ask_at_once_get_one_process_each(functions):
    urls = list(functions.addresses().values()) * 5
    with ThreadPoolExecutor(10) as pool:
        logs = list(pool.map(functions.ready, urls))
    assert len(set(logs)) == 2
    assert [says(url) for url in urls[:2]] == ["one", "one"]


@pytest.mark.slow
def test_code_that_does_not_start_is_said_in_one_line_and_starts_once_repaired(functions, project):
    url = functions.addresses()["tiny"]
    write(project.root, {"connectors/tiny/main.py": "import no_such_module\n"})
    with pytest.raises(FunctionStartError, match="No module named 'no_such_module'"):
        functions.ready(url)
    change(project, "repaired")
    functions.ready(url)
    assert says(url) == "repaired"


def test_a_connector_that_cannot_be_staged_is_said_in_one_line(functions, project):
    write(project.root, {"connectors/tiny/helper.py": ""})
    with pytest.raises(FunctionStartError, match=r"^function tiny: connectors/tiny/helper.py is not staged"):
        functions.ready(functions.addresses()["tiny"])


def test_a_port_that_another_program_has_is_named_with_the_way_out(functions, mocker):
    mocker.patch("fivetran_tools.serving.functions._PORT_SECONDS", 0.0)
    url = functions.addresses()["tiny"]
    port = int(url.rpartition(":")[2])
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(FunctionStartError, match=f"port {port}, which another program has: .*--function-ports"):
            functions.ready(url)
    assert address(port) == url

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from simulators.hed_api.server import listen

ROOT = Path(__file__).parents[3]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulators.hed_api", *words]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False
    )


def test_the_one_line_is_a_configuration_of_strings(launch):
    simulator = launch()
    assert list(simulator.announced) == ["configuration"]
    configuration = simulator.announced["configuration"]
    assert set(configuration) == {"api_key", "base_url", "page_size"}
    assert configuration["page_size"] == "100"
    assert all(isinstance(value, str) for value in configuration.values())
    assert sum(len(page["hed_records"]) for page in simulator.pages()) == 600
    simulator.process.terminate()
    assert simulator.process.stdout.read() == b""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_even_during_an_answer(launch, ending):
    simulator = launch("--control-token", "open-sesame")
    simulator.arm("slow", seconds=600)
    with socket.create_connection(("127.0.0.1", int(simulator.url.rsplit(":", 1)[1]))) as waiting:
        waiting.sendall(f"GET /hed_data HTTP/1.1\r\nhost: x\r\nx-api-key: {simulator.key}\r\n\r\n".encode())
        while not simulator.control("GET", "/requests").json():
            pass
        began = time.monotonic()
        simulator.process.send_signal(ending)
        assert simulator.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 5


def test_it_ends_with_standard_input_when_asked_to(launch):
    simulator = launch("--exit-with-stdin")
    assert simulator.page()["has_more"] is True
    simulator.process.stdin.close()
    assert simulator.process.wait(timeout=20) == 0
    assert run("--exit-with-stdin").returncode == 0


def test_it_outlives_standard_input_otherwise(launch):
    simulator = launch()
    simulator.process.stdin.close()
    assert simulator.page()["has_more"] is True


def test_it_listens_on_loopback_only(launch):
    listening = [c for c in psutil.Process(launch().process.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [connection.laddr.ip for connection in listening] == ["127.0.0.1"]


def test_ten_million_rows_take_no_memory(launch):
    few, many = launch("--rows", "10"), launch("--rows", "10000000")
    assert len(many.page(page_size=200)["hed_records"]) == 200
    few.page()
    used = [psutil.Process(simulator.process.pid).memory_info().rss for simulator in (few, many)]
    assert used[1] - used[0] < 8_000_000


def test_a_connection_is_kept(simulator):
    pool = simulator.http.connection_from_url(simulator.url)
    simulator.page()
    before = pool.num_connections
    for _ in range(5):
        answer = simulator.get()
    assert pool.num_connections == before
    assert "content-encoding" not in answer.headers


def test_a_short_answer_does_not_wait_for_an_acknowledgement():
    with listen(0) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # what asyncio asks before it turns Nagle's algorithm off


def test_a_port_in_use_is_named(launch):
    port = launch().url.rsplit(":", 1)[1]
    ended = run("--port", port)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"port {port} of 127.0.0.1 is in use: end the program that has it, or choose another, or 0 for any free one\n"
    )


def test_nobody_left_to_hear_that_it_is_ready():
    command = [sys.executable, "-m", "simulators.hed_api"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rows", "-1"], "--rows: expected a whole number from 0 to 1000000000"),
        (["--rows", "many"], "--rows: expected a whole number"),
        (["--port", "65536"], "--port: expected a whole number from 0 to 65535"),
        (["--page-limit", "0"], "--page-limit: expected a whole number from 1 to 10000"),
        (["--seed", "x"], "--seed"),
        (["--control-token", ""], "--control-token: expected a word"),
        (["--control-token", "two\nlines"], "--control-token: expected a word"),
        (["--row", "5"], "--row"),
        (["rows"], "rows"),
    ],
)
def test_wrong_words_are_told_in_one_line(words, told):
    ended = run(*words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_help_has_an_example():
    ended = run("--help")
    assert ended.returncode == 0
    assert "$ python -m simulators.hed_api --port 8765" in ended.stdout


def test_the_documentation_has_the_table_of_faults_and_every_option():
    text = (ROOT / "docs" / "hed-simulator.md").read_text()
    table = run("--list-faults").stdout
    assert table.count("\n") > 15
    assert text.endswith(table), "put the output of `python -m simulators.hed_api --list-faults` at the document's end"
    for word in run("--help").stdout.split():
        if word.startswith("--") and word not in {"--help", "--json"}:
            assert f"`{word.rstrip(',')}`" in text
    assert json.loads(text[text.index('    {"configuration"') : text.index("| option")])["configuration"]

"""`./fivetran serve` as a process: what it says, who may start it twice, and how it ends."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import psutil
import pytest
import requests

from fivetran_tools.cli import main
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import ROOT, served
from tests.support.waiting import until


@pytest.fixture
def refused(capfd):
    """Give what runs words that must not come to serve, and returns the exit code and the one line."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main(["serve", "--port", "0", *words])
        out, err = capfd.readouterr()
        assert out == ""
        (said,) = err.splitlines()
        return ended.value.code, said

    return run


def lines_until(process, last):
    lines = []
    while not lines or not lines[-1].startswith(last):
        line = process.stdout.readline()
        assert line, lines
        lines.append(line.rstrip())
    return lines


def test_it_says_where_everything_is_and_a_second_one_is_told_who_has_the_folder_and_the_port(
    tmp_path, refused, monkeypatch, capfd
):
    for name in ("FIVETRAN_API_KEY", "FIVETRAN_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "with a space"
    words = ["--port", "0", "--folder", str(folder), "--control", "--function-ports-from", "31000"]
    with subprocess.Popen(
        [sys.executable, "-m", "fivetran_tools", "serve", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = "\n".join(lines_until(process, "Ctrl-C"))
            page = said.partition("Fivetran on this machine: ")[2].split()[0]
            url = page.partition("/?")[0]
            credentials = folder / "fivetran" / "credentials.json"
            assert f"REST API: {url}/v1, with the key and the secret in {credentials}" in said
            assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
            kept = json.loads(credentials.read_text())
            assert kept["api_secret"] not in said
            assert "hed http://127.0.0.1:31" in said
            token = said.partition("X-Control-Token: ")[2].split()[0]
            assert requests.get(f"{url}/_local/faults", headers={"X-Control-Token": token}, timeout=10).ok
            login = (kept["api_key"], kept["api_secret"])
            assert requests.get(f"{url}/v1/groups", auth=login, timeout=10).ok
            assert requests.get(page, timeout=10).ok
            monkeypatch.setenv("FIVETRAN_LOCAL_PORT", url.rpartition(":")[2])
            monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", str(folder))
            with pytest.raises(SystemExit) as asked:
                main(["connection", "list", "--local"])
            assert asked.value.code == 0, capfd.readouterr().err
            capfd.readouterr()
            code, complaint = refused("--folder", str(folder))
            assert code == 1
            assert f"already running in python (process {process.pid})" in complaint
            port = url.rpartition(":")[2]
            code, complaint = refused("--port", port, "--folder", str(tmp_path / "another"))
            assert code == 1
            assert complaint == (
                f"fivetran: port {port} of 127.0.0.1 is in use: "
                "end the program that has it, or choose another with --port"
            )
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
            assert (process.returncode, out, err) == (0, "", "")
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--simulate", "no-such"), 2, "no connector named 'no-such'"),
        (("--folder", "/dev/null/x"), 1, "the folder /dev/null/x/fivetran cannot be made"),
    ],
)
def test_what_cannot_be_served_is_one_line(refused, words, code, said):
    ended, complaint = refused(*words)
    assert ended == code
    assert said in complaint


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order_with_all_that_it_started_and_a_sync_goes_on_at_the_next_start(tmp_path, ending):
    with served(tmp_path, "--simulate", "hed", "--control") as fivetran:
        (function,) = fivetran.ask("GET", "/functions").json()["functions"]
        secrets = [{"key": key, "value": value} for key, value in function["configuration"].items()]
        config = {"schema": "hed", "function_trigger": function["url"], "secrets_list": secrets}
        made = fivetran.request(
            "POST",
            "/v1/connections",
            {
                "service": "google_cloud_function",
                "group_id": fivetran.group_id,
                "config": config,
                "paused": False,
                "schedule_type": "manual",
            },
        )
        started = psutil.Process(fivetran.pid).children(recursive=True)
        assert len(started) >= 3  # the simulator, the function and its worker
        fivetran.request("POST", f"/v1/connections/{made['id']}/sync", {})
        began = time.monotonic()
        code, said = fivetran.signal(ending)
        assert (code, said) == (0, "")
        assert time.monotonic() - began < 15
        _, alive = psutil.wait_procs(started, timeout=5)
        assert not alive
        fivetran.start()
        deadline = time.monotonic() + 30
        while not (now := fivetran.get(f"/v1/connections/{made['id']}"))["succeeded_at"]:
            assert time.monotonic() < deadline, now
            time.sleep(0.05)
        assert now["failed_at"] is None


@pytest.mark.slow
def test_a_sync_stops_after_the_hours_it_is_given_and_the_next_one_goes_on(tmp_path):
    with function_over_http() as function, served(tmp_path, "--sync-hours", "0") as fivetran:
        config = {"schema": "numbers", "function_trigger": function.url}
        body = {"group_id": fivetran.group_id, "service": "google_cloud_function", "config": config}
        made = fivetran.request("POST", "/v1/connections", {**body, "schedule_type": "manual"})
        for page in (1, 2, 3):
            before = fivetran.get(f"/v1/connections/{made['id']}")
            assert before["status"]["is_historical_sync"]
            fivetran.request("POST", f"/v1/connections/{made['id']}/sync", {})
            until(
                lambda before=before: (
                    fivetran.get(f"/v1/connections/{made['id']}")["succeeded_at"] != before["succeeded_at"]
                )
            )
            assert fivetran.get(f"/v1/connections/{made['id']}/state")["state"] == {"page": page}
        assert not fivetran.get(f"/v1/connections/{made['id']}")["status"]["is_historical_sync"]

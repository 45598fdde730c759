"""`debug --record` and `replay` as a person types them: record a sync, and repeat it without its source."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fivetran_local.function_process import run_function
from fivetran_tools.cli import main
from tests.support.scripted_source import document, gzipped, scripted_source, silence, status

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KEY = "hed_0123456789abcdef"
STUDENT = {"record_id": "r1", "student_id": "STU_1", "last_updated": "2024-08-11 0:00:00", "name": "Jane Doe"}


class Desk:
    """A person's desk with a copy of the checkout, in which connectors can be changed."""

    def __init__(self, folder):
        self.folder = folder
        self.checkout = folder / "the checkout"
        self.recording = folder / "recordings of mine" / "r.json"
        self.recording.parent.mkdir()
        for name in ("src", "connectors", "simulators"):
            left_out = shutil.ignore_patterns("__pycache__", "configuration.json", "tests")
            shutil.copytree(ROOT / name, self.checkout / name, ignore=left_out)
        shutil.copy(ROOT / "pyproject.toml", self.checkout)

    def start(self, *words):
        environment = {
            **os.environ, "PYTHONPATH": str(self.checkout / "src"), "COLUMNS": "160",
            "PYTHONWARNINGS": "default::ResourceWarning",
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "fivetran_tools", *map(str, words)], cwd=self.folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, *words, code=0):
        with self.start(*words) as process:
            try:
                stdout, stderr = process.communicate(timeout=100)
            finally:
                process.kill()
        assert process.returncode == code, stderr
        assert "Traceback" not in stderr
        assert "ResourceWarning" not in stderr
        return stdout, stderr

    def record(self, *words, code=0):
        words = ["debug", *words, "--record", self.recording, "--warehouse", self.folder / "w.db", "--sample", 0]
        return self.run(*words, code=code)

    def replay(self, *words, code=0):
        return self.run("replay", self.recording, *words, code=code)

    def configuration(self, **secrets):
        file = self.folder / "configuration.json"
        file.write_text(json.dumps(secrets))
        return file

    def change(self, before, after):
        file = self.checkout / "connectors" / "hed" / "main.py"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def last_line(text):
    return text.strip().splitlines()[-1]


@pytest.mark.slow
def test_a_sync_is_repeated_without_its_source_until_the_connector_changes(desk):
    desk.record("hed", "--simulate")
    out, _ = desk.replay()
    assert [line.split()[:2] for line in out.splitlines() if " sync " in line] == [
        [str(n), "sync"] for n in range(1, 7)
    ]
    out, err = desk.replay("--send", "all")
    assert re.findall(r"call (.) \(sync\): same", out) == list("123456")
    assert "simulated" not in err

    desk.change('text.replace(" ", "T" if', 'text.replace(" ", " " if')
    out, _ = desk.replay("--send", "2-3", "--values", code=1)
    assert len(re.findall(r"call . \(sync\): differs", out)) == 2
    assert re.search(r"insert\.hed_records: \d+ rows changed in .*last_login_date \(\d+\)", out)
    assert '"record_id"' in out
    values = re.findall(r'last_login_date "([^"]+)" became', out)
    assert values
    out, _ = desk.replay("--send", "2", code=1)
    assert "last_login_date (" in out
    assert '"record_id"' not in out
    assert not [value for value in values if value in out]
    times = ("last_updated", "last_login_date", "enrollment_date")
    ignored = [word for name in times for word in ("--ignore", name, "--ignore", f"{name}_raw")]
    desk.replay("--send", "2", *ignored)


@pytest.mark.slow
def test_a_state_that_differs_is_named_and_a_connector_that_is_gone(desk):
    desk.record("hed", "--simulate", "--max-calls", 2)
    desk.change('"next_cursor": page.next_cursor}', '"next_cursor": page.next_cursor + "x"}')
    out, _ = desk.replay("--send", "1", "--format", "json", code=1)
    document_ = json.loads(out)
    (exchange,) = document_["exchanges"]
    assert (document_["same"], exchange["number"], exchange["same"]) == (False, 1, False)
    (difference,) = exchange["differences"]
    assert difference["where"] == "state.next_cursor"
    assert re.fullmatch(r'"(.*)" became "\1x"', difference["text"])
    desk.replay("--send", "1", "--ignore", "state.next_cursor")
    assert desk.replay("--bisect")[0] == "none of 2 exchanges breaks a rule\n"
    shutil.rmtree(desk.checkout / "connectors" / "hed")
    _, err = desk.replay("--send", 1, code=2)
    assert "no connector named 'hed'" in last_line(err)


@pytest.mark.slow
def test_a_request_that_is_no_longer_made_is_named(desk):
    desk.record("hed", "--simulate", "--max-calls", 1)
    desk.change("/hed_data", "/hed_records")
    out, _ = desk.replay("--send", "all", code=1)
    assert re.search(r"source: was asked for GET http://127.*/hed_records\?page_size=100, which is not in the", out)
    assert re.search(r"source: was not asked for GET http://127.*/hed_data\?page_size=100", out)


PAGES = [
    status(429, Retry_After="0"),
    gzipped({"hed_records": [STUDENT], "next_cursor": "c 1/+", "has_more": True}),
    document({"hed_records": [{**STUDENT, "record_id": f"r of {KEY}"}], "next_cursor": "c2", "has_more": True}),
    status(401),
]


def test_what_a_source_really_said_is_said_again_also_its_refusals(desk):
    with scripted_source(*PAGES) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url + "/v1")
        desk.record("hed", "--configuration", file, code=1)
        assert len(source.asked) == 4
        assert source.asked[0].headers["x-api-key"] == KEY
    text = desk.recording.read_text()
    assert KEY not in text
    assert f'"url": "{source.url}/v1/hed_data?cursor=c+1%2F%2B&page_size=100"' in text
    assert re.findall(r'"base_url": "(.*)"', text) == [f"{source.url}/v1"] * 3
    out, _ = desk.replay("--send", "all")
    assert len(re.findall(r"\(sync\): same", out)) == 3
    out, _ = desk.replay("--show", 1)
    assert f"GET {source.url}/v1/hed_data?page_size=100: 429" in out
    assert "trying again" in out
    out, _ = desk.replay("--show", 3)
    assert "does not accept the key" in out
    out, _ = desk.replay("--show", "1-2", "--format", "json")
    assert [one["number"] for one in json.loads(out)] == [1, 2]
    out, _ = desk.replay("--bisect", code=1)
    assert "call 2 (sync) is the first that breaks a rule: secrets-in-answers" in out  # the source sent the key back


@pytest.mark.slow
def test_what_a_check_recorded_is_sent_again_from_the_tape_and_from_a_source(desk):
    desk.run("check", "hed", "--max-calls", 2, "--record", desk.recording)
    scenarios = {line["scenario"] for line in json.loads(desk.replay("--format", "json")[0])}
    alone = {
        "secrets as a JSON text", "setup test, bad credentials", "bad credentials", "sync of another connection",
        "interleaved sync of another connection",
    }  # fmt: skip
    down = {"setup test, source down", "source down"}
    assert scenarios > alone | down

    def sent(*words):
        out, err = desk.replay("--send", "all", "--format", "json", *words)
        left = set(re.findall(r"^call \d+ \((.*)\) is not sent again", err, re.MULTILINE))
        return {one["scenario"] for one in json.loads(out)["exchanges"]}, left

    assert sent() == (scenarios - down, down)
    differing = ("state.next_cursor", "errorMessage")  # a simulator's cursors carry the time
    ignored = [word for place in differing for word in ("--ignore", place)]
    assert sent("--simulate", *ignored) == (scenarios - alone - down, alone | down)


@pytest.mark.slow
def test_what_is_sent_to_a_real_source_carries_the_real_key(desk):
    page = document({"hed_records": [STUDENT], "next_cursor": "c1", "has_more": False})
    with scripted_source(page) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url)
        desk.record("hed", "--configuration", file)
        desk.replay("--send", 1, "--configuration", file)
        assert [asked.headers["x-api-key"] for asked in source.asked] == [KEY, KEY]
        _, err = desk.replay("--send", 1, "--configuration", desk.configuration(base_url=source.url), code=2)
    assert (
        last_line(err)
        == "fivetran: the recorded request has the secret 'api_key', and the configuration has none: add it"
    )
    changed = document({"hed_records": [{**STUDENT, "name": "John"}], "next_cursor": "c1", "has_more": False})
    with scripted_source(changed) as elsewhere:
        file = desk.configuration(api_key=KEY, base_url=elsewhere.url)
        out, _ = desk.replay("--send", 1, "--configuration", file, code=1)
    assert "insert.hed_records: 1 row changed in name (1)" in out
    assert "John" not in out


def test_without_an_address_among_the_settings_nothing_is_asked_of_anybody(desk):
    with scripted_source(document({"state": {}, "insert": {}, "hasMore": False})) as function:
        file = desk.configuration(api_key=KEY)
        desk.record("anywhere", "--function-url", function.url, "--configuration", file)
        _, err = desk.replay("--send", "all", "--function-url", function.url, code=2)
        assert "is not on the recording's tape" in last_line(err)
        assert len(function.asked) == 1
        desk.replay("--send", "all", "--function-url", function.url, "--configuration", file)
        assert json.loads(function.asked[1].body) == json.loads(function.asked[0].body)
    _, err = desk.replay("--send", "all", code=2)
    assert "pass --function-url URL" in last_line(err)
    _, err = desk.replay("--send", "all", "--function-url", "https://f.test/", code=2)
    assert "another machine" in last_line(err)


def test_bisect_finds_the_page_that_goes_wrong(desk):
    file = desk.configuration(how="other type", at="4")
    folder = ROOT / "tests" / "functions" / "goes_wrong_at_a_page"
    with run_function(folder, desk.folder / "log", timeout_seconds=60) as function:
        desk.record("anywhere", "--function-url", function.url, "--configuration", file)
    out, _ = desk.replay("--bisect", code=1)
    assert out.startswith("call 4 (sync) is the first that breaks a rule: one-type\n")
    out, _ = desk.replay("--bisect", "--format", "json", code=1)
    assert (json.loads(out)["number"], json.loads(out)["rule"]) == (4, "one-type")


def test_a_kill_keeps_every_exchange_before(desk):
    asked = threading.Event()

    def second(exchange):
        asked.set()
        silence(exchange)

    first = document({"hed_records": [STUDENT], "next_cursor": "c1", "has_more": True})
    with scripted_source(first, second) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url)
        words = ["--configuration", file, "--warehouse", desk.folder / "w.db", "--record", desk.recording]
        with desk.start("debug", "hed", *words) as process:
            assert asked.wait(60)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
    out, err = desk.replay("--send", "all")
    assert out.startswith("call 1 (sync): same")
    assert "cut off" not in err
    with desk.recording.open("a") as file:
        file.write('{\n  "number": 2,\n  "scen')
    out, err = desk.replay()
    assert re.search(r"fivetran: warning: .* is cut off after 1 exchanges; those are kept", err)


@pytest.mark.slow
def test_recording_again_replaces_a_recording_and_nothing_else(desk):
    desk.record("hed", "--simulate", "--max-calls", 2)
    desk.record("hed", "--simulate", "--max-calls", 1)
    assert len(json.loads(desk.replay("--format", "json")[0])) == 1
    desk.recording.write_text("my notes")
    _, err = desk.record("hed", "--simulate", code=2)
    assert "is not a recording, so it is not replaced" in last_line(err)
    assert desk.recording.read_text() == "my notes"


HEADER = {"recording": 1, "connector": "hed", "build": "hed 0.1.0 x", "recorded_at": "", "taped": ["https://a.test"]}
CALL = {"number": 3, "scenario": "sync", "request": {}, "status": 200, "response": {"state": {}, "hasMore": False}}
WRONG = [
    ([], "Missing argument 'FILE'"),
    (["none.json"], "no recording at none.json"),
    (["."], "is a directory"),
    (["empty.json"], "empty.json is not a recording"),
    (["binary.json"], "binary.json is not a recording"),
    (["list.json"], "does not begin with a recording's header"),
    (["future.json"], "its format is not version 1"),
    (["r.json", "--show", "4"], "r.json has no exchange 4: `./fivetran replay r.json` lists them"),
    (["r.json", "--show", "x"], "'x' selects no exchange: give a number, two as 3-7, or all"),
    (["r.json", "--send", "9-7"], "has no exchange 9-7"),
    (["r.json", "--send", "0"], "has no exchange 0"),
    (["r.json", "--send", "-1"], "'-1' selects no exchange"),
    (["r.json", "--send"], "requires an argument"),
    (["r.json", "--show", "3", "--bisect"], "exclude each other"),
    (["r.json", "--values"], "go with --send"),
    (["r.json", "--simulate"], "go with --send"),
    (["r.json", "--send", "3", "--simulate", "--configuration", "c.json"], "exclude each other"),
    (["r.json", "--send", "3", "--configuration", "none.json"], "no configuration at none.json"),
    (["r.json", "--send", "3", "--function-url", "nowhere"], "is not the address of a function"),
    (["r.json", "--format", "xml"], "Invalid value for '--format'"),
    (["unknown.json", "--send", "all"], "no connector named '../../etc'"),
]


@pytest.mark.parametrize(("words", "told"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_words_and_wrong_files_are_told_in_one_line(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "empty.json": b"", "binary.json": bytes(range(256)) * 400, "list.json": b"[1]",
        "future.json": json.dumps({**HEADER, "recording": 2}).encode(),
        "r.json": f"{json.dumps(HEADER)}\n{json.dumps(CALL)}\n".encode(),
        "unknown.json": f"{json.dumps({**HEADER, 'connector': '../../etc'})}\n{json.dumps(CALL)}\n".encode(),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main(["replay", *words])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert told in said.err
    assert len(said.err.splitlines()) == 1


def test_what_was_recorded_moves_no_cursor_of_a_terminal(tmp_path, capsys):
    hostile = {
        **CALL, "scenario": "\x1b[2Jsync", "log": ["\x1b]0;title\x07"],
        "response": {"state": {"\x1b": "\x1b[31m"}, "\x1b[2J": 1, "hasMore": 7},
    }  # fmt: skip
    file = tmp_path / "r.json"
    header = {**HEADER, "build": "x \x1b[2J"}
    file.write_text("\n".join(map(json.dumps, (header, hostile))))
    for words in ([], ["--show", "3"], ["--bisect"]):
        with pytest.raises(SystemExit):
            main(["replay", str(file), *words])
    assert "\x1b" not in "".join(capsys.readouterr())

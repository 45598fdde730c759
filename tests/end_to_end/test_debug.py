"""`debug` and `reset` as a person types them: real processes from the simulated source to the warehouse."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil
import pytest

from fivetran_local.function_process import run_function
from fivetran_tools.cli import main
from tests.support.scripted_source import document, scripted_source, silence, status

ROOT = Path(__file__).parents[2]
KEY = "hed_0123456789abcdef"
PAGE = {"state": {"n": 1}, "insert": {"t": [{"id": 1, "name": "Jane Doe"}]}, "hasMore": False}
SUMMARY_FIELDS = {
    "status", "calls", "upserts", "updates", "deletes", "truncates", "schema_changes", "checkpoints", "rows", "state",
    "has_more", "seconds", "error",
}  # fmt: skip


class Desk:
    """A person's desk: a warehouse, a summary, and the command."""

    def __init__(self, folder):
        self.folder = folder
        self.warehouse = folder / "warehouse.db"
        self.summary_file = folder / "summary.json"

    def words(self, *words):
        return [sys.executable, "-m", "fivetran_tools", *map(str, words)]

    def run(self, *words, code=0, env=None):
        done = subprocess.run(
            self.words(*words), cwd=self.folder, capture_output=True, text=True, timeout=100, check=False,
            env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        return done

    def debug(self, *words, code=0, env=None):
        """Run debug into this desk's warehouse; return what it printed and its summary."""
        self.summary_file.unlink(missing_ok=True)
        more = ["--warehouse", self.warehouse, "--summary-json", self.summary_file]
        done = self.run("debug", *words, *more, code=code, env=env)
        summary = json.loads(self.summary_file.read_text()) if self.summary_file.exists() else None
        assert summary is None or set(summary) == SUMMARY_FIELDS
        return done, summary

    def query(self, sql):
        with duckdb.connect(str(self.warehouse), read_only=True) as database:
            return database.execute(sql).fetchall()

    def configuration(self, **secrets):
        file = self.folder / "configuration.json"
        file.write_text(json.dumps(secrets))
        return file


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def last_line(text):
    return text.strip().splitlines()[-1]


def test_the_main_job_and_again_and_from_the_start(desk):
    done, summary = desk.debug("hed", "--simulate")
    seconds = summary.pop("seconds")
    state = summary.pop("state")
    assert summary == {
        "status": "succeeded", "calls": 6, "upserts": 600, "updates": 0, "deletes": 0, "truncates": 0,
        "schema_changes": 1, "checkpoints": summary["checkpoints"], "rows": {"hed_records": 600}, "has_more": False,
        "error": None,
    }  # fmt: skip
    assert 0 < seconds < 60
    assert 1 <= summary["checkpoints"] <= 6
    assert set(state) == {"next_cursor"}
    assert desk.query("SELECT count(*), count(DISTINCT record_id) FROM hed.hed_records") == [(600, 600)]
    ((stored,),) = desk.query("SELECT state FROM _fivetran_local.connections WHERE name = 'hed'")
    assert json.loads(stored) == state
    types = dict(desk.query("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'hed_records'"))
    assert {types[name] for name in ("enrollment_date", "last_login_date", "last_updated")} == {"TIMESTAMP"}
    assert types["_fivetran_synced"] == "TIMESTAMP WITH TIME ZONE"
    ((synced,),) = desk.query("SELECT max(_fivetran_synced) FROM hed.hed_records")  # by Python, as README says
    assert synced.tzinfo
    for words in ("5 sample rows", "Operations", "Next sync state", "succeeded in", "hed.hed_records: 600 rows"):
        assert words in done.stdout

    _, again = desk.debug("hed", "--simulate")
    assert (again["calls"], again["upserts"], again["schema_changes"], again["rows"]) == (1, 0, 0, {"hed_records": 600})
    assert (again["status"], again["state"], again["has_more"]) == ("succeeded", state, False)

    reset = desk.run("reset", "hed", "--warehouse", desk.warehouse)
    assert "dropped 1 tables with 600 rows, the state, and the records of 2 syncs" in reset.stdout
    _, afresh = desk.debug("hed", "--simulate")
    assert (afresh["calls"], afresh["upserts"], afresh["schema_changes"]) == (6, 600, 1)


def test_a_limit_of_calls_stops_and_the_next_run_goes_on(desk):
    done, summary = desk.debug("hed", "--simulate", "--max-calls", 2)
    assert (summary["status"], summary["calls"], summary["has_more"]) == ("succeeded", 2, True)
    assert (summary["rows"], summary["error"]) == ({"hed_records": 200}, None)
    assert "stopped after 2 calls" in done.stdout
    _, rest = desk.debug("hed", "--simulate")
    assert (rest["calls"], rest["upserts"], rest["updates"], rest["rows"]) == (4, 400, 0, {"hed_records": 600})


def test_a_source_that_fails_is_a_failed_sync_with_a_summary_and_the_functions_log(desk):
    with scripted_source(
        document({"hed_records": [{"record_id": "r1", "name": "Jane Doe"}], "next_cursor": "c1", "has_more": True}),
        status(401),
    ) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url)
        done, summary = desk.debug("hed", "--configuration", file, code=1)
    assert (summary["status"], summary["calls"], summary["has_more"]) == ("failed", 2, True)
    assert (summary["state"], summary["rows"]) == ({"next_cursor": "c1"}, {"hed_records": 1})
    assert "does not accept the key" in summary["error"]
    assert last_line(done.stderr) == f"fivetran: {summary['error']}"
    assert '"severity":"ERROR"' in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert "Jane" not in done.stderr


def test_a_key_of_the_environment_reaches_the_source_and_no_output(desk):
    with scripted_source(document({"hed_records": [], "next_cursor": None, "has_more": False})) as source:
        file = desk.configuration(api_key="$A_KEY_FOR_HED", base_url=source.url)
        done, _ = desk.debug("hed", "--configuration", file, env={"A_KEY_FOR_HED": KEY})
        assert source.asked[0].headers["x-api-key"] == KEY
    assert KEY not in done.stdout + done.stderr
    files = [path for folder in (desk.folder, ROOT / "files" / "logs") for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (status(500), "answered 500 without an error report"),
        (document([PAGE]), "the answer is a list"),
        (document({**PAGE, "hasMore": True, "state": {}}), "returns the state it was given"),
        (document({"errorMessage": f"refused {KEY}"}, 500), "refused [secret]"),
    ],
)
def test_a_function_anywhere_that_fails_is_told_and_exits_1(desk, script, words):
    with scripted_source(script) as function:
        file = desk.configuration(api_key=KEY)
        done, summary = desk.debug("anywhere", "--function-url", function.url, "--configuration", file, code=1)
    assert (summary["status"], summary["rows"], summary["state"]) == ("failed", {}, {})
    assert words in summary["error"]
    assert last_line(done.stderr) == f"fivetran: {summary['error']}"
    assert KEY not in done.stderr + done.stdout + desk.summary_file.read_text()
    assert "Jane" not in done.stderr


def test_words_of_a_function_stay_on_one_line_and_leave_the_terminal_alone(desk):
    with scripted_source(document({"errorMessage": "first\nsecond\x1b[2J\rthird"}, 500)) as function:
        done, _ = desk.debug("anywhere", "--function-url", function.url, code=1)
    assert last_line(done.stderr) == "fivetran: the function reports an error (500): first second [2J third"


def test_a_summary_replaces_that_of_an_earlier_run_also_when_a_file_is_wrong(desk):
    wrong = desk.folder / "none.json"
    _, summary = desk.debug("hed", "--configuration", wrong, code=2)
    assert summary["status"] == "failed"
    assert "no configuration at" in summary["error"]


def test_a_summary_of_a_run_without_a_call_tells_what_the_warehouse_holds(desk):
    with scripted_source(document(PAGE)) as function:
        _, before = desk.debug("anywhere", "--function-url", function.url)
    _, summary = desk.debug(
        "anywhere", "--configuration", desk.folder / "none.json", "--function-url", "http://127.0.0.1:1", code=2
    )
    assert (summary["status"], summary["calls"]) == ("failed", 0)
    assert (summary["rows"], summary["state"]) == (before["rows"], before["state"])
    assert summary["rows"] == {"t": 1}


def test_a_summary_that_cannot_be_written_hides_neither_the_report_nor_the_failure(desk):
    nowhere = desk.folder / "nowhere" / "summary.json"
    words = ["--warehouse", desk.warehouse, "--summary-json", nowhere]
    with scripted_source(document(PAGE)) as function:
        done = desk.run("debug", "anywhere", "--function-url", function.url, *words, code=1)
    assert "succeeded in" in done.stdout
    assert "cannot write the summary" in last_line(done.stderr)
    done = desk.run("debug", "hed", "--configuration", "none.json", *words, code=2)
    assert "cannot write the summary" in done.stderr
    assert "no configuration at" in last_line(done.stderr)


def test_any_server_is_a_function(desk):
    """It runs elsewhere, knows nothing of us and could be written in any language."""
    with scripted_source(document(PAGE)) as function:
        done, summary = desk.debug("anywhere", "--function-url", f"{function.url}/trigger?code={KEY}")
        assert function.asked[0].target == f"/trigger?code={KEY}"
        sent = json.loads(function.asked[0].body)
    assert (sent["state"], sent["secrets"], sent["setup_test"]) == ({}, {}, False)
    assert (summary["status"], summary["rows"]) == ("succeeded", {"t": 1})
    assert desk.query("SELECT id, name FROM anywhere.t") == [(1, "Jane Doe")]
    assert KEY not in done.stdout + done.stderr


def test_a_plain_flask_function_syncs_page_after_page(desk):
    folder = ROOT / "tests" / "functions" / "counts"
    file = desk.configuration(pages="12", rows="7")
    with run_function(folder, desk.folder / "log", timeout_seconds=60) as function:
        _, summary = desk.debug("counts", "--function-url", function.url, "--configuration", file)
    assert (summary["calls"], summary["state"]) == (12, {"page": 12})
    assert summary["rows"] == {"numbers": 84, "log": 84}
    assert desk.query("SELECT count(*), sum(id) FROM counts.log") == [(84, sum(range(84)))]


@contextmanager
def started(desk, *words):
    """The command in a session of its own, so that a signal to it is one to nobody else."""
    with subprocess.Popen(
        desk.words(*words), cwd=desk.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("sent", "to_the_group"),
    [
        (signal.SIGINT, True),
        pytest.param(signal.SIGINT, False, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, False, marks=pytest.mark.slow),
    ],
    ids=["Ctrl-C", "SIGINT to the process alone", "SIGTERM"],
)
def test_ctrl_c_lands_what_there_is_and_leaves_no_process(desk, sent, to_the_group):
    asked = threading.Event()

    def second_page(exchange):
        asked.set()
        silence(exchange)

    first = document({"hed_records": [{"record_id": "r1"}], "next_cursor": "c1", "has_more": True})
    with scripted_source(first, second_page) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url)
        words = ["debug", "hed", "--configuration", file, "--warehouse", desk.warehouse]
        with started(desk, *words, "--summary-json", desk.summary_file) as process:
            assert asked.wait(60)
            family = psutil.Process(process.pid).children(recursive=True)
            (os.killpg if to_the_group else os.kill)(process.pid, sent)
            stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(family) >= 2
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert "Traceback" not in stderr + stdout
    assert last_line(stderr) == "fivetran: interrupted; the next sync goes on from here"
    summary = json.loads(desk.summary_file.read_text())
    assert (summary["status"], summary["state"]) == ("canceled", {"next_cursor": "c1"})
    assert summary["rows"] == {"hed_records": 1}
    assert (summary["has_more"], summary["error"]) == (True, None)


def test_a_kill_leaves_no_process_either(desk):
    asked, may_answer = threading.Event(), threading.Event()

    def page(exchange):
        asked.set()
        may_answer.wait(60)
        document({"hed_records": [], "next_cursor": None, "has_more": False})(exchange)

    with scripted_source(page) as source:
        file = desk.configuration(api_key=KEY, base_url=source.url)
        with started(desk, "debug", "hed", "--configuration", file, "--warehouse", desk.warehouse) as process:
            assert asked.wait(60)
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait(20)
        may_answer.set()  # the function finishes the call that it is in, and ends
        assert len(family) >= 2
        assert psutil.wait_procs(family, timeout=40)[1] == []


WRONG = [
    ([], 2, "Usage"),
    (["debug"], 2, "Missing argument 'NAME'"),
    (["debug", "hed"], 2, "nothing to read from: pass --simulate, or --configuration FILE"),
    (["debug", "hedd", "--simulate"], 2, "did you mean hed?"),
    (["debug", "../hed", "--simulate"], 2, ""),
    (["debug", "", "--simulate"], 2, ""),
    (["debug", "hed", "--simulat"], 2, "No such option"),
    (["debug", "hed", "twice", "--simulate"], 2, "unexpected extra argument"),
    (["debug", "hed", "--simulate", "--configuration", "c.json"], 2, "exclude each other"),
    (["debug", "hed", "--configuration"], 2, "requires an argument"),
    (["debug", "hed", "--configuration", "none.json"], 2, "no configuration at none.json"),
    (["debug", "hed", "--configuration", "list.json"], 2, "holds a list"),
    (["debug", "hed", "--configuration", "broken.json"], 2, "not JSON"),
    (["debug", "hed", "--configuration", "number.json"], 2, "'page_size' is a number"),
    (["debug", "hed", "--configuration", "variable.json"], 2, "NOT_SET_ANYWHERE, which is not set"),
    (["debug", "hed", "--configuration", "."], 2, "is a directory"),
    (["debug", "hed", "--simulate", "--max-calls", "0"], 2, "--max-calls"),
    (["debug", "hed", "--simulate", "--max-calls", "many"], 2, "--max-calls"),
    (["debug", "hed", "--simulate", "--sample", "-1"], 2, "--sample"),
    (["debug", "x", "--function-url", "nowhere"], 2, "is not the address of a function"),
    (["debug", "x", "--function-url", "ftp://127.0.0.1/"], 2, "is not the address of a function"),
    (["debug", "X Y", "--function-url", "http://127.0.0.1:9/"], 2, ""),
    (["debug", "main", "--function-url", "http://127.0.0.1:9/"], 2, ""),
    (["debug", "x", "--simulate", "--function-url", "http://127.0.0.1:9/"], 2, "no connector named 'x'"),
    (
        ["debug", "x", "--function-url", "http://127.0.0.1:9/", "--warehouse", "w.db"],
        1,
        "nothing answers at http://127",
    ),
    (["debug", "x", "--function-url", "http://127.0.0.1:9/", "--warehouse", "notes.db"], 1, "is not a DuckDB file"),
    (["debug", "x", "--function-url", "http://127.0.0.1:9/", "--warehouse", "list.json/w.db"], 1, "list.json"),
    (["reset"], 2, "Missing argument 'NAME'"),
    (["reset", "hed", "--warehouse", "notes.db"], 1, "is not a DuckDB file"),
    (["reset", "H E D"], 2, ""),
    (["simulate"], 2, "Missing argument 'NAME'"),
    (["simulate", "nobody"], 2, "no connector named 'nobody'"),
    (["simulate", "hed", "--rows", "-1"], 2, "whole number"),
    (["debugg", "hed"], 2, "No such command"),
    (["--nonsense"], 2, "No such option"),
]


FILES = {
    "list.json": f'["{KEY}"]',
    "broken.json": f'{{"api_key": "{KEY}"',
    "number.json": f'{{"api_key": "{KEY}", "page_size": 100}}',
    "variable.json": f'{{"api_key": "{KEY}", "base_url": "$NOT_SET_ANYWHERE"}}',
    "notes.db": f"{KEY}, and nothing that DuckDB wrote " * 100,
}


@pytest.mark.parametrize(
    ("words", "code", "says"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_wrong_words_are_told_in_a_line_and_without_a_traceback(tmp_path, monkeypatch, capfd, words, code, says):
    """In this process, for speed: `main` is what a person's process runs."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            main(words)
    finally:
        signal.signal(signal.SIGTERM, before)
    said, complained = capfd.readouterr()
    assert ended.value.code == code, complained
    assert says in complained
    assert "Traceback" not in complained
    assert len(complained.strip().splitlines()) <= (6 if words else 30)
    assert KEY not in said + complained
    assert {name: (tmp_path / name).read_text() for name in FILES} == FILES


@pytest.mark.parametrize(
    ("words", "code"), [(["debug", "hedd", "--simulate"], 2), (["reset", "hed", "--warehouse", "notes.db"], 1), ([], 2)]
)
def test_wrong_words_to_a_real_process_exit_as_they_should(desk, words, code):
    (desk.folder / "notes.db").write_text(FILES["notes.db"])
    desk.run(*words, code=code)


@pytest.mark.slow
def test_a_warehouse_that_somebody_holds_is_told_with_the_holder(desk):
    with duckdb.connect(str(desk.warehouse)), scripted_source(document(PAGE)) as function:
        done, summary = desk.debug("anywhere", "--function-url", function.url, code=1)
    assert f"(process {os.getpid()})" in last_line(done.stderr)
    assert summary["status"] == "failed"
    assert summary["error"] in done.stderr


def test_a_summary_that_cannot_be_written_is_told_after_the_work_is_done(desk):
    with scripted_source(document(PAGE)) as function:
        words = ["debug", "anywhere", "--function-url", function.url, "--warehouse", desk.warehouse]
        done = desk.run(*words, "--summary-json", desk.folder / "none" / "summary.json", code=1)
    assert "cannot write the summary to" in last_line(done.stderr)
    assert desk.query("SELECT count(*) FROM anywhere.t") == [(1,)]

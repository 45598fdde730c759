"""The history in a file, as many sessions, threads and processes use it at once."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from insights.history.protocol import HistoryError
from insights.history.sqlite import APPLICATION, STEPS, SQLiteHistory
from insights.report import Report
from tests.support.reports import report, reports
from tests.support.student_success import APP, ROOT

WRITER = """
import sys
from pathlib import Path
from insights.history.sqlite import SQLiteHistory
from tests.support.reports import report
history, name = SQLiteHistory(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    history.add(report(number, id=f"{name}-{number}", text="x" * 20_000))
    print(number, flush=True)
"""


@pytest.fixture
def history(tmp_path: Path) -> SQLiteHistory:
    return SQLiteHistory(tmp_path / "deep" / "insights.db")


def writer(history: SQLiteHistory, name: str, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{APP.parent}"}
    command = [sys.executable, "-c", WRITER, str(history.path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(made=reports())
def test_a_report_comes_back_as_it_was(history: SQLiteHistory, made: Report) -> None:
    history.add(made)
    assert history.get(made.id) == made
    assert made in history.page(10_000)


def test_a_history_that_nobody_wrote_to_is_empty_and_makes_no_file(history: SQLiteHistory) -> None:
    assert history.page(10) == []
    assert history.get("report-0") is None
    history.delete("report-0")
    assert not history.path.parent.exists()


def test_pages_are_newest_first_and_each_report_is_on_one(history: SQLiteHistory) -> None:
    made = [report(number // 2, id=f"r{number}") for number in range(7)]  # pairs of one moment
    for each in made:
        history.add(each)
    seen: list[Report] = []
    while page := history.page(2, seen[-1] if seen else None):
        assert len(page) <= 2
        seen += page
    assert seen == sorted(made, key=lambda each: (each.made_at, each.id), reverse=True)


def test_pages_of_one_area_and_outcome(history: SQLiteHistory) -> None:
    money, failed = report(1, area="financial_impact"), report(2, outcome="failed", error="no")
    for each in (report(0), money, failed):
        history.add(each)
    assert history.page(9, area="financial_impact") == [money]
    assert history.page(9, outcome="failed") == [failed]
    assert history.page(9, area="financial_impact", outcome="failed") == []
    assert history.page(9, failed, outcome="finished") == [money, report(0)]


def test_a_report_that_is_kept_again_is_there_once(history: SQLiteHistory) -> None:
    history.add(report(0, text="first"))
    history.add(report(0, text="second"))
    assert [each.text for each in history.page(9)] == ["second"]


def test_a_deleted_report_is_gone_and_the_others_stay(history: SQLiteHistory) -> None:
    for number in range(3):
        history.add(report(number))
    history.delete("report-1")
    assert [each.id for each in history.page(9)] == ["report-2", "report-0"]


def test_only_its_owner_reads_the_file(history: SQLiteHistory) -> None:
    before = os.umask(0)
    try:
        history.add(report())
        with sqlite3.connect(history.path) as open_:
            open_.execute("SELECT * FROM insights").fetchall()
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in history.path.parent.iterdir()}
        open_.close()
    finally:
        os.umask(before)
    assert modes["insights.db"] == 0o600
    assert set(modes.values()) == {0o600}


@pytest.mark.slow
def test_what_was_kept_survives_a_kill(history: SQLiteHistory) -> None:
    with writer(history, "killed", 10_000) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(30)]
        process.kill()
        said += [int(line) for line in process.stdout.read().splitlines() if line]
    kept = {each.id for each in history.page(100_000)}
    assert {f"killed-{number}" for number in said} <= kept
    assert all(each.text == "x" * 20_000 for each in history.page(100_000))
    history.add(report())


@pytest.mark.slow
def test_processes_that_begin_a_history_together_lose_nothing(history: SQLiteHistory) -> None:
    writers = [writer(history, name, 30) for name in "abcd"]
    for process in writers:
        process.communicate(timeout=60)
    assert [process.returncode for process in writers] == [0] * 4
    assert len(history.page(1_000)) == 4 * 30


def test_threads_that_begin_a_history_together_lose_nothing(history: SQLiteHistory) -> None:
    failures: list[BaseException] = []
    begin = threading.Barrier(6)

    def write(name: int) -> None:
        try:
            begin.wait()
            for number in range(3):
                history.add(report(number, id=f"{name}-{number}"))
                history.page(5)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert len(history.page(100)) == 18


def _text(path: Path) -> None:
    path.write_text("this is no database, whatever its name says\n" * 100)


def _another(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE insights (mine TEXT)")
    connection.close()


def _newer(path: Path) -> None:
    SQLiteHistory(path).add(report())
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()


def _torn(path: Path) -> None:
    SQLiteHistory(path).add(report(text="x" * 50_000))
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "file is not a database"),
        (_another, "is another program's database: name a file in STUDENT_SUCCESS_HISTORY"),
        (_newer, "was written by a newer StudentSuccess"),
        (_torn, "malformed"),
        (_folder, "unable to open"),
    ],
)
def test_a_file_that_is_no_history_is_left_as_it_is_and_named_in_one_line(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "insights.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    history = SQLiteHistory(path)
    for use in (lambda: history.add(report(5)), lambda: history.page(5), lambda: history.get("x")):
        with pytest.raises(HistoryError) as raised:
            use()
        assert words in str(raised.value)
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_place_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be used"):
        SQLiteHistory(tmp_path / "file" / "insights.db").add(report())


def test_a_file_that_another_holds_for_too_long_is_said_to_be_locked(history: SQLiteHistory) -> None:
    history.add(report(0))
    with sqlite3.connect(history.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="locked"):
            SQLiteHistory(history.path, wait_seconds=0.05).add(report(1))
        assert history.page(9) == [report(0)]  # who reads does not wait for who writes
    other.close()


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "insights.db"
    with sqlite3.connect(path) as connection:
        connection.execute(STEPS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    SQLiteHistory(path).add(report())
    assert SQLiteHistory(path).page(9) == [report()]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'insights_newest'").fetchone() == (
            1,
        )
    connection.close()

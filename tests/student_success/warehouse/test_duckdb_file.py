"""DuckDB's file, as a page reads it: while a sync writes, and when it is not what it should be."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from cohort.cohort import Place, reading
from cohort.freshness import last_sync
from tests.support.student_success import ROOT, filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import BusyWarehouseError, NoWarehouseError, WarehouseError
from warehouse.protocol import Statement, TableName

TABLE = TableName("hed", "hed_records")
COUNT = Statement("SELECT count(*) AS records FROM hed.hed_records", {})
PAGE = 20


@contextmanager
def landing(path: Path) -> Iterator[list[str]]:
    """Land pages by the local Fivetran's own engine in another process; the list grows with each landing."""
    words = [sys.executable, str(Path(__file__).with_name("land_pages.py")), str(path)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    landed: list[str] = []
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=lambda: landed.extend(process.stdout), daemon=True)
        try:
            landed.append(process.stdout.readline())
            reader.start()
            yield landed
            process.stdin.close()
            assert process.wait(60) == 0
            reader.join(10)
        finally:
            process.kill()


@contextmanager
def opened_for_writing(path: Path) -> Iterator[None]:
    """Hold a file open for writing in another process, as a sync in the middle of a landing does."""
    hold = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "open\n"
            yield
            process.stdin.close()
            assert process.wait(30) == 0
        finally:
            process.kill()


@pytest.mark.slow
def test_a_page_reads_while_a_sync_lands_and_neither_waits_for_the_other_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.db"
    warehouse = DuckDBFile(path)
    with landing(path) as landed:
        before = len(landed)
        for _ in range(100):
            with warehouse.connect() as session:
                first, again = session.rows(COUNT), session.rows(COUNT)
            assert first == again
            assert first[0]["records"] % PAGE == 0
        during = len(landed) - before
    assert during >= 20
    with warehouse.connect() as session:
        assert session.rows(COUNT) == [{"records": len(landed) * PAGE}]


def test_the_newest_sync_is_what_the_local_fivetran_recorded(tmp_path: Path) -> None:
    with landing(tmp_path / "warehouse.db"):
        pass
    with reading(Place(DuckDBFile(tmp_path / "warehouse.db"), TABLE)) as cohort:
        sync = last_sync(cohort)
    assert sync is not None
    assert (sync.status, sync.ended, sync.error) == ("running", None, None)
    assert abs((datetime.now(UTC) - sync.started).total_seconds()) < 120


def test_a_table_that_no_local_fivetran_filled_has_no_newest_sync(file: Path) -> None:
    with reading(Place(DuckDBFile(file), TABLE)) as cohort:
        assert last_sync(cohort) is None


def test_a_file_that_stays_open_for_writing_says_what_to_wait_for(file: Path) -> None:
    words = r"open for writing by process \d+ .*wait"
    with opened_for_writing(file), pytest.raises(BusyWarehouseError, match=words), _impatient(file).connect():
        pass


def test_a_reader_waits_for_a_writer_to_close(file: Path) -> None:
    with opened_for_writing(file):
        read: list[object] = []
        reader = threading.Thread(target=lambda: read.append(_count(file)))
        reader.start()
        assert not read
    reader.join(15)
    assert read == [600]


def test_readers_of_one_process_leave_the_file_to_others_in_between(file: Path) -> None:
    for _ in range(2):
        with DuckDBFile(file).connect():
            pass
        closed = time.monotonic()
        with DuckDBFile(file).connect():
            assert time.monotonic() - closed >= 0.03


def test_a_newer_file_in_its_place_is_read_and_has_another_version(tmp_path: Path) -> None:
    path = filled(tmp_path / "warehouse.db", simulated(3))
    warehouse = DuckDBFile(path)
    before = warehouse.version()
    with warehouse.connect() as session:
        filled(tmp_path / "newer.db", simulated(5)).replace(path)
        assert session.rows(COUNT) == [{"records": 3}]
    assert warehouse.version() != before
    assert _count(path) == 5


def test_times_with_a_zone_are_in_utc_and_what_is_no_number_is_none(file: Path) -> None:
    sql = (
        "SELECT max(_fivetran_synced) AS t, corr(1, x) AS c, 1.50 AS d, current_setting('TimeZone') AS zone"
        " FROM hed.hed_records, range(3) AS r(x)"
    )
    with DuckDBFile(file).connect() as session:
        [row] = session.rows(Statement(sql, {}))
    assert row["t"] == datetime(2025, 9, 1, 12, tzinfo=UTC)
    assert row["t"].utcoffset().total_seconds() == 0
    assert row["c"] is None
    assert isinstance(row["d"], float)
    assert row["zone"] == "UTC"


def test_a_long_answer_comes_in_batches_while_others_are_asked(file: Path) -> None:
    statement = Statement("SELECT record_id FROM hed.hed_records ORDER BY record_id", {})
    with DuckDBFile(file).connect() as session:
        sizes = []
        for batch in session.batches(statement, 250):
            sizes.append(len(batch))
            assert session.rows(COUNT) == [{"records": 600}]
    assert sizes == [250, 250, 100]


def test_names_with_quotes_are_names(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE SCHEMA "o\'h ""x"; CREATE TABLE "o\'h ""x"."t;--" ("a ""b" BIGINT)')
    with DuckDBFile(path).connect() as session:
        [column] = session.columns(TableName("o'h \"x", "t;--"))
    assert (column.written, column.kind) == ('a "b', "integer")


def test_a_question_that_fails_is_one_line_and_the_session_goes_on(file: Path) -> None:
    with DuckDBFile(file).connect() as session:
        with pytest.raises(WarehouseError, match=r"warehouse\.db: Binder Error: .*nope") as caught:
            session.rows(Statement("SELECT nope FROM hed.hed_records", {}))
        assert "\n" not in str(caught.value)
        assert session.rows(COUNT) == [{"records": 600}]


def _not_duckdb(path: Path) -> None:
    path.write_text('{"a": 1}' * 100)


def _damaged(path: Path) -> None:
    filled(path, simulated(3))
    data = bytearray(path.read_bytes())
    data[4096:8192] = os.urandom(4096)
    data[100:4096] = os.urandom(3996)
    path.write_bytes(data)


def _newer(path: Path) -> None:
    filled(path, simulated(3))
    data = bytearray(path.read_bytes())
    assert int.from_bytes(data[:8], "little") == _checksum(data[8:4096])
    data[12:20] = (250).to_bytes(8, "little")  # the storage version stands behind the mark
    data[:8] = _checksum(data[8:4096]).to_bytes(8, "little")
    path.write_bytes(data)


def _checksum(block: bytes) -> int:
    """Return what DuckDB writes before a block's bytes."""
    total = 5381
    for place in range(0, len(block), 8):
        total ^= int.from_bytes(block[place : place + 8], "little") * 0xBF58476D1CE4E5B9 % 2**64
    return total


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda path: None, NoWarehouseError, "there is no warehouse at"),
        (lambda path: path.touch(), NoWarehouseError, "there is no warehouse at"),
        (lambda path: path.mkdir(), WarehouseError, "is a folder: name the file in it"),
        (_not_duckdb, WarehouseError, "is not a DuckDB file: move it away, or name another one"),
        (_damaged, WarehouseError, "is damaged: put a copy back"),
        (_newer, WarehouseError, "was written by another version of DuckDB"),
        (lambda path: path.symlink_to(path), WarehouseError, "cannot be read"),
    ],
    ids=["missing", "empty", "folder", "another kind", "damaged", "newer", "loop"],
)
def test_what_is_no_warehouse_says_so_in_one_line(tmp_path: Path, make, kind: type[Exception], words: str) -> None:
    path = tmp_path / "warehouse.db"
    make(path)
    with pytest.raises(kind) as caught, DuckDBFile(path, wait_seconds=0.2).connect():
        pass
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *words: object) -> None:  # root, as whom the tests may run, reads everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(WarehouseError, match=r"Permission denied: change its permissions"), DuckDBFile(file).connect():
        pass


def _impatient(path: Path) -> DuckDBFile:
    return DuckDBFile(path, wait_seconds=0.2)


def _count(path: Path) -> object:
    with DuckDBFile(path).connect() as session:
        return session.rows(COUNT)[0]["records"]

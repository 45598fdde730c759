import math
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from fivetran_local.catalog import Catalog
from fivetran_local.errors import RefusedError, WarehouseError
from fivetran_local.records import Counts, Dropped, Ending, SyncStatus
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table
from tests.fivetran_local.warehouse_reading import dump, query, rows, types

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SYNCED_TYPE = "TIMESTAMP WITH TIME ZONE"
KEYED = {"users": Table(("id",))}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "warehouse.db"


@pytest.fixture
def warehouse(path):
    return Warehouse(path)


def page(insert=None, delete=None, *, schema=KEYED, soft=(), more=False, state=None):
    """A response; `insert` and `delete` are rows of users, or rows by table."""
    by_table = [value if isinstance(value, dict) else {"users": value or []} for value in (insert, delete)]
    return FunctionResponse(state or {}, *by_table, schema, more, soft)


def run(warehouse, *pages, hour=0, status=SyncStatus.SUCCEEDED, more=False, connection="hed"):
    """One whole sync, a landing for each page."""
    at = NOON + hour * HOUR
    sync = warehouse.begin(connection, f"sync-{hour}", at)
    for number, response in enumerate(pages, 1):
        warehouse.land(sync, [response], calls=number)
    return warehouse.land(sync, [], calls=len(pages), ending=Ending(status, at, more))


def users(path, *columns):
    names = ", ".join(columns)
    return query(path, f"SELECT {names} FROM hed.users ORDER BY id")


def test_nothing_is_there_before_the_first_landing(path, warehouse):
    sync = warehouse.begin("hed", "s", NOON)
    assert (sync.state, sync.known_keys, sync.batch, sync.started_at) == ({}, {}, 1, NOON)
    assert warehouse.record("hed") is warehouse.last_sync("hed") is None
    assert warehouse.row_counts("hed") == {}
    assert warehouse.sample("hed", "users", 5) == ([], [])
    assert warehouse.reset("hed") == Dropped()
    assert not path.exists()


def test_a_row_replaces_the_whole_of_its_predecessor(path, warehouse):
    run(warehouse, page([{"id": 1, "name": "a", "age": 5}]), page([{"id": 1, "name": "b"}]))
    assert users(path, "id", "name", "age") == [(1, "b", None)]


@pytest.mark.parametrize(
    ("pages", "left"),
    [
        ([page([{"id": 1, "n": 1}, {"id": 1, "n": 2}])], [(1, 2, None)]),
        ([page([{"id": 1, "n": 1}], [{"id": 1}])], []),
        ([page(None, [{"id": 1}]), page([{"id": 1, "n": 1}])], [(1, 1, None)]),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}]), page([{"id": 1, "n": 2}])], [(1, 2, None)]),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}], soft=True)], [(1, 1, True)]),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}], soft=("users",))], [(1, 1, True)]),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}], soft=("others",))], []),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}], soft=True), page([{"id": 1, "n": 2}])], [(1, 2, False)]),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}], soft=True), page(None, [{"id": 1}])], []),
        ([page([{"id": 1, "n": 1}]), page(None, [{"id": 1}]), page(None, [{"id": 1}], soft=True)], []),
    ],
)
@pytest.mark.parametrize("gathered", [True, False])
def test_the_last_operation_on_a_key_wins(path, warehouse, pages, left, gathered):
    sync = warehouse.begin("hed", "s", NOON)
    for portion in [pages] if gathered else [[response] for response in pages]:
        warehouse.land(sync, portion, calls=1)
    mark = "_fivetran_deleted" if "_fivetran_deleted" in types(path, "hed", "users") else "NULL"
    assert users(path, "id", "n", mark) == left


def test_counts_add_up_in_the_record_of_the_sync(warehouse):
    sync = warehouse.begin("hed", "s", NOON)
    first = warehouse.land(sync, [page([{"id": 1}, {"id": 2}], more=True), page([{"id": 2}])], calls=2)
    second = warehouse.land(sync, [page([{"id": 1, "new": 5}], [{"id": 2}, {"id": 7}])], calls=3)
    assert first == Counts(upserts=3, updates=1, schema_changes=1, checkpoints=1)
    assert second == Counts(upserts=1, updates=1, deletes=1, schema_changes=1, checkpoints=1)
    record = warehouse.last_sync("hed")
    assert (record.counts, record.calls, record.status) == (first + second, 3, SyncStatus.RUNNING)
    assert record.ended_at is None
    assert warehouse.land(sync, [], calls=4, ending=Ending(SyncStatus.FAILED, NOON + HOUR, error="no")) == Counts()
    record = warehouse.last_sync("hed")
    assert (record.counts, record.calls, record.status) == (first + second, 4, SyncStatus.FAILED)
    assert (record.ended_at, record.error) == (NOON + HOUR, "no")


def test_widening_a_column_is_one_schema_change(path, warehouse):
    sync = warehouse.begin("hed", "s", NOON)
    for value, changes, kind in [(1, 1, "BIGINT"), (2**60, 0, "BIGINT"), (2**64, 1, "HUGEINT"), (0.5, 1, "VARCHAR")]:
        assert warehouse.land(sync, [page([{"id": str(value), "n": value}])], calls=1).schema_changes == changes
        assert types(path, "hed", "users")["n"] == kind
    texts = {"1", str(2**60), str(2**64), "0.5"}
    assert {n for (n,) in query(path, "SELECT n FROM hed.users")} == texts


def test_an_integer_that_was_too_big_for_a_double_is_remembered(path, warehouse):
    """The row with it is gone, but the column's type must not depend on which pages were gathered with which."""
    run(warehouse, page([{"id": 1, "n": 2**53 + 1}]), page([{"id": 1, "n": 1}]), page([{"id": 2, "n": 0.5}]))
    assert types(path, "hed", "users")["n"] == "VARCHAR"


def test_every_row_bears_the_start_of_its_sync(path, warehouse):
    run(warehouse, page([{"id": 1}, {"id": 2}]))
    run(warehouse, page([{"id": 2}]), hour=1)
    assert users(path, "id", "epoch_us(_fivetran_synced)") == [
        (1, int(NOON.timestamp()) * 10**6),
        (2, int((NOON + HOUR).timestamp()) * 10**6),
    ]


def test_rows_without_a_key_are_appended_and_numbered(path, warehouse):
    for hour in range(2):
        sync = warehouse.begin("hed", f"s{hour}", NOON + hour * HOUR)
        warehouse.land(sync, [page({"log": [{"n": 1}, {"n": 1}]}, schema={})], calls=1)
        warehouse.land(sync, [page({"log": [{"n": 2}, {}]}, schema={"log": Table()})], calls=2)
    found = query(path, "SELECT n, _fivetran_batch, _fivetran_index FROM hed.log ORDER BY 2, 3")
    assert found == [(n, batch, index) for batch in (1, 2) for index, n in enumerate([1, 1, 2, None])]


def test_names_are_fivetrans(path, warehouse):
    response = page({"_gradeBook": [{"studentId": 1, "2nd": "x"}]}, schema={"_gradeBook": Table(("studentId",))})
    run(warehouse, response)
    assert list(types(path, "hed", "grade_book")) == ["student_id", "_2nd", "_fivetran_synced"]
    assert warehouse.begin("hed", "s", NOON).known_keys == {"_gradeBook": ("studentId",)}


def test_names_that_become_one_are_merged_where_that_is_let_through(path, warehouse):
    run(warehouse, page({"a b": [{"id": 1, "x y": 1, "xY": 2}, {"id": 2, "x y": 3}], "a.b": [{"id": 3}]}, schema={
        "a b": Table(("id",)), "a.b": Table(("id",))
    }))  # fmt: skip
    assert query(path, "SELECT id, x_y FROM hed.a_b ORDER BY 1") == [(1, 2), (2, 3), (3, None)]


def test_text_keys_are_never_read_as_times(path, warehouse):
    run(warehouse, page([{"id": "2024-01-01", "day": "2024-01-01"}]), page([{"id": "x", "day": "2024-01-02"}]))
    assert types(path, "hed", "users")["id"] == "VARCHAR"
    assert types(path, "hed", "users")["day"] == "DATE"


def test_one_switch_keeps_all_text_text(path):
    run(Warehouse(path, infer_timestamps=False), page([{"id": 1, "seen": "2024-01-01T00:00:00.100Z"}]))
    assert users(path, "seen") == [("2024-01-01T00:00:00.100Z",)]


def test_empty_lists_and_columns_create_nothing(path, warehouse):
    run(warehouse, page({"users": [], "others": []}), page([{"id": 1, "never": None}]))
    assert warehouse.row_counts("hed") == {"users": 1}
    assert "never" not in types(path, "hed", "users")


def test_a_delete_from_a_table_that_is_not_there_leaves_no_trace(path, warehouse):
    sync = warehouse.begin("hed", "s", NOON)
    assert warehouse.land(sync, [page(None, [{"id": "a"}], soft=True)], calls=1).schema_changes == 0
    assert warehouse.row_counts("hed") == {}
    warehouse.land(sync, [page(None, [{"id": "a"}], soft=True), page([{"id": 5}])], calls=3)
    assert list(types(path, "hed", "users").items()) == [("id", "BIGINT"), ("_fivetran_synced", SYNCED_TYPE)]


def test_a_complete_sync_marks_what_a_snapshot_did_not_send(path, warehouse):
    listed = {"soft": ("users",)}
    run(warehouse, page([{"id": 1}, {"id": 2}, {"id": 3}], **listed))
    counts = run(warehouse, page([{"id": 1}], **listed), page([{"id": 2}]), hour=1)
    assert counts.truncates == 1
    synced = "epoch_us(_fivetran_synced)"
    earlier, later = (int((NOON + h * HOUR).timestamp()) * 10**6 for h in (0, 1))
    assert users(path, "id", "_fivetran_deleted", synced) == [(1, False, later), (2, False, later), (3, True, earlier)]
    run(warehouse, page([{"id": 3}], **listed), hour=2)
    assert users(path, "id", "_fivetran_deleted") == [(1, True), (2, True), (3, False)]


def test_a_snapshot_may_take_several_syncs(path, warehouse):
    listed = {"soft": ("users",)}
    run(warehouse, page([{"id": n} for n in range(4)], **listed))
    assert run(warehouse, page([{"id": 0}], **listed), hour=1, more=True).truncates == 0
    assert run(warehouse, page([{"id": 1}]), hour=2, status=SyncStatus.FAILED).truncates == 0
    sync = warehouse.begin("hed", "killed", NOON + 3 * HOUR)
    warehouse.land(sync, [page([{"id": 2}])], calls=1)
    assert sync.snapshot_tables == ("users",)
    assert sync.cycle_started_at == NOON + HOUR
    run(warehouse, page([]), hour=4)
    assert users(path, "id", "_fivetran_deleted") == [(0, False), (1, False), (2, False), (3, True)]
    assert warehouse.begin("hed", "next", NOON + 5 * HOUR).snapshot_tables == ()


def test_a_table_that_is_no_snapshot_any_more_is_left_alone(path, warehouse):
    run(warehouse, page([{"id": 1}], soft=("users",)))
    assert run(warehouse, page([{"id": 2}]), hour=1).truncates == 0
    assert users(path, "id", "_fivetran_deleted") == [(1, False), (2, False)]


def test_a_soft_delete_is_a_sync_of_its_row(path, warehouse):
    run(warehouse, page([{"id": 1, "n": 5}]))
    run(warehouse, page(None, [{"id": 1}], soft=True), hour=1)
    (row,) = rows(path, "hed", "users")
    assert (row["n"], row["_fivetran_deleted"], row["_fivetran_synced"]) == ("5", "true", "2026-01-01 13:00:00+00")


def test_outcomes_only_move_forward(warehouse):
    run(warehouse, status=SyncStatus.FAILED)
    failed = warehouse.record("hed").failed_at
    assert failed == NOON
    run(warehouse, hour=0)
    record = warehouse.record("hed")
    assert record.failed_at == failed
    assert record.succeeded_at > failed
    run(warehouse, hour=-5, status=SyncStatus.FAILED)
    assert warehouse.record("hed").failed_at > record.succeeded_at
    before = warehouse.record("hed")
    run(warehouse, hour=1, status=SyncStatus.CANCELED)
    assert warehouse.record("hed") == before


def test_syncs_start_in_order_even_when_the_clock_does_not(warehouse):
    run(warehouse, page([{"id": 1}]))
    sync = warehouse.begin("hed", "s", NOON - HOUR)
    assert sync.started_at > NOON
    assert sync.batch == 2


def test_a_killed_sync_is_found_out_by_the_next(path, warehouse):
    warehouse.land(warehouse.begin("hed", "killed", NOON), [page([{"id": 1}])], calls=1)
    warehouse.land(warehouse.begin("other", "alive", NOON), [page([{"id": 1}])], calls=1)
    run(warehouse, hour=1)
    found = query(path, "SELECT sync_id, status FROM _fivetran_local.syncs ORDER BY 1")
    assert found == [("alive", "running"), ("killed", "interrupted"), ("sync-1", "succeeded")]


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (page([{"id": 2, "name": "x"}], schema={"users": Table(("name",))}), "primary key changes"),
        (page([{"id": 2}], schema={}), "primary key changes"),
        (page(None, [{"id": 1}], schema={}), "without a primary key"),
        (page([{"id": None}]), "no value for the key column 'id'"),
        (page([{"other": 1}]), "no value for the key column 'id'"),
        (page([{"id": 2, "_fivetran_synced": 1}]), "'_fivetran_synced'"),
        (page([{"id": 2, "": 1}]), "''"),
        (page([{"id": 2}], state={"at": math.nan}), "NaN"),
    ],
)
def test_what_is_refused_leaves_the_warehouse_as_it_was(path, warehouse, response, said):
    run(warehouse, page([{"id": 1}], state={"page": 1}))
    before = dump(path, "hed"), dump(path, "_fivetran_local")
    sync = warehouse.begin("hed", "s", NOON + HOUR)
    good = page([{"id": 3, "new": 5}])
    with pytest.raises(RefusedError, match=said):
        warehouse.land(sync, [good, response], calls=2)
    assert (dump(path, "hed"), dump(path, "_fivetran_local")) == before


def test_an_empty_table_may_change_its_key(path, warehouse):
    run(warehouse, page([{"id": 1, "day": "2024-01-01"}], [{"id": 1}]))
    assert warehouse.begin("hed", "s", NOON).known_keys == {}
    run(warehouse, page([{"day": "2024-01-01"}], schema={"users": Table(("day",))}), hour=1)
    assert types(path, "hed", "users")["day"] == "VARCHAR"
    run(warehouse, page(None, [{"day": "2024-01-01"}], schema={"users": Table(("day",))}), hour=2)
    run(warehouse, page([{"day": "x"}], schema={}), hour=3)
    assert query(path, "SELECT day, _fivetran_batch, _fivetran_index FROM hed.users") == [("x", 4, 0)]
    assert warehouse.begin("hed", "s", NOON).known_keys == {"users": ()}


def test_a_table_that_somebody_dropped_is_made_again(path, warehouse):
    run(warehouse, page([{"id": 1, "n": "x"}]))
    with duckdb.connect(str(path)) as database:
        database.execute("DROP TABLE hed.users")
    run(warehouse, page([{"id": 2, "n": 5}]), hour=1)
    assert types(path, "hed", "users")["n"] == "BIGINT"


def test_the_state_is_kept_exactly(warehouse):
    state = {"cursor": "gAAAAAB%3D%3D", "big": 2**70, "text": "é\u2028\U0001f600", "deep": {"a": [1, None, 0.1]}}
    run(warehouse, page([{"id": 1}], state=state))
    assert warehouse.record("hed").state == warehouse.begin("hed", "s", NOON).state == state


def test_a_sample_reads_like_the_table(warehouse):
    run(warehouse, page([{"id": 1, "at": "2024-01-01T00:00:00+02:00", "s": {"a": 1}}]))
    names, found = warehouse.sample("hed", "users", 5)
    assert names == ["id", "at", "s", "_fivetran_synced"]
    assert found == [(1, "2023-12-31T22:00:00.000000Z", '{"a":1}', "2026-01-01T12:00:00.000000Z")]
    assert warehouse.sample("hed", "users", 0)[1] == []
    assert warehouse.sample("hed", "nobody", 5) == ([], [])


def test_reset_drops_one_connection(path, warehouse):
    for connection in ("hed", "other"):
        run(warehouse, page([{"id": 1}, {"id": 2}], state={"page": 1}), connection=connection)
    assert warehouse.reset("hed") == Dropped(tables=1, rows=2, syncs=1)
    assert warehouse.record("hed") is warehouse.last_sync("hed") is None
    assert warehouse.row_counts("hed") == {}
    assert warehouse.record("other").state == {"page": 1}
    assert warehouse.row_counts("other") == {"users": 2}
    for table in ("connections", "syncs", "tables"):
        assert query(path, f"SELECT count(*) FROM _fivetran_local.{table}") == [(1,)]
    run(warehouse, page([{"id": "text now"}]), hour=1)
    assert types(path, "hed", "users")["id"] == "VARCHAR"


def test_a_file_may_have_the_name_of_a_schema_in_it(tmp_path):
    warehouse = Warehouse(tmp_path / "hed.db")
    run(warehouse, page([{"id": 1}], [{"id": 2}], soft=True))
    assert warehouse.row_counts("hed") == {"users": 1}
    assert len(warehouse.sample("hed", "users", 1)[1]) == 1
    assert warehouse.reset("hed").rows == 1


@pytest.mark.parametrize("name", ["main", "_fivetran_local", "He d", '"; DROP'])
def test_an_illegal_connection_name_is_refused(path, warehouse, name):
    for use in (
        lambda: warehouse.begin(name, "s", NOON),
        lambda: warehouse.reset(name),
        lambda: warehouse.record(name),
        lambda: warehouse.sync_lock(name),
    ):
        with pytest.raises(WarehouseError, match="connection name"):
            use()
    assert not path.exists()


def unusable(path):
    with pytest.raises(WarehouseError) as caught:
        Warehouse(path).land(Warehouse(path.parent / "none.db").begin("hed", "s", NOON), [], calls=0)
    text = str(caught.value)
    assert str(path) in text or str(path.parent) in text
    assert "\n" not in text
    return text


def test_a_file_of_another_kind_is_refused(path):
    path.write_text("surely no database\n" * 1000)
    assert "is not a DuckDB file" in unusable(path)
    assert path.read_text() == "surely no database\n" * 1000


@pytest.mark.parametrize("schema", [{"users": Table(("name",))}, {}])
def test_the_key_of_rows_may_not_change(path, warehouse, schema):
    run(warehouse, page([{"id": 1}]))
    before = dump(path, "hed"), dump(path, "_fivetran_local")
    sync = warehouse.begin("hed", "s", NOON + HOUR)
    with pytest.raises(RefusedError, match="another primary key"):
        warehouse.land(sync, [page([{"id": 2, "name": "x"}], schema=schema)], calls=1)
    assert (dump(path, "hed"), dump(path, "_fivetran_local")) == before


def test_a_damaged_file_is_refused(path, warehouse):
    run(warehouse, page([{"id": 1}]))
    content = bytearray(path.read_bytes())
    assert content[8:12] == b"DUCK"
    content[12] = 250
    path.write_bytes(content)
    assert "is damaged" in unusable(path)


def test_a_file_of_another_version_is_refused(path, monkeypatch):
    """Only a newer DuckDB could write such a file; the text is what 1.5.6 said of one by 2.0.0."""

    def connect(*_, **__):
        text = "IO Error: Trying to read a database file with version number 69, but we can only read versions between"
        raise duckdb.IOException(f"{text} 64 and 68.\nThe database file was created with a newer version of DuckDB.")

    monkeypatch.setattr(duckdb, "connect", connect)
    assert "another version of DuckDB" in unusable(path)


def test_a_folder_is_refused(path):
    path.mkdir()
    assert "is a folder" in unusable(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be made" in unusable(tmp_path / "file" / "folder" / "warehouse.db")


NOBODY = """
import os, sys
from pathlib import Path
from datetime import UTC, datetime
import duckdb
from fivetran_local.errors import WarehouseError
from fivetran_local.warehouse import Warehouse
if os.geteuid() == 0:
    os.setuid(65534)
try:
    Warehouse(Path(sys.argv[1])).begin("hed", "s", datetime.now(UTC))
except WarehouseError as error:
    print(error)
"""


def test_a_file_of_somebody_else_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "warehouse.db")
        run(Warehouse(path), page([{"id": 1}]))
        path.chmod(0)
        words = [sys.executable, "-c", NOBODY, path]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.startswith(f"{path} may not be opened by this user"), done
        assert done.stdout.count("\n") == 1


def test_a_column_is_dropped_with_its_values_and_comes_back_with_its_next_value(path, warehouse):
    run(warehouse, page([{"id": 1, "name": "a", "age": 5}]))
    warehouse.drop_columns("hed", {"users": ["age", "never_there"], "nobody": ["x"]})
    assert types(path, "hed", "users") == {"id": "BIGINT", "name": "VARCHAR", "_fivetran_synced": SYNCED_TYPE}
    assert "age" not in warehouse.tables("hed")["users"].columns
    run(warehouse, page([{"id": 2, "name": "b", "age": "old"}]), hour=1)
    assert users(path, "id", "age") == [(1, None), (2, "old")]


def test_no_column_is_dropped_while_a_sync_runs(warehouse):
    run(warehouse, page([{"id": 1, "age": 5}]))
    with warehouse.sync_lock("hed"), pytest.raises(WarehouseError, match="sync of 'hed'"):
        warehouse.drop_columns("hed", {"users": ["age"]})
    assert "age" in warehouse.tables("hed")["users"].columns


@pytest.mark.parametrize("soft", [(), ("users",)])
@pytest.mark.parametrize("loaded", [True, False])
def test_of_a_table_that_is_loaded_no_longer_a_whole_sync_removes_and_marks_nothing(path, warehouse, soft, loaded):
    run(warehouse, page([{"id": 1}, {"id": 2}], soft=soft))
    warehouse.start_over("hed")
    run(warehouse, page([{"id": 1}], soft=soft), hour=1, more=True)
    opened = warehouse.begin("hed", "last of the cycle", NOON + 2 * HOUR)
    opened = opened if loaded else replace(opened, untouched=frozenset({"users"}))
    warehouse.land(opened, [], calls=1, ending=Ending(SyncStatus.SUCCEEDED, NOON + 2 * HOUR))
    if soft:
        assert users(path, "id", "_fivetran_deleted") == [(1, False), (2, loaded)]
    else:
        assert users(path, "id") == ([(1,)] if loaded else [(1,), (2,)])


def test_ctrl_c_within_a_query_is_ctrl_c(warehouse, monkeypatch):
    def slow(catalog):
        threading.Timer(0.05, signal.raise_signal, (signal.SIGINT,)).start()
        return catalog._all("SELECT count(*) FROM range(100_000_000_000) AS r WHERE sqrt(r.range) = 0.5")

    warehouse.set_state("c", {})
    monkeypatch.setattr(Catalog, "record", slow)
    with pytest.raises(KeyboardInterrupt):
        warehouse.record("c")
    monkeypatch.undo()
    assert warehouse.record("c").state == {}

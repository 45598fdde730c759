"""Starting over: what a complete sync from an empty state did not send is gone, and nothing goes before that."""

import duckdb
import pytest

from fivetran_local.engine import run_sync
from fivetran_local.errors import WarehouseError
from fivetran_local.records import SyncStatus
from fivetran_local.sync import Limits, SyncRules
from fivetran_local.warehouse import Warehouse
from tests.fivetran_local.warehouse_reading import query
from tests.support.paged_function import PagedFunction

KEY = {"rows": {"primary_key": ["id"]}, "keyless": {}}


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse.db", lock_wait_seconds=5)


def page(state, ids=(), *, more=False, keyless=(), **fields):
    insert = {"rows": [{"id": identity} for identity in ids], "keyless": [{"value": value} for value in keyless]}
    return {"state": state, "insert": insert, "schema": KEY, "hasMore": more, **fields}


def scripted(*pages):
    """A function that answers these, one after the other."""
    return PagedFunction({number: lambda _, page=page: page for number, page in enumerate(pages, 1)})


def sync(warehouse, *pages, most=None):
    return run_sync(scripted(*pages), warehouse, "c", secrets={}, rules=SyncRules(Limits(max_calls=most)))


def ids(warehouse, table="rows"):
    return [identity for (identity,) in query(warehouse.path, f"SELECT id FROM c.{table} ORDER BY id")]


def test_a_first_sync_is_historical_until_it_is_complete(warehouse):
    sync(warehouse, page({"at": 1}, [1], more=True), most=1)
    assert warehouse.record("c").historical
    sync(warehouse, page({"at": 2}, [2]))
    assert not warehouse.record("c").historical
    assert ids(warehouse) == [1, 2]


def test_what_is_not_sent_again_is_gone_when_it_is_complete_and_not_before(warehouse):
    sync(warehouse, page({"at": 1}, [1, 2, 3], keyless=["a"]))
    before = warehouse.record("c")
    warehouse.start_over("c")
    record = warehouse.record("c")
    assert (record.state, record.historical, record.succeeded_at) == ({}, True, before.succeeded_at)
    sync(warehouse, page({"at": 1}, [2], more=True), most=1)
    assert ids(warehouse) == [1, 2, 3]
    outcome = sync(warehouse, page({"at": 2}, [4], keyless=["a"]))
    assert ids(warehouse) == [2, 4]
    assert outcome.counts.deletes == 2
    assert warehouse.row_counts("c")["keyless"] == 2


def test_a_failure_on_the_way_removes_nothing(warehouse):
    sync(warehouse, page({"at": 1}, [1, 2]))
    warehouse.start_over("c")
    assert sync(warehouse, page({"at": 1}, [2], more=True), "not a page").status is SyncStatus.FAILED
    assert ids(warehouse) == [1, 2]
    sync(warehouse, page({"at": 2}, [3]))
    assert ids(warehouse) == [2, 3]


def test_a_table_that_marks_what_is_deleted_marks_it(warehouse):
    sync(warehouse, page({"at": 1}, [1, 2], delete={"rows": [{"id": 2}]}, softDelete=True))
    sync(warehouse, page({"at": 2}, [2]))
    warehouse.start_over("c")
    sync(warehouse, page({"at": 3}, [2]))
    assert query(warehouse.path, "SELECT id, _fivetran_deleted FROM c.rows ORDER BY id") == [(1, True), (2, False)]


def test_a_table_of_which_nothing_was_sent_stays(warehouse):
    sync(warehouse, page({"at": 1}, [1]))
    warehouse.start_over("c")
    sync(warehouse, page({"at": 2}))
    assert ids(warehouse) == [1]


def test_an_ordinary_sync_removes_nothing(warehouse):
    sync(warehouse, page({"at": 1}, [1]))
    sync(warehouse, page({"at": 2}, [2]))
    assert ids(warehouse) == [1, 2]


def test_a_state_is_replaced_and_the_rest_stays(warehouse):
    sync(warehouse, page({"at": 1}, [1]))
    before = warehouse.record("c")
    warehouse.set_state("c", {"at": 0})
    after = warehouse.record("c")
    assert after.state == {"at": 0}
    assert (after.succeeded_at, after.historical) == (before.succeeded_at, False)
    function = scripted(page({"at": 1}, [1]))
    run_sync(function, warehouse, "c", secrets={})
    assert function.asked[0].state == {"at": 0}


def test_progress_is_forgotten_and_rows_and_history_stay(warehouse):
    sync(warehouse, page({"at": 1}, [1], keyless=["a"]))
    warehouse.forget_progress("c")
    assert warehouse.record("c") is None
    assert ids(warehouse) == [1]
    assert len(warehouse.syncs("c")) == 1
    sync(warehouse, page({"at": 1}, [1], keyless=["b"]))
    batches = query(warehouse.path, "SELECT value, _fivetran_batch FROM c.keyless ORDER BY value")
    assert batches == [("a", 1), ("b", 2)]


def test_forgetting_what_never_was_makes_no_file(warehouse):
    warehouse.forget_progress("c")
    assert not warehouse.path.exists()


@pytest.mark.parametrize(
    "change", [lambda w: w.set_state("c", {}), lambda w: w.start_over("c"), lambda w: w.forget_progress("c")]
)
def test_nothing_is_changed_under_a_running_sync(warehouse, change):
    sync(warehouse, page({"at": 1}, [1]))
    with warehouse.sync_lock("c"), pytest.raises(WarehouseError, match="a sync of 'c' is already running"):
        change(warehouse)
    assert warehouse.record("c").state == {"at": 1}


def test_syncs_are_listed_the_latest_first(warehouse):
    for at in (1, 2, 3):
        sync(warehouse, page({"at": at}, [at]))
    assert [record.batch for record in warehouse.syncs("c", 2)] == [3, 2]
    assert warehouse.syncs("other") == []


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_file_from_before_resyncs_is_read_and_brought_up_to_date(warehouse, succeeded):
    sync(warehouse, page({"at": 1}, [1]))
    with duckdb.connect(str(warehouse.path)) as database:
        database.execute('ALTER TABLE "_fivetran_local"."connections" DROP COLUMN historical')
        if not succeeded:
            database.execute(
                'UPDATE "_fivetran_local"."connections" SET succeeded_at = NULL, cycle_started_at = \'2026-01-01\''
            )
    assert warehouse.record("c").historical is not succeeded
    sync(warehouse, page({"at": 2}, [2]))
    assert not warehouse.record("c").historical
    assert ids(warehouse) == [1, 2]

from datetime import UTC, datetime, timedelta, timezone

from fivetran_local.records import Ending, SyncStatus
from fivetran_local.usage import monthly_active_rows
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table

JANUARY, FEBRUARY = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def sync(warehouse, at, users=(), log=(), deleted=()):
    opened = warehouse.begin("school", at.isoformat(), at)
    insert = {"users": [{"id": i} for i in users], "log": [{"line": i} for i in log]}
    page = FunctionResponse({}, insert, {"users": [{"id": i} for i in deleted]}, {"users": Table(("id",))})
    warehouse.land(opened, [page], calls=1, ending=Ending(SyncStatus.SUCCEEDED, at))


def test_a_row_counts_once_in_a_month_and_a_row_without_a_key_each_time(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse.db")
    sync(warehouse, JANUARY, users=(1, 2, 3), log=(1, 2))
    sync(warehouse, FEBRUARY, users=(1, 2), log=(1,))
    sync(warehouse, FEBRUARY + timedelta(days=1), users=(2, 4, 5), log=(1,), deleted=(5,))
    rows = monthly_active_rows(warehouse, "school", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    assert rows.by_table == {"users": 3, "log": 2}
    assert (rows.total, rows.since) == (5, FEBRUARY)
    assert monthly_active_rows(warehouse, "school", datetime(2026, 3, 1, tzinfo=UTC)).total == 0


def test_a_month_is_one_in_utc(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse.db")
    still_january_here = FEBRUARY.astimezone(timezone(timedelta(hours=-5)))
    assert monthly_active_rows(warehouse, "school", still_january_here).since == FEBRUARY


def test_nothing_is_counted_before_the_first_landing(tmp_path):
    assert monthly_active_rows(Warehouse(tmp_path / "none.db"), "school", FEBRUARY).by_table == {}

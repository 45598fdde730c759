"""Reset: one connection starts over, and no other."""

import pytest

from fivetran_local.engine import run_sync
from fivetran_local.errors import WarehouseError
from fivetran_local.records import Dropped
from fivetran_local.warehouse import Warehouse
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.reset import reset
from tests.support.paged_function import PAGES, ROWS, PagedFunction


def test_it_drops_rows_state_and_records_of_one_connection(tmp_path):
    project = Project(tmp_path)
    warehouse = Warehouse(project.warehouse)
    for name in ("one", "other"):
        for _ in range(2):
            run_sync(PagedFunction(), warehouse, name, secrets={})
    assert reset(project, "one") == Dropped(tables=2, rows=2 * PAGES * ROWS, syncs=2)
    assert (warehouse.record("one"), warehouse.row_counts("one"), warehouse.last_sync("one")) == (None, {}, None)
    assert warehouse.record("other").state == {"page": PAGES}
    assert warehouse.row_counts("other") == {"numbers": PAGES * ROWS, "log": PAGES * ROWS}
    function = PagedFunction()
    run_sync(function, warehouse, "one", secrets={})
    assert function.asked[0].state == {}


def test_a_warehouse_or_a_connection_that_is_not_there_has_nothing_to_drop(tmp_path):
    assert reset(Project(tmp_path), "one") == Dropped()
    assert not (tmp_path / "files").exists()
    warehouse = Warehouse(tmp_path / "named.db")
    run_sync(PagedFunction(), warehouse, "one", secrets={})
    assert reset(Project(tmp_path), "other", warehouse.path) == Dropped()
    assert warehouse.record("one") is not None


@pytest.mark.parametrize("name", ["", "Hed", "1hed", "../hed", "main", "_fivetran_local", 'a"b'])
def test_a_name_that_no_connection_can_have_is_wrong_words(tmp_path, name):
    with pytest.raises(UsageError):
        reset(Project(tmp_path), name)


def test_a_file_that_is_no_warehouse_is_left_alone(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("not a warehouse, and somebody's only copy" * 100)
    before = file.read_bytes()
    with pytest.raises(WarehouseError, match=r"is not a DuckDB file"):
        reset(Project(tmp_path), "hed", file)
    assert file.read_bytes() == before

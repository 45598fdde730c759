"""The set-up's steps and the schema, over HTTP."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fivetran_local.pages import history
from tests.fivetran_local.pages.conftest import synced


@pytest.mark.slow
def test_after_the_initial_sync_the_set_up_lists_tables_and_active_rows(reader, connections, connection, home):
    assert "Choose what is loaded" in reader.text(f"{home}/setup")
    reader.post(f"{home}/setup/schema", schema_change_handling="BLOCK_ALL")
    assert connections.settings(connection.settings.id).schemas.schema_change_handling == "BLOCK_ALL"
    assert "Start the initial sync" in reader.text(f"{home}/setup")
    synced(connections, connection.settings.id)
    said = reader.text(f"{home}/setup")
    assert "numbers 30 30" in said
    assert "Monthly active rows 30" in said


def test_a_schema_is_changed_and_keys_are_not_offered(reader, connections, loaded):
    home = f"/connections/{loaded}"
    page = reader.get(f"{home}/schema").text
    assert 'name="load" value="numbers.name"' in page
    assert 'name="load" value="numbers.id"' not in page
    shown = ["numbers", "numbers.id", "numbers.name"]
    reader.post(f"{home}/schema", shown=shown, load=["numbers"], hash=[], schema_change_handling="ALLOW_ALL")
    table = connections.settings(loaded).schemas.tables["numbers"]
    assert table.enabled
    assert not table.columns["name"].enabled
    assert "id" not in table.columns
    unchanged = connections.settings(loaded).schemas
    reader.post(f"{home}/schema", shown=shown, load=["numbers"], schema_change_handling="nonsense")
    assert connections.settings(loaded).schemas == unchanged


def test_a_busy_warehouse_leaves_the_pages_without_its_numbers(reader, connections, loaded, monkeypatch):
    monkeypatch.setattr(history, "PATIENCE_SECONDS", 0.01)
    with opened_elsewhere(connections.warehouse(loaded).path):
        assert "The warehouse is busy" in reader.text(f"/connections/{loaded}/schema")
        assert "The warehouse is busy" in reader.text(f"/connections/{loaded}/setup")
        assert reader.get(f"/connections/{loaded}").status_code == 200
        assert "loaded" in reader.text("/")
    monkeypatch.undo()
    assert "numbers" in reader.text(f"/connections/{loaded}/schema")


@contextmanager
def opened_elsewhere(path: Path) -> Iterator[None]:
    """Have another process keep a DuckDB file open to write."""
    script = "import duckdb, sys\nwith duckdb.connect(sys.argv[1]):\n print('open', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"open\n"
        yield
        process.stdin.close()

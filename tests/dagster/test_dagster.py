"""The real dagster-fivetran loads the workspace, syncs and polls, against the local Fivetran."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.client_environments import client_python

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first makes the environment


@pytest.fixture(scope="module")
def dagster(fivetran, tmp_path_factory):
    """Run one verb of use_dagster.py."""
    python, home = client_python("dagster"), tmp_path_factory.mktemp("dagster")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "FIVETRAN_API_URL": fivetran.url,
        "FIVETRAN_API_KEY": fivetran.api_key,
        "FIVETRAN_API_SECRET": fivetran.api_secret,
    }

    def run(verb: str, connection_id: str = "") -> dict:
        words = [str(python), str(Path(__file__).with_name("use_dagster.py")), verb, connection_id]
        done = subprocess.run(words, cwd=home, env=variables, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        assert fivetran.api_secret not in done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_the_workspace_has_every_connection_that_synced_and_its_tables(dagster, hed):
    hed.sync_to_its_end()
    found = dagster("assets")
    assert found["connections"] == {hed.id: hed.schema}
    assert list(found["destinations"].values()) == ["duckdb"]
    assert found["assets"] == [f"{hed.schema}/hed_records"]


def test_a_connection_that_never_synced_is_left_out(dagster, hed):
    assert dagster("assets")["connections"] == {}


def test_a_sync_is_followed_to_its_success(dagster, hed):
    hed.sync_to_its_end()
    before = hed.get()["succeeded_at"]
    assert dagster("sync", hed.id) == {"skipped": False, "schemas": [hed.schema]}
    assert hed.get()["succeeded_at"] > before


def test_a_sync_that_fails_is_a_failure(dagster, hed):
    hed.sync_to_its_end()
    hed.source.spoil("html")
    assert "failed" in dagster("sync", hed.id)["failure"].lower()


def test_a_paused_connection_is_not_synced(dagster, hed):
    hed.sync_to_its_end()
    hed.change(paused=True)
    before = hed.get()["succeeded_at"]
    assert dagster("sync", hed.id)["skipped"]
    assert hed.get()["succeeded_at"] == before


def test_a_resync_reads_everything_again(dagster, hed):
    hed.sync_to_its_end()
    rows = hed.rows()
    assert dagster("resync", hed.id) == {"skipped": False}
    assert hed.rows() == rows


def test_its_assets_are_materialized(dagster, hed):
    hed.sync_to_its_end()
    assert dagster("materialize", hed.id) == {"success": True, "assets": [f"{hed.schema}/hed_records"]}

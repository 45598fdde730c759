"""The hed function under functions-framework, its simulator, the local Fivetran's API, and every verb in a row."""

import json
import re

import pytest

from fivetran_local.function_process import run_function
from fivetran_local.functions import FunctionHere
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage
from tests.fivetran_local.warehouse_reading import query
from tests.support.connection_answers import Command
from tests.support.local_fivetran import CannedFunctions, local_fivetran


@pytest.mark.slow
def test_hed_is_set_up_synced_rewound_and_deleted(tmp_path, capfd, monkeypatch):
    project = Project(Project.here().root, builds=tmp_path / "build")
    with (
        simulated_source(project, "hed") as configuration,
        run_function(stage(project, "hed").folder, tmp_path / "hed.log", timeout_seconds=60) as function,
        local_fivetran(
            tmp_path,
            functions=CannedFunctions(
                FunctionHere("hed", "hed", function.url, running=True, configuration=configuration)
            ),
        ) as local,
    ):
        command = Command(capfd, monkeypatch).at(local.url)

        def done(*words):
            ended = command(*words)
            assert ended.code == 0, ended.err
            assert configuration["api_key"] not in ended.out + ended.err
            return ended.out

        made = done("create", "hed", "--simulate")
        assert re.match(r"[a-z]+_[a-z]+ is made, paused: ", made)
        assert len(re.findall(r"^passed ", made, re.MULTILINE)) == 2
        done("test", "hed")
        done("sync", "hed", "--unpause", "--wait", "--timeout", "100")
        assert query(local.warehouse, "SELECT count(*) FROM hed.hed_records") == [(600,)]

        state = tmp_path / "state.json"
        done("state", "get", "hed", "--output", state)
        assert set(json.loads(state.read_text())) == {"next_cursor"}
        assert "on     hed_records" in done("schemas", "show", "hed")
        done("resync", "hed", "--yes", "--wait", "--timeout", "100")
        assert done("state", "set", "hed", state, "--pause").startswith("~ next_cursor: ")
        done("sync", "hed", "--wait", "--timeout", "100")
        assert query(local.warehouse, "SELECT count(*) FROM hed.hed_records") == [(600,)]
        found = json.loads(done("status", "hed", "--json"))
        assert (found["paused"], found["status"]["sync_state"]) == (False, "scheduled")
        assert configuration["api_key"] not in json.dumps(found)
        done("delete", "hed", "--yes")
        assert query(local.warehouse, "SELECT count(*) FROM hed.hed_records") == [(600,)]

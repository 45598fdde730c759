"""What of the real connector's rows is loaded: its own process, its simulator, the API and the warehouse."""

import pytest

from fivetran_local.function_process import run_function
from fivetran_tools.project import Project
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage
from tests.support.local_fivetran import local_fivetran
from tests.support.school import ConnectionOverHttp

ROWS = 60
JOINED = "SELECT count(*) FROM {0}.hed_records JOIN {0}.hed_students USING (student_id)"


@pytest.mark.slow
def test_students_are_joined_by_what_nobody_can_read(tmp_path):
    project = Project.here()
    with (
        local_fivetran(tmp_path) as api,
        simulated_source(project, "hed", "--rows", str(ROWS)) as configuration,
        run_function(stage(project, "hed").folder, tmp_path / "function.log", timeout_seconds=60) as function,
    ):
        hed = ConnectionOverHttp(api, "hed")
        secrets = {**configuration, "include_students": "true"}
        hed.create(function.url, [{"key": key, "value": value} for key, value in secrets.items()])
        hed.sync()
        ids = {student for (student,) in hed.rows("SELECT student_id FROM {}.hed_students")}
        assert hed.rows("SELECT count(*) FROM {}.hed_records") == [(ROWS,)]
        joined = hed.rows(JOINED)
        assert "advisor_id" in hed.columns("hed_records")

        before = hed.data("GET")["succeeded_at"]
        hashed, blocked = {"student_id": {"hashed": True}}, {"advisor_id": {"enabled": False}}
        hed.edit(hed_records={"columns": {**hashed, **blocked}}, hed_students={"columns": {**hashed, **blocked}})
        hed.wait(lambda now: now["succeeded_at"] != before)
        hidden = {student for (student,) in hed.rows("SELECT student_id FROM {}.hed_students")}
        assert len(hidden) == len(ids)
        assert hidden.isdisjoint(ids)
        assert hed.rows(JOINED) == joined
        assert hed.rows("SELECT count(advisor_id) FROM {}.hed_records") == [(0,)]

        hed.data("DELETE", "/schemas/hed/tables/hed_records/columns/advisor_id")
        assert "advisor_id" not in hed.columns("hed_records")

        hed.edit(hed_students={"enabled": False})
        before = hed.data("GET")["succeeded_at"]
        hed.data("POST", "/resync")
        hed.wait(lambda now: now["succeeded_at"] != before)
        (newest,) = hed.rows("SELECT max(_fivetran_synced) FROM {}.hed_records")
        assert hed.rows("SELECT count(*), max(_fivetran_synced) < ? FROM {}.hed_students", *newest) == [
            (len(ids), True)
        ]

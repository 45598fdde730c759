"""What a connection loads, chosen over HTTP and looked up in the warehouse after real syncs."""

import threading
import time

import pytest

from tests.support.local_fivetran import local_fivetran
from tests.support.school import TABLES
from tests.support.school import school as new_school

pytestmark = pytest.mark.slow

ALL = {"courseVisits", "students", "audit"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("local")) as api:
        yield api


@pytest.fixture
def school(api):
    with new_school(api) as school:
        yield school


@pytest.fixture(scope="module")
def synced_once(api):
    with new_school(api) as school:
        school.sync()
        yield school


@pytest.fixture
def synced(synced_once):
    """A school that was synced; its settings are put back afterwards."""
    before = synced_once.data("GET", "/schemas")
    yield synced_once
    assert before == synced_once.data("GET", "/schemas"), "the test left something behind"


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def refused(answer, status, code, *words):
    assert (answer[0], answer[1]["code"]) == (status, code), answer
    for word in words:
        assert word in answer[1]["message"]
    assert "data" not in answer[1]


def table_path(school, table, *column):
    return "/".join(["/schemas", school.schema, "tables", table, *(f"columns/{name}" for name in column)])


def test_a_connection_has_no_config_before_its_first_sync(school):
    for call in (
        school.call("GET", "/schemas"),
        school.call("PATCH", "/schemas", {"schema_change_handling": "BLOCK_ALL"}),
        school.call("PATCH", table_path(school, "students"), {"enabled": False}),
        school.call("GET", table_path(school, "students") + "/columns"),
    ):
        refused(call, 404, "NotFound_SchemaConfig", school.identity)


def test_the_first_sync_makes_the_config(synced):
    config = synced.data("GET", "/schemas")
    assert config["schema_change_handling"] == "ALLOW_ALL"
    assert config["enable_new_by_default"] is True
    assert list(config["schemas"]) == [synced.schema]
    schema = config["schemas"][synced.schema]
    assert (schema["name_in_destination"], schema["enabled"]) == (synced.schema, True)
    assert schema["tables"].keys() == ALL
    assert schema["tables"]["courseVisits"] == {
        "name_in_destination": "course_visits",
        "enabled": True,
        "enabled_patch_settings": {"allowed": True},
        "supports_columns_config": True,
        "supports_history_mode": False,
        "columns": {},
    }


def test_all_columns_of_a_table_are_listed_on_their_own(synced):
    columns = synced.data("GET", table_path(synced, "courseVisits") + "/columns")["columns"]
    assert columns == {
        "studentId": {
            "name_in_destination": "student_id",
            "enabled": True,
            "hashed": False,
            "is_primary_key": True,
            "enabled_patch_settings": {
                "allowed": False,
                "reason_code": "SYSTEM_COLUMN",
                "reason": "it is of the primary key, by which rows are told apart",
            },
        },
        "day": {
            "name_in_destination": "day",
            "enabled": True,
            "hashed": False,
            "is_primary_key": False,
            "enabled_patch_settings": {"allowed": True},
        },
    }


def test_the_old_family_and_a_slash_at_the_end_are_the_same(synced):
    config = synced.data("GET", "/schemas")
    for path in ("/v1/connectors/{}/schemas", "/v1/connections/{}/schemas/", "/v2/connectors/{}/schemas/"):
        assert synced.request("GET", path.format(synced.identity))[1]["data"] == config


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "words"),
    [
        ("PATCH", "/schemas/elsewhere", {"enabled": False}, 404, "NotFound_Schema", ["elsewhere"]),
        ("PATCH", "/schemas", {"schemas": {"elsewhere": {}}}, 400, "InvalidInput", ["schemas.elsewhere"]),
        ("PATCH", "/schemas", {"schemas": {"elsewhere": {"enabled": True}}}, 404, "NotFound_Schema", ["elsewhere"]),
        ("PATCH", "{}/tables/Students", {"enabled": False}, 404, "NotFound_Table", ["Students"]),
        ("PATCH", "{}/tables/students/columns/phone", {"hashed": True}, 404, "NotFound_Column", ["phone"]),
        ("PATCH", "{}/tables/students/columns/id", {"enabled": False}, 400, "InvalidInput", ["students.id", "key"]),
        (
            "PATCH",
            "{}/tables/students/columns/_fivetran_synced",
            {"enabled": False},
            400,
            "InvalidInput",
            ["_fivetran_synced"],
        ),
        ("PATCH", "{}/tables/students/columns/grade", {}, 400, "InvalidInput", ["no field"]),
        ("PATCH", "{}/tables/students/columns/grade", {"hashed": "yes"}, 400, "InvalidInput", ["hashed"]),
        ("PATCH", "{}/tables/students/columns/grade", {"is_primary_key": True}, 400, "InvalidInput", ["primary_key"]),
        ("PATCH", "{}/tables/students", {"sync_mode": "HISTORY"}, 400, "InvalidInput", ["sync_mode"]),
        ("PATCH", "{}/tables/students", {"sync_mode": "NONE"}, 400, "InvalidInput", ["sync_mode"]),
        ("PATCH", "/schemas", {"schema_change_handling": "SOME"}, 400, "InvalidInput", ["schema_change_handling"]),
        ("PATCH", "/schemas", {"is_type_locked": True}, 400, "InvalidInput", ["is_type_locked"]),
        ("PATCH", "/schemas", [], 400, "InvalidInput", ["object"]),
        ("PATCH", "/schemas", None, 400, "InvalidInput", ["missing"]),
        ("POST", "/schemas", {"schemas": {}}, 409, "Conflict", ["PATCH"]),
        ("POST", "/schemas", {}, 400, "InvalidInput", ["schemas"]),
        ("POST", "/schemas/reload", {"exclude_mode": "FORGET"}, 400, "InvalidInput", ["exclude_mode"]),
        ("POST", "/schemas/tables/resync", {"s": ["students"]}, 400, "InvalidInput", ["as a whole", "/resync"]),
        ("DELETE", "{}/tables/students/columns/grade", None, 409, "Conflict", ["grade", "not blocked"]),
        ("DELETE", "{}/tables/students/columns/phone", None, 404, "NotFound_Column", ["phone"]),
        ("GET", "{}/tables/nobody/columns", None, 404, "NotFound_Table", ["nobody"]),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(synced, method, path, body, status, code, words):
    refused(synced.call(method, path.format(f"/schemas/{synced.schema}"), body), status, code, *words)


def test_an_unknown_connection_is_not_found(synced):
    for method, path in (("GET", ""), ("PATCH", "/s"), ("POST", "/reload"), ("POST", "/tables/resync")):
        body = {"enabled": True} if method == "PATCH" else None
        refused(
            synced.request(method, f"/v1/connections/no_body/schemas{path}", body),
            404,
            "NotFound_Connection",
            "no_body",
        )


def test_of_several_wrong_things_in_a_change_nothing_is_changed(synced):
    tables = {"students": {"enabled": False}, "nobody": {"enabled": False}}
    answer = synced.call("PATCH", "/schemas", {"schemas": {synced.schema: {"tables": tables}}})
    refused(answer, 404, "NotFound_Table", "nobody")


def test_clients_that_send_null_for_what_stays_change_nothing(synced):
    before = synced.data("GET", "/schemas")
    nulls = {"enabled": None, "sync_mode": None, "columns": None}
    body = {"schema_change_handling": None, "schemas": {synced.schema: {"enabled": None, "tables": {"audit": nulls}}}}
    assert synced.data("PATCH", "/schemas", body) == before


@pytest.mark.slow
def test_a_blocked_table_stays_as_it_was_and_the_state_moves_on(school):
    school.sync()
    tables = school.edit(courseVisits={"enabled": False})
    assert {name: table["enabled"] for name, table in tables.items()} == {
        **dict.fromkeys(ALL, True),
        "courseVisits": False,
    }
    school.tables["courseVisits"] = [{"studentId": 0, "day": "2026-02-02"}, {"studentId": 9, "day": "2026-02-02"}]
    school.tables["students"].append({"id": 9, "fullName": "new"})
    school.sync()
    assert school.rows("SELECT student_id, CAST(day AS VARCHAR) FROM {}.course_visits ORDER BY 1") == [
        (i, "2026-01-01") for i in range(3)
    ]
    assert school.rows("SELECT count(*) FROM {}.students") == [(4,)]
    assert school.data("GET", "/state") == {"state": {"syncs": 2}}


@pytest.mark.slow
def test_a_table_that_is_loaded_again_is_brought_whole_by_a_resync(school):
    school.sync()
    school.edit(courseVisits={"enabled": False})
    school.tables["courseVisits"].append({"studentId": 9, "day": "2026-02-02"})
    school.sync()
    before = school.data("GET")["succeeded_at"]
    school.edit(courseVisits={"enabled": True})
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.states == [{}, {"syncs": 1}, {}]
    assert school.rows("SELECT count(*) FROM {}.course_visits") == [(4,)]


@pytest.mark.slow
def test_a_table_of_which_nothing_was_left_out_needs_no_resync(school):
    school.sync()
    school.edit(courseVisits={"enabled": False})
    school.edit(courseVisits={"enabled": True})
    school.sync()
    assert school.states == [{}, {"syncs": 1}]


@pytest.mark.slow
def test_a_blocked_column_is_not_filled_and_one_that_is_not_there_is_not_made(school):
    school.sync()
    assert school.columns("students") == {"id", "full_name", "email", "grade"}
    tables = school.edit(students={"columns": {"email": {"enabled": False}}})
    assert tables["students"]["columns"].keys() == {"email"}
    assert tables["students"]["columns"]["email"]["enabled"] is False
    school.tables["students"] = [{"id": i, "email": "secret", "fullName": "b"} for i in (1, 7)]
    school.sync()
    assert school.rows("SELECT id, full_name, email FROM {}.students ORDER BY 1") == [
        (0, "name 0", "0@example.org"),
        (1, "b", None),
        (2, "name 2", "2@example.org"),
        (7, "b", None),
    ]
    school.edit(students={"columns": {"email": {"enabled": True}}})
    school.tables["students"] = [{"id": 7, "email": "known", "fullName": "b"}]
    school.sync()
    assert school.rows("SELECT id, email FROM {}.students WHERE id IN (1, 7) ORDER BY 1") == [(1, None), (7, "known")]
    assert len(school.states) == 3


def test_a_config_that_is_made_before_the_first_sync_is_kept_to(school):
    tables = {
        "students": {"columns": {"email": {"enabled": False}, "fullName": {"hashed": True}, "id": {"enabled": False}}},
        "courseVisits": {"enabled": True},
    }
    body = {"schema_change_handling": "ALLOW_COLUMNS", "schemas": {school.schema: {"tables": tables}}}
    made = school.data("POST", "/schemas", body)
    assert made == school.data("GET", "/schemas")
    assert made["schemas"][school.schema]["tables"]["students"]["columns"]["fullName"]["hashed"] is True
    school.sync()
    assert school.columns("students") == {"id", "full_name", "grade"}
    assert all(len(name) == 64 for (name,) in school.rows("SELECT full_name FROM {}.students"))
    found = school.data("GET", "/schemas")["schemas"][school.schema]["tables"]
    assert {name: table["enabled"] for name, table in found.items()} == {**dict.fromkeys(ALL, True), "audit": False}
    assert school.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = '{}' ORDER BY 1") == [
        ("course_visits",),
        ("students",),
    ]
    assert found["students"]["columns"]["id"]["enabled"] is True, "a key is never left out"


@pytest.mark.slow
def test_equal_values_of_hashed_columns_join_and_nobody_reads_them(school):
    hashed = {"hashed": True}
    tables = {"students": {"columns": {"id": hashed}}, "courseVisits": {"columns": {"studentId": hashed}}}
    school.data("POST", "/schemas", {"schemas": {school.schema: {"tables": tables}}})
    school.sync()
    school.sync()
    assert school.rows(
        "SELECT count(*), min(length(s.id)) FROM {0}.students s JOIN {0}.course_visits v ON s.id = v.student_id"
    ) == [(3, 64)]


@pytest.mark.slow
def test_hashing_a_key_later_replaces_the_rows_under_the_plain_one(school):
    school.sync()
    before = school.data("GET")["succeeded_at"]
    school.edit(students={"columns": {"id": {"hashed": True}}})
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.rows("SELECT count(*), min(length(id)) FROM {}.students") == [(3, 64)]


@pytest.mark.slow
def test_what_comes_later_is_left_out_and_shown_as_blocked(school):
    school.sync()
    config = school.data("PATCH", "/schemas", {"schema_change_handling": "BLOCK_ALL"})
    assert (config["schema_change_handling"], config["enable_new_by_default"]) == ("BLOCK_ALL", False)
    school.tables["newTable"] = [{"id": 1}]
    school.tables["students"] = [{"id": 1, "fullName": "b", "newColumn": 5}]
    school.sync()
    tables = school.data("GET", "/schemas")["schemas"][school.schema]["tables"]
    assert tables["newTable"]["enabled"] is False
    assert tables["newTable"]["name_in_destination"] == "new_table"
    assert tables["students"]["columns"]["newColumn"]["enabled"] is False
    assert "new_column" not in school.columns("students")
    assert not school.columns("new_table")
    before = school.data("GET")["succeeded_at"]
    school.edit(newTable={"enabled": True})
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.rows("SELECT id FROM {}.new_table") == [(1,)]


@pytest.mark.slow
def test_a_change_while_a_sync_runs_holds_from_the_next_one_on(school):
    school.sync()
    before, school.held = school.data("GET")["succeeded_at"], threading.Event()
    school.data("POST", "/sync")
    until(lambda: len(school.states) == 2)
    school.edit(audit={"enabled": False}, students={"columns": {"email": {"enabled": False}}})
    dropping = school.call("DELETE", table_path(school, "students", "email"))
    refused(dropping, 409, "Conflict", "while a sync is running")
    school.held.set()
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.rows("SELECT count(*) FROM {}.audit") == [(4,)]
    school.sync()
    assert school.rows("SELECT count(*) FROM {}.audit") == [(4,)]


@pytest.mark.slow
def test_a_reload_makes_a_config_and_switches_all_tables(school):
    made = school.data("POST", "/schemas/reload")
    assert made["schemas"] == {school.schema: {"name_in_destination": school.schema, "enabled": True, "tables": {}}}
    school.data("PATCH", "/schemas", {"schema_change_handling": "BLOCK_ALL"})
    school.sync()
    assert school.data("POST", "/schemas/reload", {"exclude_mode": "PRESERVE"}) == school.data("GET", "/schemas")
    for mode, enabled in (("EXCLUDE", False), ("INCLUDE", True)):
        tables = school.data("POST", "/schemas/reload", {"exclude_mode": mode})["schemas"][school.schema]["tables"]
        assert {name: table["enabled"] for name, table in tables.items()} == dict.fromkeys(ALL, enabled)
    school.sync()
    assert school.states == [{}, {"syncs": 1}], "nothing was left out meanwhile"


@pytest.mark.slow
def test_a_schema_that_is_not_enabled_loads_nothing(school):
    school.sync()
    config = school.data("PATCH", f"/schemas/{school.schema}", {"enabled": False})
    assert config["schemas"][school.schema]["enabled"] is False
    school.tables["students"].append({"id": 9})
    school.sync()
    assert school.rows("SELECT count(*) FROM {}.students") == [(3,)]
    before = school.data("GET")["succeeded_at"]
    school.data("PATCH", f"/schemas/{school.schema}", {"enabled": True})
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.rows("SELECT count(*) FROM {}.students") == [(4,)]


@pytest.mark.slow
def test_a_blocked_column_is_dropped_when_somebody_says_so(school):
    school.sync()
    path = table_path(school, "students", "email")
    school.data("PATCH", path, {"enabled": False})
    status, answer = school.call("DELETE", path)
    assert (status, answer) == (200, {"code": "Success", "message": "Column successfully marked for deletion"})
    assert school.columns("students") == {"id", "full_name", "grade"}
    school.data("PATCH", table_path(school, "students", "grade"), {"enabled": False})
    school.data(
        "POST", "/schemas/drop-columns", {"schemas": {school.schema: {"tables": {"students": {"columns": ["grade"]}}}}}
    )
    assert school.columns("students") == {"id", "full_name"}
    school.edit(students={"columns": {"email": {"enabled": True}}})
    school.sync()
    assert school.rows("SELECT email FROM {}.students ORDER BY id LIMIT 1") == [(TABLES["students"][0]["email"],)]


@pytest.mark.slow
def test_a_resync_leaves_the_rows_of_blocked_tables(school):
    school.sync()
    school.edit(courseVisits={"enabled": False})
    before = school.data("GET")["succeeded_at"]
    school.data("POST", "/resync")
    school.wait(lambda now: now["succeeded_at"] != before)
    assert school.rows("SELECT count(*) FROM {}.course_visits") == [(3,)]


@pytest.mark.slow
def test_a_table_that_is_blocked_in_the_midst_of_a_resync_keeps_what_was_not_sent_again(school):
    school.sync()
    half = {"courseVisits": school.tables["courseVisits"][:1]}
    keys = {"courseVisits": {"primary_key": ["studentId"]}}
    school.instead = [
        (200, {"state": {"half": True}, "insert": half, "schema": keys, "hasMore": True}),
        (500, {"errorMessage": "the source is down"}),
    ]
    school.data("POST", "/resync")
    until(lambda: school.data("GET")["failed_at"])
    school.edit(courseVisits={"enabled": False})
    before = school.data("GET")["succeeded_at"]
    school.data("POST", "/sync")
    until(lambda: school.data("GET")["succeeded_at"] != before)
    assert school.states == [{}, {}, {"half": True}, {"half": True}]
    assert not school.data("GET")["status"]["is_historical_sync"]
    assert school.rows("SELECT student_id FROM {}.course_visits ORDER BY 1") == [(0,), (1,), (2,)]


def test_the_older_metadata_api_has_tables_and_columns(synced):
    def items(path):
        status, answer = synced.request("GET", f"/v1/metadata/connectors/{synced.identity}/{path}")
        assert status == 200, answer
        return answer["data"]["items"], answer["data"].get("next_cursor")

    tables, _ = items("tables")
    assert [(table["name_in_source"], table["name_in_destination"]) for table in tables] == [
        ("audit", "audit"),
        ("courseVisits", "course_visits"),
        ("students", "students"),
    ]
    assert len({table["parent_id"] for table in tables}) == 1
    columns, _ = items("columns")
    visits = [column for column in columns if column["parent_id"] == tables[1]["id"]]
    assert [(c["name_in_destination"], c["type_in_destination"], c["is_primary_key"]) for c in visits] == [
        ("day", "DATE", False),
        ("student_id", "BIGINT", True),
    ]
    assert len({column["id"] for column in columns}) == len(columns)
    paged, cursor = [], ""
    while cursor is not None:
        found, cursor = items(f"columns?limit=2&cursor={cursor}")
        paged += found
    assert paged == columns

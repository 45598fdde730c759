from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.account.settings import ColumnSettings, SchemaChangeHandling, SchemaSettings, TableSettings
from fivetran_local.blocking import LeftOut
from fivetran_local.catalog import KnownTable
from fivetran_local.columns import ColumnType
from fivetran_local.errors import InvalidInputError, NotFoundError
from fivetran_local.schema_config import schema_config
from fivetran_local.schema_edits import (
    ColumnEdit,
    ExcludeMode,
    SchemaEdit,
    TableEdit,
    after_success,
    edited,
    needs_resync,
    reloaded,
    with_left_out,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EARLIER, LATER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
KNOWN = {
    "users": KnownTable("Users", ("userId",), {"user_id": ColumnType.INT53, "name": ColumnType.TEXT}),
    "visits": KnownTable("visits", (), {"day": ColumnType.DATE}),
}
CAPTURED = SchemaSettings(captured=True)


def config(settings=CAPTURED, known=KNOWN):
    return schema_config("school", settings, known)


def changed(settings=CAPTURED, /, **tables):
    return edited(config(settings), SchemaEdit(tables=tables), NOON)


def test_what_nobody_says_anything_of_stays():
    settings = SchemaSettings(SchemaChangeHandling.BLOCK_ALL, captured=True)
    assert edited(config(settings), SchemaEdit(), NOON) == settings


def test_a_table_is_switched_under_either_of_its_names():
    off = TableSettings(enabled=False, source="Users", disabled_at=NOON)
    assert changed(Users=TableEdit(False)).tables == changed(users=TableEdit(False)).tables == {"users": off}


def test_a_table_remembers_since_when_it_is_not_loaded():
    off = changed(users=TableEdit(False))
    later = edited(config(off), SchemaEdit(tables={"users": TableEdit(False)}), LATER)
    assert later.tables["users"].disabled_at == NOON
    on = edited(config(off), SchemaEdit(tables={"users": TableEdit(True)}), LATER)
    assert on.tables["users"] == TableSettings(source="Users")


def test_a_column_is_meant_by_either_of_its_names_and_keeps_the_spelling_it_was_given():
    settings = changed(users=TableEdit(columns={"Name": ColumnEdit(hashed=True)}))
    assert settings.tables["users"].columns == {"name": ColumnSettings(hashed=True, source="Name")}
    again = edited(config(settings), SchemaEdit(tables={"users": TableEdit(columns={"name": ColumnEdit(False)})}), NOON)
    assert again.tables["users"].columns == {"name": ColumnSettings(enabled=False, hashed=True, source="Name")}
    assert [column.source for column in config(again).table("Users").columns] == ["Name", "userId"]


def test_before_a_whole_first_sync_any_name_may_be_given():
    edit = SchemaEdit(tables={"newTable": TableEdit(False, {"someColumn": ColumnEdit(False)})})
    settings = edited(config(SchemaSettings()), edit, NOON)
    columns = {"some_column": ColumnSettings(enabled=False, source="someColumn")}
    assert settings.tables == {"new_table": TableSettings(False, columns, "newTable", NOON)}
    assert config(settings).table("newTable").name == "new_table"


@pytest.mark.parametrize(
    ("tables", "error", "named"),
    [
        ({"nobody": TableEdit(False)}, NotFoundError, "nobody"),
        ({"USERS": TableEdit(False)}, NotFoundError, "USERS"),
        ({"users": TableEdit(columns={"phone": ColumnEdit(False)})}, NotFoundError, "phone"),
        ({"users": TableEdit(columns={"userId": ColumnEdit(False)})}, InvalidInputError, "userId"),
        ({"users": TableEdit(columns={"user_id": ColumnEdit(False)})}, InvalidInputError, "user_id"),
        ({"users": TableEdit(columns={"_fivetran_synced": ColumnEdit(True)})}, InvalidInputError, "_fivetran_synced"),
        ({"users": TableEdit(columns={"": ColumnEdit(False)})}, InvalidInputError, "Users."),
        ({"users": TableEdit(columns={"name": ColumnEdit(is_primary_key=True)})}, InvalidInputError, "name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_name(tables, error, named):
    with pytest.raises(error, match=named):
        changed(**tables)


def test_a_table_without_a_name_is_refused():
    with pytest.raises(InvalidInputError, match="empty"):
        edited(config(SchemaSettings()), SchemaEdit(tables={"": TableEdit(False)}), NOON)


def test_a_reload_switches_what_is_known():
    none = reloaded(config(), ExcludeMode.EXCLUDE, NOON)
    assert {name: table.enabled for name, table in none.tables.items()} == {"users": False, "visits": False}
    every = reloaded(config(none), ExcludeMode.INCLUDE, LATER)
    assert {name: table.enabled for name, table in every.tables.items()} == {"users": True, "visits": True}
    assert reloaded(config(none), ExcludeMode.PRESERVE, LATER) is none


def test_what_was_left_out_is_not_loaded_and_what_somebody_said_of_it_stays():
    said = SchemaSettings(tables={"users": TableSettings(columns={"name": ColumnSettings(hashed=True)})})
    found = LeftOut({"late": "Late", "users": "Users"}, {"users": {"name": "name", "extra": "Extra"}})
    settings = with_left_out(said, found, NOON)
    assert settings.tables["late"] == TableSettings(enabled=False, source="Late", disabled_at=NOON)
    assert settings.tables["users"].enabled
    assert settings.tables["users"].columns == {
        "name": ColumnSettings(hashed=True),
        "extra": ColumnSettings(enabled=False, source="Extra"),
    }
    assert with_left_out(settings, found, LATER) == settings


def test_a_whole_first_sync_makes_what_comes_after_it_new():
    assert after_success(None, historical=True) == SchemaSettings()
    assert after_success(None, historical=False) == CAPTURED
    assert after_success(CAPTURED, historical=True) == CAPTURED, "a re-sync shows nothing that is older"


@pytest.mark.parametrize(("last_started_at", "needed"), [(None, False), (EARLIER, False), (NOON, True), (LATER, True)])
def test_a_table_that_is_loaded_again_needs_a_resync_when_a_sync_left_it_out(last_started_at, needed):
    off = changed(users=TableEdit(False))
    on = edited(config(off), SchemaEdit(tables={"users": TableEdit(True)}), LATER)
    assert needs_resync(config(off), on, last_started_at) is needed
    assert not needs_resync(config(), off, last_started_at)


@pytest.mark.parametrize(("last_started_at", "needed"), [(EARLIER, False), (LATER, True)])
def test_a_schema_that_is_loaded_again_needs_a_resync_when_a_sync_left_it_out(last_started_at, needed):
    off = edited(config(), SchemaEdit(enabled=False), NOON)
    assert needs_resync(config(off), edited(config(off), SchemaEdit(enabled=True), LATER), last_started_at) is needed


def test_hashing_a_key_needs_a_resync_and_hashing_another_column_does_not():
    key = changed(users=TableEdit(columns={"userId": ColumnEdit(hashed=True)}))
    assert needs_resync(config(), key, NOON)
    assert not needs_resync(config(key), key, NOON)
    assert needs_resync(config(key), CAPTURED, NOON)
    assert not needs_resync(config(), changed(users=TableEdit(columns={"name": ColumnEdit(hashed=True)})), NOON)


def test_of_a_table_that_is_not_loaded_a_hashed_key_needs_no_resync():
    assert not needs_resync(config(), changed(users=TableEdit(False, {"userId": ColumnEdit(hashed=True)})), NOON)


edits = st.builds(
    SchemaEdit,
    st.none() | st.sampled_from(SchemaChangeHandling),
    st.none() | st.booleans(),
    st.dictionaries(
        st.sampled_from(["Users", "visits"]),
        st.builds(
            TableEdit,
            st.none() | st.booleans(),
            st.dictionaries(
                st.sampled_from(["name", "day"]), st.builds(ColumnEdit, st.none() | st.booleans(), st.booleans())
            ),
        ),
    ),
)


@given(edits, edits)
def test_an_edit_that_is_made_twice_is_made_once(first, edit):
    before = edited(config(SchemaSettings()), first, EARLIER)
    once = edited(config(before), edit, NOON)
    assert edited(config(once), edit, LATER) == once
    assert not needs_resync(config(once), once, LATER)

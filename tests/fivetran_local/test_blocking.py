from dataclasses import replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.account.settings import ColumnSettings, SchemaChangeHandling, SchemaSettings, TableSettings
from fivetran_local.blocking import LeftOut, Selection
from fivetran_local.catalog import KnownTable
from fivetran_local.columns import ColumnType
from fivetran_local.hashing import hasher
from fivetran_local.naming import column_name, table_name
from fivetran_protocol import FunctionResponse, Table
from tests.fivetran_protocol.strategies import responses

SALT = b"salt"
KEYED = {"users": Table(("id",)), "visits": Table(("id",))}
KNOWN = {
    "users": KnownTable("users", ("id",), {"id": ColumnType.INT53, "name": ColumnType.TEXT}),
    "visits": KnownTable("visits", ("id",), {"id": ColumnType.INT53}),
}
BLOCKED, HASHED = ColumnSettings(enabled=False), ColumnSettings(hashed=True)
ALLOW_COLUMNS, BLOCK_ALL = SchemaChangeHandling.ALLOW_COLUMNS, SchemaChangeHandling.BLOCK_ALL

columns = st.builds(ColumnSettings, st.booleans(), st.booleans())
handlings = st.sampled_from(SchemaChangeHandling)


def selection(settings, known=KNOWN):
    return Selection(settings, lambda: known, SALT)


def users(**columns):
    return SchemaSettings(tables={"users": TableSettings(columns=columns)})


def page(insert=None, delete=None, **fields):
    return FunctionResponse({"page": 1}, insert or {}, delete or {}, fields.pop("schema", KEYED), **fields)


def names_of(response):
    """The tables and columns of a response, by name in the warehouse."""
    tables = {}
    for rows_by_table in (response.insert, response.delete):
        for source, rows in rows_by_table.items():
            tables.setdefault(table_name(source), set()).update(column_name(column) for row in rows for column in row)
    return tables


@st.composite
def restricted(draw):
    """A response, settings that are about its tables and columns, and a warehouse that has some of both."""
    response = draw(responses())
    names = names_of(response)
    tables = {
        name: TableSettings(draw(st.booleans()), draw(st.dictionaries(st.sampled_from(sorted(found)), columns)))
        if found
        else TableSettings(draw(st.booleans()))
        for name, found in names.items()
        if draw(st.booleans())
    }
    known = {
        name: KnownTable(name, (), {column: ColumnType.TEXT for column in found if draw(st.booleans())})
        for name, found in names.items()
        if draw(st.booleans())
    }
    return response, SchemaSettings(draw(handlings), tables=tables, captured=draw(st.booleans())), known


@hypothesis.settings(max_examples=30)
@given(responses())
def test_without_restrictions_a_response_is_not_touched(response):
    for settings in (
        None,
        SchemaSettings(),
        SchemaSettings(tables={"t": TableSettings(columns={"c": ColumnSettings()})}),
    ):
        assert selection(settings).apply(response) is response


def test_without_restrictions_the_warehouse_is_not_read():
    def read():
        raise AssertionError

    chosen = Selection(SchemaSettings(), read)
    assert chosen.untouched == frozenset()
    assert chosen.left_out() is None


@given(restricted())
def test_what_is_blocked_never_arrives_and_the_rest_arrives_unchanged_and_in_order(case):
    response, settings, known = case
    came_in = repr(response)
    selected = Selection(settings, lambda: known, SALT).apply(response)
    assert repr(response) == came_in
    assert (selected.state, selected.has_more) == (response.state, response.has_more)
    for before, after in ((response.insert, selected.insert), (response.delete, selected.delete)):
        assert [name for name in before if name in after] == list(after)
        for name, rows in before.items():
            table = settings.tables.get(table_name(name))
            if table and not table.enabled:
                assert name not in after
            if name in after:
                assert len(after[name]) == len(rows)
                key = response.primary_key(name)
                for old, new in zip(rows, after[name], strict=True):
                    assert [column for column in old if column in new] == list(new)
                    assert set(key) <= set(new)
                    for column, value in old.items():
                        told = table.columns.get(column_name(column)) if table else None
                        if told and not told.enabled and column not in key:
                            assert column not in new
                        elif told and told.hashed and value is not None:
                            assert new[column] == hasher(SALT)(value)
                        elif column in new:
                            assert new[column] is value


@given(restricted())
def test_what_the_settings_do_not_restrict_is_let_through(case):
    """Under ALLOW_ALL, only what is named is blocked."""
    response, settings, known = case
    settings = replace(settings, schema_change_handling=SchemaChangeHandling.ALLOW_ALL)
    selected = Selection(settings, lambda: known, SALT).apply(response)
    for before, after in ((response.insert, selected.insert), (response.delete, selected.delete)):
        for name, rows in before.items():
            table = settings.tables.get(table_name(name), TableSettings())
            if table.enabled:
                blocked = {column for column, told in table.columns.items() if not told.enabled}
                for old, new in zip(rows, after[name], strict=True):
                    kept = set(response.primary_key(name)) | {c for c in old if column_name(c) not in blocked}
                    assert set(new) == set(old) & kept


def test_nothing_of_a_blocked_table_arrives():
    settings = SchemaSettings(tables={"visits": TableSettings(enabled=False)})
    rows = [{"id": 1}]
    selected = selection(settings).apply(
        page({"users": rows, "visits": rows}, {"visits": rows}, soft_delete=("users", "visits"))
    )
    assert selected == page({"users": rows}, {}, schema={"users": Table(("id",))}, soft_delete=("users",))
    assert selection(settings).untouched == {"visits"}


def test_a_soft_delete_that_is_true_stays_true():
    settings = SchemaSettings(tables={"visits": TableSettings(enabled=False)})
    assert selection(settings).apply(page(soft_delete=True)).soft_delete is True


def test_a_list_of_blocked_tables_becomes_an_empty_list():
    settings = SchemaSettings(tables={"visits": TableSettings(enabled=False)})
    assert selection(settings).apply(page(soft_delete=("visits",))).soft_delete == ()


def test_a_table_is_blocked_by_its_name_in_the_warehouse():
    settings = SchemaSettings(tables={"user_data": TableSettings(enabled=False)})
    assert selection(settings).apply(page({"userData": [{"id": 1}]}, schema={})).insert == {}


def test_a_column_is_blocked_under_every_spelling():
    rows = [{"id": 1, "firstName": "a"}, {"id": 2, "first_name": "b"}, {"id": 3}]
    selected = selection(users(first_name=BLOCKED)).apply(page({"users": rows}))
    assert selected.insert == {"users": [{"id": 1}, {"id": 2}, {"id": 3}]}


def test_null_stays_null_in_a_hashed_column():
    rows = [{"id": 1, "name": None}, {"id": 2, "name": "b"}, {"id": 3}]
    selected = selection(users(name=HASHED)).apply(page({"users": rows}))
    assert selected.insert["users"] == [{"id": 1, "name": None}, {"id": 2, "name": hasher(SALT)("b")}, {"id": 3}]


def test_a_key_is_never_blocked_and_is_hashed_in_deletes_too():
    blocked = selection(users(id=BLOCKED)).apply(page({"users": [{"id": 1, "name": "a"}]}))
    assert blocked.insert == {"users": [{"id": 1, "name": "a"}]}
    hashed = selection(users(id=HASHED)).apply(page({"users": [{"id": 1}]}, {"users": [{"id": 1}]}))
    assert hashed.insert == hashed.delete == {"users": [{"id": hasher(SALT)(1)}]}


def test_a_key_that_is_to_be_blocked_and_hashed_is_hashed():
    settings = users(id=ColumnSettings(enabled=False, hashed=True))
    assert selection(settings).apply(page({"users": [{"id": 1}]})).insert["users"] == [{"id": hasher(SALT)(1)}]


def test_a_schema_that_is_not_enabled_loads_nothing():
    chosen = selection(SchemaSettings(enabled=False))
    assert chosen.apply(page({"users": [{"id": 1}], "new": [{"id": 1}]}, schema={})).is_empty
    assert chosen.untouched == set(KNOWN)
    assert chosen.left_out() is None


@pytest.mark.parametrize("handling", [ALLOW_COLUMNS, BLOCK_ALL])
def test_a_table_that_comes_later_is_left_out_and_named(handling):
    chosen = selection(SchemaSettings(handling, captured=True))
    selected = chosen.apply(page({"users": [{"id": 1}], "newTable": [{"id": 1}]}))
    assert selected.insert == {"users": [{"id": 1}]}
    assert chosen.left_out() == LeftOut({"new_table": "newTable"})
    assert chosen.left_out() is None, "it was told"
    assert chosen.untouched == frozenset()


def test_a_table_that_comes_later_without_rows_is_not_named():
    chosen = selection(SchemaSettings(BLOCK_ALL, captured=True))
    chosen.apply(page({"new": []}, {"other": [{"id": 1}]}, schema={"new": Table(), "other": Table(("id",))}))
    assert chosen.left_out() is None


def test_a_column_that_comes_later_is_left_out_under_block_all_only():
    response = page({"users": [{"id": 1, "name": "a", "newColumn": None}, {"id": 2, "newColumn": 5}]})
    assert selection(SchemaSettings(ALLOW_COLUMNS, captured=True)).apply(response) is response
    chosen = selection(SchemaSettings(BLOCK_ALL, captured=True))
    assert chosen.apply(response).insert == {"users": [{"id": 1, "name": "a"}, {"id": 2}]}
    assert chosen.left_out() == LeftOut({}, {"users": {"new_column": "newColumn"}})


def test_a_column_that_comes_later_is_named_at_its_first_value():
    chosen = selection(SchemaSettings(BLOCK_ALL, captured=True))
    chosen.apply(page({"users": [{"id": 1, "later": None}]}))
    assert chosen.left_out() is None
    chosen.apply(page({"users": [{"id": 1, "later": 0}]}))
    assert chosen.left_out() == LeftOut({}, {"users": {"later": "later"}})


@pytest.mark.parametrize("handling", [ALLOW_COLUMNS, BLOCK_ALL])
def test_before_a_whole_first_sync_nothing_is_new(handling):
    response = page({"users": [{"id": 1, "extra": 5}], "more": [{"id": 1}]})
    assert selection(SchemaSettings(handling)).apply(response) is response


@pytest.mark.parametrize("handling", [ALLOW_COLUMNS, BLOCK_ALL])
def test_tables_that_were_named_before_the_first_sync_are_the_choice(handling):
    chosen = selection(SchemaSettings(handling, tables={"users": TableSettings()}), known={})
    selected = chosen.apply(page({"users": [{"id": 1, "extra": 5}], "more": [{"id": 1}]}))
    assert selected.insert == {"users": [{"id": 1, "extra": 5}]}
    assert chosen.left_out() == LeftOut({"more": "more"})


def test_columns_that_were_named_before_the_first_sync_are_the_choice():
    settings = SchemaSettings(BLOCK_ALL, tables={"users": TableSettings(columns={"name": ColumnSettings()})})
    selected = selection(settings, known={}).apply(page({"users": [{"id": 1, "name": "a", "extra": 5}]}))
    assert selected.insert == {"users": [{"id": 1, "name": "a"}]}


def test_a_table_that_is_let_in_later_comes_with_all_its_columns():
    settings = SchemaSettings(BLOCK_ALL, tables={"late": TableSettings()}, captured=True)
    response = page({"late": [{"id": 1, "a": 2}]})
    assert selection(settings).apply(response).insert == response.insert


@hypothesis.settings(max_examples=30)
@given(restricted(), restricted())
def test_a_selection_treats_every_page_alike(one, other):
    """What came before does not change what happens to a page."""
    (first, settings, known), (second, *_) = one, other
    seen = Selection(settings, lambda: known, SALT)
    seen.apply(first)
    assert seen.apply(second) == Selection(settings, lambda: known, SALT).apply(second)

"""`connection schemas`: what is shown, what is set, and what Fivetran does not allow."""

import json

import pytest

from tests.support.connection_answers import data, one, refused
from tests.support.scripted_source import scripted_source

OPEN = {"allowed": True}
FIXED = {"allowed": False, "reason_code": "SYSTEM_TABLE", "reason": "The table must be synced"}


def table(*, enabled=True, settings=OPEN, columns=None):
    return {
        "name_in_destination": "x",
        "enabled": enabled,
        "enabled_patch_settings": settings,
        "columns": columns or {},
    }


CONFIG = {
    "schema_change_handling": "ALLOW_ALL",
    "schemas": {
        "hed": {
            "name_in_destination": "hed",
            "enabled": True,
            "tables": {
                "hed_records": table(columns={"notes": {"enabled": False, "enabled_patch_settings": OPEN}}),
                "audit": table(settings=FIXED),
                "old": table(enabled=False),
            },
        }
    },
}
COLUMNS = {
    "columns": {
        "notes": {"enabled": True, "enabled_patch_settings": OPEN},
        "record_id": {
            "enabled": True,
            "is_primary_key": True,
            "enabled_patch_settings": {"allowed": False, "reason": None},
        },
    }
}


def test_they_are_shown_with_what_is_synced_and_what_is_fixed(command):
    with scripted_source(one(), data(CONFIG)) as source:
        done = command.at(source.url)("schemas", "show", "hed")
    assert done.out.splitlines() == [
        "new ones: ALLOW_ALL",
        "on   hed",
        "on     hed_records",
        "off      notes",
        "on     audit  (fixed: The table must be synced)",
        "off    old",
    ]


def test_json_is_what_the_api_said(command):
    with scripted_source(one(), data(CONFIG)) as source:
        assert json.loads(command.at(source.url)("schemas", "show", "hed", "--json").out) == CONFIG


def test_a_connection_without_any_yet_is_told_what_makes_them(command):
    with scripted_source(one(), refused(404, "NotFound_SchemaConfig", "no schema config")) as source:
        done = command.at(source.url)("schemas", "show", "hed")
    assert done.code == 1
    assert "404 NotFound_SchemaConfig" in done.err
    assert "`./fivetran connection schemas reload grafted_unwound`" in done.err


def test_reload_asks_the_source_and_shows(command):
    with scripted_source(one(), data(CONFIG)) as source:
        done = command.at(source.url)("schemas", "reload", "hed")
    assert "hed_records" in done.out
    assert source.asked[-1].path.endswith("/schemas/reload")
    assert json.loads(source.asked[-1].body) == {"exclude_mode": "PRESERVE"}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("hed",), "/schemas/hed"),
        (("hed", "hed_records"), "/schemas/hed/tables/hed_records"),
        (("hed", "hed_records", "notes"), "/schemas/hed/tables/hed_records/columns/notes"),
    ],
)
@pytest.mark.parametrize(("verb", "enabled"), [("enable", True), ("disable", False)])
def test_a_schema_a_table_or_a_column_is_set(command, words, path, verb, enabled):
    answers = [one(), data(CONFIG), data(COLUMNS), data(CONFIG)]
    if len(words) < 3:
        del answers[2]
    with scripted_source(*answers) as source:
        done = command.at(source.url)("schemas", verb, "hed", *words)
    assert done.code == 0
    assert source.asked[-1].path == f"/v1/connections/grafted_unwound{path}"
    assert (source.asked[-1].method, json.loads(source.asked[-1].body)) == ("PATCH", {"enabled": enabled})
    assert done.out == f"{'.'.join(words)} is {'synced' if enabled else 'left out'}\n"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("hed", "audit"), "hed.audit cannot be disabled: The table must be synced"),
        (("hed", "hed_records", "record_id"), "hed.hed_records.record_id cannot be disabled: Fivetran gives no reason"),
    ],
)
def test_what_is_fixed_is_refused_with_the_reason_and_not_asked_for(command, words, error):
    with scripted_source(one(), data(CONFIG), data(COLUMNS)) as source:
        done = command.at(source.url)("schemas", "disable", "hed", *words)
    assert (done.code, done.err) == (1, f"fivetran: {error}\n")
    assert {asked.method for asked in source.asked} == {"GET"}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("hedd",), "hed has no schema 'hedd': did you mean hed?"),
        (("hed", "hed_record"), "hed has no table 'hed_record': did you mean hed_records?"),
        (("hed", "zzz"), "hed has no table 'zzz': expected audit or hed_records or old"),
        (("hed", "hed_records", "note"), "hed_records has no column 'note': did you mean notes?"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(command, words, error):
    with scripted_source(one(), data(CONFIG), data(COLUMNS)) as source:
        done = command.at(source.url)("schemas", "enable", "hed", *words)
    assert (done.code, done.err) == (2, f"fivetran: {error}\n")


@pytest.mark.parametrize("words", [("",), ("..",), ("hed", ""), ("hed", "hed_records", ".")])
def test_names_of_nothing_are_refused_before_anything_is_asked(command, words):
    with scripted_source(one()) as source:
        assert command.at(source.url)("schemas", "enable", "hed", *words).code == 2
    assert source.asked == []

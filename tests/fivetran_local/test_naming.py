import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.naming import collisions, column_name, connection_name_problem, table_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("id", "id"),
        ("userId", "user_id"),
        ("HTTPServer", "http_server"),
        ("user.data", "user_data"),
        ("user -- data", "user_data"),
        ("Größe", "grosse"),
        ("naïve café", "naive_cafe"),
        ("2nd Name", "_2nd_name"),
        ("__private", "_private"),
        ("北京", "bei_jing"),
        ("!!!", "_"),
        ("\u200b", "_"),
        ("", ""),
    ],
)
def test_columns_are_named_as_fivetran_does(source, name):
    assert column_name(source) == name


@pytest.mark.parametrize(
    ("source", "name"), [("_users", "users"), ("_2024", "_2024"), ("gradeBook", "grade_book"), ("__Users", "users")]
)
def test_a_table_loses_its_underscore_before_a_letter(source, name):
    assert table_name(source) == name


@given(st.text(min_size=1))
def test_names_are_legal_and_stay_what_they_are(source):
    for naming in (column_name, table_name):
        name = naming(source)
        assert re.fullmatch(r"[a-z_][a-z0-9_]*", name)
        assert "__" not in name
        assert naming(name) == name


def test_collisions_name_both_spellings():
    known = {}
    assert collisions(["userId", "name"], known) == []
    assert collisions(["name", "user_id"], known) == [("userId", "user_id")]


@pytest.mark.parametrize("name", ["hed", "_x", "a1_b"])
def test_a_connection_may_be_called(name):
    assert connection_name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "1a", "Hed", "he d", "hed\n", 'x"y', "_fivetran_local", "main", "pg_catalog", "temp"]
)
def test_a_connection_may_not_be_called(name):
    assert connection_name_problem(name)

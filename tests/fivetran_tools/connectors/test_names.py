"""What a connector may be called."""

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.naming import connection_name_problem
from fivetran_tools.connectors.names import connector_name_problem


@pytest.mark.parametrize(
    "name", ["weather", "w", "a1", "open_weather", "a__b", "w" * 63, "json", "requests", "fivetran_function", "match"]
)
def test_a_name_that_is_right_everywhere(name):
    assert connector_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("open weather", "is not made of a-z, 0-9 and _, starting with a letter and not ending with _; open_weather"),
        ("../weather", "weather would do"),
        ("/etc/weather", "etc_weather would do"),
        ("-x", "x would do"),
        ("Weather", "weather would do"),
        ("open-weather", "open_weather would do"),
        ("weather_", "weather would do"),
        ("_weather", "weather would do"),
        ("2weather", "weather would do"),
        ("wetter_ö", "wetter would do"),
        ("", "choose another, such as weather"),
        (".", "choose another"),
        ("weather\n", "weather would do"),
        ("w" * 64, "has 64 characters, of which Google takes 63 at most; choose another"),
        ("w" * 100_000, "has 100000 characters"),
        ("class", "is a word of Python's own"),
        ("main", "is a schema of the warehouse's own"),
        ("information_schema", "is a schema of the warehouse's own"),
        ("tests", "is what staging leaves out of a connector"),
        ("simulator", "is what staging leaves out of a connector"),
        ("build", "is a name that .gitignore leaves out of every commit"),
        ("files", "is a name that .gitignore leaves out of every commit"),
        ("environments", "is the one key of deploy.yaml that is no function"),
    ],
)
def test_any_other_is_told_what_is_wrong_and_what_would_do(name, words):
    problem = connector_name_problem(name)
    assert words in problem
    assert "\n" not in problem
    assert len(problem) < 200


@given(st.one_of(st.text(max_size=70), st.from_regex(r"\A[a-z_][a-z0-9_]{0,70}\Z"), st.sampled_from(keyword.kwlist)))
def test_what_is_accepted_is_an_identifier_a_connection_and_a_function_of_google(name):
    problem = connector_name_problem(name)
    if problem is None:
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert connection_name_problem(name) is None
        assert re.fullmatch("[a-z]([a-z0-9_-]{0,61}[a-z0-9])?", name)
    else:
        suggested = re.search(r"; (\w+) would do$", problem)
        assert suggested is None or connector_name_problem(suggested[1]) is None

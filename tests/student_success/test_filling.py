"""Filling an empty warehouse from its page: the command that the app was given, once, bounded, its words inert."""

import json
import os
import sys
from unittest.mock import patch

import pytest
import streamlit as st

from filling import SIMULATED, Filling, command_of
from tests.support.student_success import page, settings, words
from views.text import plain

COUNTS = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).open('a').write('x'); time.sleep(0.3)"
FAILS = "import sys; print('kept'); print('**no** <b>source</b>', file=sys.stderr); sys.exit(3)"


def python(code, *arguments):
    return (sys.executable, "-c", code, *map(str, arguments))


@pytest.fixture(autouse=True)
def _fresh():
    st.cache_resource.clear()
    with patch.dict(os.environ):
        yield
    st.cache_resource.clear()


def test_two_who_ask_at_once_start_one_run_and_a_third_later_starts_another(tmp_path):
    runs = tmp_path / "runs"
    filling = Filling(python(COUNTS, runs))
    filling.start()
    filling.start()
    assert filling.is_running
    assert filling.wait(20)
    assert (filling.failure, runs.read_text()) == ("", "x")
    assert os.environ[SIMULATED] == "1"
    filling.start()
    assert filling.wait(20)
    assert runs.read_text() == "xx"


def test_what_it_says_on_standard_error_is_kept_and_its_rows_are_not():
    filling = Filling(python(FAILS))
    filling.start()
    assert filling.wait(20)
    assert filling.failure == "it ended with exit code 3"
    assert filling.lines == ["**no** <b>source</b>"]
    assert SIMULATED not in os.environ


def test_a_run_that_does_not_end_is_ended():
    filling = Filling(python("import time; time.sleep(600)"), most_seconds=0.2)
    filling.start()
    assert filling.wait(20)
    assert filling.failure == "it took longer than 0 s and was ended"


def test_a_command_that_is_not_there_is_a_failure_in_one_line():
    filling = Filling(("/nowhere/at/all",))
    filling.start()
    assert filling.wait(20)
    assert filling.failure == "the command could not be started: No such file or directory"


@pytest.mark.parametrize("text", ["", "{", '"ls"', "[1]", "{}", "null"])
def test_what_is_no_list_of_words_is_no_command(text):
    assert command_of({"STUDENT_SUCCESS_FILL": text}) == ()


def test_the_page_has_the_button_where_the_app_was_given_the_words_and_nowhere_else(tmp_path):
    with settings(tmp_path / "none.db"):
        assert not page().run().button
    with settings(tmp_path / "none.db", STUDENT_SUCCESS_FILL=json.dumps(python(FAILS))):
        assert page().run().button(key="states_fill").label == "Fill with 600 invented records"


def test_the_page_says_how_many_its_command_lands_and_how_to_do_it_in_a_terminal(tmp_path):
    command = ["python", "-m", "fivetran_tools", "app", "--simulate", "--rows", "1500"]
    with settings(tmp_path / "none.db", STUDENT_SUCCESS_FILL=json.dumps(command)):
        test = page().run()
    assert test.button(key="states_fill").label == "Fill with 1,500 invented records"
    assert test.code[0].value == "./fivetran app --simulate --rows 1500"


def test_where_the_simulators_records_would_not_be_read_it_is_not_advised(tmp_path):
    with settings(tmp_path / "none.db"):
        assert page().run().code[0].value == "./fivetran debug hed --simulate"
    with settings(tmp_path / "none.db", STUDENT_SUCCESS_TABLE="winter.hed_records"):
        assert not page().run().code


def test_a_failed_run_shows_its_reason_and_its_last_words_as_text(tmp_path):
    command = python(FAILS)
    with settings(tmp_path / "none.db", STUDENT_SUCCESS_FILL=json.dumps(command)):
        test = page().run()
        test.button(key="states_fill").click().run()
        from views.states import _filling

        assert _filling(command).wait(20)
        test.run()
    assert not test.exception
    assert test.error[0].value == plain("Nothing was filled in: it ended with exit code 3.")
    assert test.code[0].value == "**no** <b>source</b>"
    assert "kept" not in words(test)

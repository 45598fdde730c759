"""One answer for all sessions, and no session that waits for ever for another's."""

import os
import threading

import pytest
import streamlit as st

from cohort.cohort import Cohort, Place
from cohort.filters import EVERYBODY
from tests.support.student_success import filled, simulated
from views.answers import Answers
from views.reader import Reader
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName
from warehouse.query import Query

COUNT = Query("select count(*) as records from records")


@pytest.fixture
def place(tmp_path):
    st.cache_resource.clear()
    yield Place(DuckDBFile(filled(tmp_path / "warehouse.db", simulated(3))), TableName("hed", "hed_records"))
    st.cache_resource.clear()


def test_who_has_the_warehouse_is_answered_while_another_waits_for_it_with_the_same_question(place, monkeypatch):
    has_it, waits = Cohort(place), Cohort(place)
    columns = has_it.columns
    waits.known_columns = columns
    version = place.warehouse.version()
    asked, told = threading.Event(), []
    connect = DuckDBFile.connect

    def told_of(file):
        asked.set()
        return connect(file)

    monkeypatch.setattr(DuckDBFile, "connect", told_of)
    other = threading.Thread(target=lambda: told.append(Reader(waits, EVERYBODY, version).rows(COUNT)), daemon=True)
    other.start()
    assert asked.wait(10)
    mine = threading.Thread(target=lambda: told.append(Reader(has_it, EVERYBODY, version).rows(COUNT)), daemon=True)
    mine.start()
    mine.join(10)
    assert told == [[{"records": 3}]]
    has_it.close()
    other.join(10)
    assert told == [[{"records": 3}]] * 2
    waits.close()


def test_an_answer_is_made_once_for_a_version_and_again_for_the_next(place):
    made = []
    for seconds in (1, 1, 2):
        os.utime(place.warehouse.path, (seconds, seconds))  # as a landing would
        cohort = Cohort(place)
        Reader(cohort, EVERYBODY, place.warehouse.version()).once("thing", lambda: made.append(1) or "thing")
        cohort.close()
    assert len(made) == 2


def test_what_a_page_does_to_its_rows_is_not_what_the_next_one_reads(place):
    cohort, version = Cohort(place), place.warehouse.version()
    Reader(cohort, EVERYBODY, version).row(COUNT)["records"] = -1
    assert Reader(cohort, EVERYBODY, version).row(COUNT)["records"] == 3
    cohort.close()


def test_the_answer_asked_for_longest_ago_is_forgotten_and_an_old_one_is():
    answers = Answers(2, 100)
    for question in "ab":
        answers.put(question, question)
    assert answers.get("a") == "a"
    answers.put("c", "c")
    assert (answers.get("a"), answers.get("b"), answers.get("c")) == ("a", None, "c")
    past = Answers(2, -1)
    past.put("a", "a")
    assert past.get("a") is None

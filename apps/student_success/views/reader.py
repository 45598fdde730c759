"""How a page asks: each question of one version of the data once, whoever asks."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import streamlit as st

from cohort.cohort import Cohort, Place
from cohort.filters import Filters
from views.answers import Answers
from warehouse.protocol import Column
from warehouse.query import Query, Row

KEPT_SECONDS: Final = 3600
KEPT_ANSWERS: Final = 1_000

_Made = TypeVar("_Made")


class DataChangedError(Exception):
    """Rows were landed since the page began: what it asks now would not belong to what it has."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The student records for one run of one page: the cohort, whom the sidebar chose, and the data's version."""

    cohort: Cohort
    filters: Filters
    version: str

    @property
    def place(self) -> Place:
        """Where the records are."""
        return self.cohort.place

    def rows(self, query: Query) -> list[Row]:
        """Return the answer, which must be small; kept until the data changes.

        Raises:
            DataChangedError: it did, since the page began.
            MissingColumnsError: the table has not all of the columns that it reads.
            WarehouseError: the warehouse could not answer.
        """
        statement = self.cohort.statement(query)
        bound = statement.parameters
        parameters = tuple(bound.items()) if isinstance(bound, Mapping) else tuple(bound)
        question = (str(self.place), self.version, statement.text, parameters)
        rows = self._once(question, lambda: self.cohort.answer(statement))
        return [dict(row) for row in rows]

    def once(self, what: str, make: Callable[[], _Made]) -> _Made:
        """Return what is made of this version of the data, such as a model; made once, for all sessions.

        Raises:
            WarehouseError: the warehouse could not answer.
        """
        return self._once((what, str(self.place), self.version), make)

    def _once(self, question: Hashable, make: Callable[[], _Made]) -> _Made:
        made: _Made | None = _answers().get(question)
        if made is None:
            # Opening may take a while: meanwhile another session may have asked the same, or rows may have landed.
            _open(self.cohort, self.version)
            made = _answers().get(question)
        if made is None:
            made = make()
            _answers().put(question, made)
        return made

    def row(self, query: Query) -> Row:
        """Return the only row of an answer that has one, such as an aggregate of all rows.

        Raises:
            MissingColumnsError: the table has not all of the columns that it reads.
            WarehouseError: the warehouse could not answer.
        """
        [row] = self.rows(query)
        return row


def known_columns(cohort: Cohort, version: str) -> tuple[Column, ...]:
    """Return the table's shape in this version of the data; kept until the data changes.

    Raises:
        WarehouseError: the warehouse could not answer, or has no such table.
    """
    question = (str(cohort.place), version)
    columns: tuple[Column, ...] | None = _answers().get(question)
    if columns is None:
        _open(cohort, version)
        columns = cohort.columns
        _answers().put(question, columns)
    return columns


def _open(cohort: Cohort, version: str) -> None:
    cohort.open()
    if cohort.place.warehouse.version() != version:
        raise DataChangedError


@st.cache_resource(show_spinner=False)
def _answers() -> Answers:
    return Answers(KEPT_ANSWERS, KEPT_SECONDS)

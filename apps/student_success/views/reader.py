"""How a page asks: each question of one version of the data once, whoever asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from cohort.cohort import Cohort, Place
from cohort.filters import Filters
from warehouse.protocol import Column, Statement
from warehouse.query import Query, Row

KEPT_SECONDS: Final = 3600
KEPT_ANSWERS: Final = 1_000


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
            MissingColumnsError: the table has not all of the columns that it reads.
            WarehouseError: the warehouse could not answer.
        """
        statement = self.cohort.statement(query)
        bound = statement.parameters
        parameters = tuple(bound.items()) if isinstance(bound, Mapping) else tuple(bound)
        return _rows(str(self.place), self.version, statement.text, parameters, self.cohort, statement)

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
    return _columns(str(cohort.place), version, cohort)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=KEPT_ANSWERS, show_spinner=False)
def _rows(
    place: str,  # part of the key, like the next three
    version: str,
    text: str,
    parameters: Sequence[Any],
    _cohort: Cohort,
    _statement: Statement,
) -> list[Row]:
    return _cohort.answer(_statement)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=50, show_spinner=False)
def _columns(place: str, version: str, _cohort: Cohort) -> tuple[Column, ...]:
    return _cohort.columns

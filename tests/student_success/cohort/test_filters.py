"""Whom somebody looks at: in the address and back, and as a condition that the warehouse and plain Python agree on."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cohort.cohort import Place, reading
from cohort.filters import FIRST_DAY, LAST_DAY, MOST_CHOICES, NONE, Filters, asking
from tests.support.student_success import filled, simulated
from warehouse.duckdb_file import DuckDBFile
from warehouse.protocol import TableName

ROWS = simulated()
VALUES = st.lists(st.sampled_from(["CSCI", "HIST", "MATH", NONE, "no such", "'; drop table x; --", ":f_majors_1"]))
DAYS = st.none() | st.dates(date(2018, 1, 1), date(2025, 12, 31))
FILTERS = st.builds(
    Filters,
    majors=VALUES.map(tuple),
    standings=st.lists(st.sampled_from(["Good Standing", "Academic Warning", NONE])).map(tuple),
    advisors=st.lists(st.sampled_from(["ADV_1227", "ADV_1062", NONE])).map(tuple),
    at_risk=st.none() | st.booleans(),
    enrolled_from=DAYS,
    enrolled_to=DAYS,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    path = filled(tmp_path_factory.mktemp("filters") / "warehouse.db", ROWS)
    return Place(DuckDBFile(path), TableName("hed", "hed_records"))


@given(filters=FILTERS)
def test_an_address_gives_back_what_made_it(filters: Filters) -> None:
    assert Filters.from_address(filters.to_address()) == (filters, ())


@hypothesis_settings(max_examples=60)
@given(filters=FILTERS)
def test_the_warehouse_chooses_whom_plain_python_chooses(place: Place, filters: Filters) -> None:
    with reading(place) as cohort:
        found = cohort.rows(asking("select record_id from records where {where}", filters.where(), ["record_id"]))
    assert {row["record_id"] for row in found} == {row["record_id"] for row in ROWS if _chosen(row, filters)}


def _chosen(row: dict[str, Any], filters: Filters) -> bool:
    for values, column in (
        (filters.majors, "major_code"),
        (filters.standings, "academic_standing"),
        (filters.advisors, "advisor_id"),
    ):
        if values and (NONE if row[column] is None else row[column]) not in values:
            return False
    if filters.at_risk is not None and row["at_risk_flag"] is not filters.at_risk:
        return False
    enrolled = datetime.strptime(row["enrollment_date"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # as the source writes it
    begins = datetime.combine(filters.enrolled_from or date.min, datetime.min.time())
    ends = datetime.combine(filters.enrolled_to or date(9000, 1, 1), datetime.min.time()) + timedelta(days=1)
    return begins <= enrolled < ends


@pytest.mark.parametrize("word", ["2025-13-01", "yesterday", "1899-12-31", "2101-01-01", "9999-12-31"])
def test_a_day_that_makes_no_sense_is_named_and_left_out(word: str) -> None:
    assert Filters.from_address({"from": [word]}) == (Filters(), ("from",))


@pytest.mark.parametrize("day", [FIRST_DAY, LAST_DAY])
def test_the_first_and_the_last_day_that_can_be_chosen_are_in(place: Place, day: date) -> None:
    with reading(place) as cohort:
        cohort.rows(asking("select 1 as one from records where {where}", Filters(enrolled_to=day).where()))
    assert Filters.from_address({"to": [day.isoformat()]}) == (Filters(enrolled_to=day), ())


def test_a_risk_that_makes_no_sense_is_named_and_left_out() -> None:
    assert Filters.from_address({"at_risk": ["maybe"]}) == (Filters(), ("at_risk",))


def test_an_address_names_no_more_values_than_a_query_takes() -> None:
    filters, _ = Filters.from_address({"major": [str(number) for number in range(100_000)]})
    assert len(filters.majors) == MOST_CHOICES

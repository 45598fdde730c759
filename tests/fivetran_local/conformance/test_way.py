"""Where a walk meets the sync's own pages: at a state that comes again, or at the rows of one that never does."""

import pytest

from fivetran_local.conformance import Evidence, Verdict, judge
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.conformance.way import Way
from fivetran_protocol import FunctionResponse, Table
from tests.fivetran_local.conformance.synthetic import document, exchange


def token(number):
    return f"{number:016}"


def page(*ids, state, has_more=True):
    rows = {"people": [{"id": one, "read_at": state.get("read_at")} for one in ids]}
    return FunctionResponse(state, rows, {}, {"people": Table(("id",))}, has_more)


PLAIN = Way([page(1, state={"n": 1}), page(2, state={"n": 2}), page(3, state={"n": 2}, has_more=False)])
OPAQUE = Way([page(1, state={"c": token(1)}), page(2, state={"c": token(2)}), page(3, state={"c": token(3)})])


@pytest.mark.parametrize(
    ("got", "place", "met"),
    [
        (page(2, state={"n": 2}), 1, 1),
        (page(9, state={"n": 2}), 1, 1),  # its rows are the rule's to compare
        (page(3, state={"n": 2}, has_more=False), 1, 2),
        (page(2, state={"n": 2}), 0, 1),
        (page(1, state={"n": 1}), 2, 0),
        (page(2, state={"n": 7}), 1, None),
        (page(2, state={"n": 2}), 9, 1),
    ],
)
def test_a_state_that_comes_again_is_met_wherever_it_was(got, place, met):
    assert PLAIN.met_at(got, place) == met


@pytest.mark.parametrize(
    ("got", "place", "met"),
    [
        (page(2, state={"c": token(7)}), 1, 1),
        (page(2, state={"c": token(7)}), 0, None),
        (page(9, state={"c": token(7)}), 1, None),
        (page(2, state={"c": token(7)}, has_more=False), 1, None),
        (page(2, state={"c": 7}), 1, None),
        (page(2, state={"c": token(7)}), 9, None),
        (page(9, state={"c": token(3)}), 1, 2),
    ],
)
def test_an_opaque_state_is_met_at_its_place_by_its_rows(got, place, met):
    assert OPAQUE.met_at(got, place) == met


def test_rows_are_the_same_but_for_columns_that_never_are():
    stamped = [page(1, state={"c": token(1), "read_at": token(5)})]
    again = page(1, state={"c": token(2), "read_at": token(6)})
    assert Way(stamped).met_at(again, 0) is None
    assert Way(stamped, {("people", "read_at")}).met_at(again, 0) == 0


def test_other_borders_of_pages_that_end_in_the_same_tables_are_no_breach():
    sync = [
        exchange(document(1, state={"c": token(1)}, has_more=True)),
        exchange(document(2, 3, state={"c": token(2)}, has_more=True), number=2),
        exchange(document(4, state={"c": token(3)}), number=3),
    ]
    walk = [
        exchange(document(2, state={"c": token(4)}, has_more=True), number=4, scenario=Scenario.RESUME, about=1),
        exchange(document(3, 4, state={"c": token(5)}), number=5, scenario=Scenario.RESUME, about=1),
    ]
    (judgement,) = judge(Evidence([*sync, *walk]), rules=["resumes"]).judgements
    assert judgement.verdict is Verdict.PASSED
    (judgement,) = judge(Evidence([*sync, walk[0]]), rules=["resumes"]).judgements
    assert judgement.verdict is Verdict.FAILED

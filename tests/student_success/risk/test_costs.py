"""The calculator's arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.costs import Assumptions, break_even, outcome, over_a_range

pytestmark = pytest.mark.slow

ASSUMED = Assumptions(flagged=73, tuition=10_000, cost=200, reach=0.5, effect=0.05)


def test_an_outcome_is_what_a_person_would_reckon() -> None:
    found = outcome(ASSUMED)
    # 73 students, half of them 36.5; 5 % of those 1.825, who pay 18,250; 36.5 times 200 is 7,300.
    assert (found.kept, found.income, found.cost, found.net) == pytest.approx((1.825, 18_250, 7_300, 10_950))


def test_the_range_goes_from_no_effect_to_twice_the_assumed_one_and_never_beyond_everybody() -> None:
    assert [row.effect for row in over_a_range(ASSUMED)] == pytest.approx([0, 0.025, 0.05, 0.075, 0.1])
    sure = Assumptions(10, 1, 1, 1, 0.8)
    assert [row.effect for row in over_a_range(sure)] == pytest.approx([0, 0.4, 0.8, 1])


@given(st.integers(1, 10**6), st.floats(1, 1e5), st.floats(0, 1e5), st.floats(0.01, 1))
def test_at_the_break_even_effect_nothing_is_left_over(flagged: int, tuition: float, cost: float, reach: float) -> None:
    assumed = Assumptions(flagged, tuition, cost, reach, 0.1)
    effect = break_even(assumed)
    assert effect is not None
    if effect <= 1:
        found = outcome(assumed, effect)
        assert found.net == pytest.approx(0, abs=1e-9 * max(found.cost, 1))


def test_where_nothing_is_earned_nothing_breaks_even() -> None:
    assert break_even(Assumptions(1, 0, 1, 1, 1)) is None

"""Small groups stay out of every figure, and cannot be worked out from the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.figures import SMALLEST, Figure, Group, PrivacyError
from insights.suppression import large_enough


@given(st.lists(st.integers(min_value=1, max_value=60), max_size=30), st.integers(min_value=1, max_value=30))
def test_nobody_can_subtract_a_small_group(sizes: list[int], most: int) -> None:
    sizes = sorted(sizes, reverse=True)
    rows = [{"word": str(place), "records": size} for place, size in enumerate(sizes[:most])]
    kept = large_enough(rows, groups=len(sizes), records=sum(sizes))
    left_out = sizes[len(kept.rows) :]
    assert all(row["records"] >= SMALLEST for row in kept.rows)
    assert kept.left_out == len(left_out)
    assert kept.left_out_records == sum(left_out)
    if left_out and kept.rows:
        assert len(left_out) > 1
        assert sum(left_out) >= SMALLEST


def test_large_groups_are_all_kept() -> None:
    rows = [{"word": "A", "records": 30}, {"word": "B", "records": 10}]
    assert large_enough(rows, groups=2, records=40).rows == tuple(rows)


def test_with_one_small_group_the_next_is_left_out_as_well() -> None:
    rows = [{"word": "A", "records": 30}, {"word": "B", "records": 20}, {"word": "C", "records": 3}]
    kept = large_enough(rows, groups=3, records=53)
    assert [row["word"] for row in kept.rows] == ["A"]
    assert (kept.left_out, kept.left_out_records) == (2, 23)


@pytest.mark.parametrize("column", ["student_id", "record_id", "advisor_id", "notes", "home_address"])
def test_no_figure_is_made_by_a_column_that_names_somebody_or_is_free_text(column: str) -> None:
    with pytest.raises(PrivacyError, match=column):
        Group(column, "x")


@pytest.mark.parametrize(
    ("value", "unit", "records"),
    [
        (2.5, "number", 9),
        (9.0, "records", 600),
        (1.0, "students", 600),
        (0.1, "share", 50),  # five of fifty
        (0.9, "share", 50),  # all but five
    ],
)
def test_a_figure_about_fewer_than_ten_cannot_be_made(value: float, unit: str, records: int) -> None:
    with pytest.raises(PrivacyError):
        Figure("S1.1", "x", value, unit, records)


@pytest.mark.parametrize(
    ("value", "unit"), [(0.0, "share"), (1.0, "share"), (0.5, "share"), (0.01, "rate"), (0.0, "records")]
)
def test_a_figure_about_nobody_or_enough_can(value: float, unit: str) -> None:
    assert Figure("S1.1", "x", value, unit, 50).value == value

"""Small groups stay out of every figure, and cannot be worked out from the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.figures import SMALLEST, Figure, Group, PrivacyError
from insights.suppression import large_enough, told_shares


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


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12),
    st.tuples(st.integers(0, 15), st.integers(0, 15)),
)
def test_no_small_count_is_what_the_told_shares_leave_of_the_total(
    parts: list[tuple[int, int]], unseen: tuple[int, int]
) -> None:
    rows = [
        {"word": place, "known": at + others, "flagged": at, "share": at / (at + others) if at + others else None}
        for place, (at, others) in enumerate(parts)
    ]
    known, flagged = sum(map(sum, [*parts, unseen])), sum(at for at, _ in [*parts, unseen])
    told = [row for row in told_shares(rows, known=known, flagged=flagged) if row["flagged"] is not None]
    assert all(row == rows[row["word"]] for row in told)
    at = [row["flagged"] for row in told]
    others = [row["known"] - row["flagged"] for row in told]
    for count in [*at, *others]:
        assert count == 0 or count >= SMALLEST
    if told:
        assert flagged - sum(at) == 0 or flagged - sum(at) >= SMALLEST
        assert known - flagged - sum(others) == 0 or known - flagged - sum(others) >= SMALLEST


def test_all_shares_are_told_where_none_is_small() -> None:
    rows = [{"word": word, "known": 50, "flagged": 20, "share": 0.4} for word in "ABC"]
    assert told_shares(rows, known=150, flagged=60) == tuple(rows)


def test_with_one_small_share_the_next_smallest_group_has_none_either() -> None:
    rows = [
        {"word": "2022", "known": 100, "flagged": 9, "share": 0.09},
        {"word": "2023", "known": 98, "flagged": 14, "share": 14 / 98},
        {"word": "2024", "known": 99, "flagged": 19, "share": 19 / 99},
    ]
    told = told_shares(rows, known=297, flagged=42)
    assert [row["share"] for row in told] == [None, None, 19 / 99]
    assert [row["known"] for row in told] == [100, 98, 99]


@pytest.mark.parametrize("column", ["student_id", "record_id", "advisor_id", "notes", "home_address"])
def test_no_figure_is_made_by_a_column_that_names_somebody_or_is_free_text(column: str) -> None:
    with pytest.raises(PrivacyError, match=column):
        Group(column, "x")


@pytest.mark.parametrize(
    ("value", "unit", "records"),
    [
        (2.5, "number", 9),
        (9.0, "records", 600),
        (595.0, "records", 600),  # all but five
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

"""Small groups and small counts are left out, and so is one more where the total would give a small one away."""

from collections.abc import Sequence
from dataclasses import dataclass

from insights.figures import SMALLEST
from warehouse.query import Row


@dataclass(frozen=True, slots=True)
class Kept:
    """The groups that may be spoken of, how many may not, and the records of those."""

    rows: tuple[Row, ...]
    left_out: int
    left_out_records: int


def large_enough(rows: Sequence[Row], *, groups: int, records: int) -> Kept:
    """Keep the groups that are large enough.

    Whoever knows the total can subtract: so it is never one group alone that is left out, and never fewer records
    than a group has to have.

    Args:
        rows: The largest groups, largest first, each with its size as `records`.
        groups: How many groups there are, with those that are not in `rows`.
        records: The records of all groups.
    """
    kept = [row for row in rows if int(row["records"]) >= SMALLEST]

    def rest() -> tuple[int, int]:
        return groups - len(kept), records - sum(int(row["records"]) for row in kept)

    while kept and rest()[0] and (rest()[0] == 1 or rest()[1] < SMALLEST):
        kept.pop()
    return Kept(tuple(kept), *rest())


def told_shares(rows: Sequence[Row], *, known: int, flagged: int) -> tuple[Row, ...]:
    """Leave out the shares at risk that may not be told: `share` and `flagged` are None there.

    Whoever knows a share and of how many knows two counts: how many are at risk, and how many are not. A total less
    the told parts tells what is left of it: so it is never one part alone whose share is left out, and what is left
    over has nobody or `SMALLEST` of both. Which shares are told depends on all parts alone, so that two reports of
    the same data, each with some of them, tell no more than one.

    Args:
        rows: Parts, each with `known`, `flagged` and `share`; parts that are left out already are not among them.
        known: The records of all parts whose flag is known.
        flagged: Those of them that are at risk.
    """
    told = [row for row in rows if may_be_told(_known(row), _flagged(row))]

    def rest() -> tuple[int, int]:
        return known - sum(map(_known, told)), flagged - sum(map(_flagged, told))

    while told and not may_be_told(*rest()):
        told.remove(min(told, key=lambda row: (_known(row), str(row["word"]))))
    return tuple(row if row in told else {**row, "share": None, "flagged": None} for row in rows)


def may_be_told(whole: int, *parts: int) -> bool:
    """Return whether parts of a whole, and what is left of it, are each nobody or at least `SMALLEST`."""
    return all(size == 0 or size >= SMALLEST for size in (*parts, whole - sum(parts)))


def _known(row: Row) -> int:
    return int(row["known"] or 0)


def _flagged(row: Row) -> int:
    return int(row["flagged"] or 0)

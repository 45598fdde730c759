"""Small groups are left out, and so is one more where the total would give a small one away."""

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

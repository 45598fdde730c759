"""GPA: how it is distributed, and whether it goes along with financial aid."""

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, isfinite, sqrt, tanh
from statistics import NormalDist
from typing import Final

from cohort.filters import EVERYBODY, Condition, Filters, asking
from cohort.metrics import has_all
from warehouse.query import Query, Row

HIGHEST: Final = 4.0
PROBATION: Final = 2.0
"""The GPA below which colleges usually put a student on probation."""
BINS_PER_POINT: Final = 10
"""Bins of the distribution."""

AID_STEP: Final = 2_500
AID_STEPS: Final = 24
"""Bins of aid, in US dollars: fixed, so that the picture of one major can be laid beside another's. The last holds all
that is above it as well."""
MOST_AID: Final = 1_000_000_000
"""US dollars; what is more, or less than none, is a slip of the pen and left out of the correlation."""
GPA_ROWS_PER_POINT: Final = 4
"""Rows of the heat map."""
_PARTS: Final = 20
"""Parts of a point that bins and rows are both made of."""
_CANNOT_BE: Final = -1
"""The bin of a value that is known and cannot be."""
LEAST_PAIRS: Final = 4
"""Records that Fisher's interval needs."""
_CAN_BE: Final = f"financial_aid_amount between 0 and {MOST_AID} and current_gpa between 0 and {HIGHEST}"


def by_gpa_and_aid(condition: Condition, has: Callable[..., bool] = has_all) -> Query:
    """Return the query for `records` and their `gpa_sum`, by `gpa_bin` (twentieths of a point) and `aid_bin`.

    A bin's lower end is in it, so that a GPA of 4 begins one more. The bin of what is unknown is null; that of what
    cannot be is -1. Aid that the table has not, by `has`, is unknown in every record.
    """
    aid, highest = "financial_aid_amount", AID_STEP * (AID_STEPS - 1)
    there = (aid,) if has(aid) else ()
    aid = aid if there else "cast(null as double)"
    sql = f"""
        select case when current_gpa between 0 and {HIGHEST} then cast(floor(current_gpa * {_PARTS}) as integer)
                when current_gpa is not null then {_CANNOT_BE} end as gpa_bin,
            case when {aid} between 0 and {highest} then cast(floor({aid} / {AID_STEP}.0) as integer)
                when {aid} between {highest} and {MOST_AID} then {AID_STEPS - 1}
                when {aid} is not null then {_CANNOT_BE} end as aid_bin,
            count(*) as records, sum(current_gpa) as gpa_sum
        from records where {{where}} group by 1, 2 order by 1, 2
    """  # noqa: S608
    return asking(sql, condition, ("current_gpa", *there))


def correlation(condition: Condition) -> Query:
    """Return the query for Pearson's `r` of aid and GPA, over `n` records that have both."""
    sql = f"""
        select corr(financial_aid_amount, current_gpa) as r, count(*) as n
        from records where {{where}} and {_CAN_BE}
    """  # noqa: S608
    return asking(sql, condition, ("financial_aid_amount", "current_gpa"))


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return the queries of this module, by name."""
    condition = filters.where()
    return {
        "by_gpa_and_aid": by_gpa_and_aid(condition),
        "correlation": correlation(condition),
    }


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many records there are in each tenth of a GPA point, from 0 to 4."""

    bins: tuple[int, ...]
    below: int
    """Records below `PROBATION`."""
    outside: int
    """Records whose GPA is not on the scale: in no bin."""
    unknown: int

    @classmethod
    def of(cls, rows: list[Row]) -> "Distribution":
        """Read the rows of `by_gpa_and_aid`."""
        bins = [0] * int(HIGHEST * BINS_PER_POINT)
        below = outside = unknown = 0
        for row in rows:
            part, records = row["gpa_bin"], int(row["records"])
            if part is None:
                unknown += records
            elif part == _CANNOT_BE:
                outside += records
            else:
                bins[min(int(part) * BINS_PER_POINT // _PARTS, len(bins) - 1)] += records
                below += records if part < PROBATION * _PARTS else 0
        return cls(tuple(bins), below, outside, unknown)

    @property
    def records(self) -> int:
        """Records in the bins."""
        return sum(self.bins)


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's correlation over `n` records; `r` is None where one of both sides is the same everywhere."""

    r: float | None
    n: int

    @classmethod
    def of(cls, row: Row) -> "Correlation":
        """Read the row of `correlation`."""
        r = row["r"]
        return cls(None if r is None or not isfinite(r) else max(-1.0, min(1.0, float(r))), int(row["n"]))

    def interval(self, confidence: float = 0.95) -> tuple[float, float] | None:
        """Return between which two the correlation is, by Fisher's z; None where there are too few records."""
        if self.r is None or self.n < LEAST_PAIRS:
            return None
        if abs(self.r) >= 1:
            return self.r, self.r
        reach = NormalDist().inv_cdf((1 + confidence) / 2) / sqrt(self.n - 3)
        return tanh(atanh(self.r) - reach), tanh(atanh(self.r) + reach)


@dataclass(frozen=True, slots=True)
class Cell:
    """So many records between two amounts of aid, and between two GPAs."""

    aid: int
    aid_to: int
    gpa: float
    gpa_to: float
    records: int


@dataclass(frozen=True, slots=True)
class AidColumn:
    """All records between two amounts of aid."""

    aid: int
    aid_to: int
    records: int
    gpa: float
    """Their average."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Records by aid and GPA."""

    cells: tuple[Cell, ...]
    columns: tuple[AidColumn, ...]
    """In order of aid."""
    left_out: int
    """Records with both values of which one cannot be."""

    @classmethod
    def of(cls, rows: list[Row]) -> "HeatMap":
        """Read the rows of `by_gpa_and_aid`."""
        counted: dict[tuple[int, int], int] = {}
        columns: dict[int, tuple[int, float]] = {}
        highest = int(HIGHEST * GPA_ROWS_PER_POINT) - 1
        left_out = 0
        for row in rows:
            records = int(row["records"])
            if row["aid_bin"] is None or row["gpa_bin"] is None:
                continue
            if _CANNOT_BE in (row["aid_bin"], row["gpa_bin"]):
                left_out += records
                continue
            aid, gpa = int(row["aid_bin"]), min(int(row["gpa_bin"]) * GPA_ROWS_PER_POINT // _PARTS, highest)
            counted[aid, gpa] = counted.get((aid, gpa), 0) + records
            n, total = columns.get(aid, (0, 0.0))
            columns[aid] = n + records, total + float(row["gpa_sum"])
        quarter = 1 / GPA_ROWS_PER_POINT
        return cls(
            tuple(
                Cell(aid * AID_STEP, (aid + 1) * AID_STEP, gpa * quarter, (gpa + 1) * quarter, records)
                for (aid, gpa), records in sorted(counted.items())
            ),
            tuple(
                AidColumn(aid * AID_STEP, (aid + 1) * AID_STEP, n, total / n)
                for aid, (n, total) in sorted(columns.items())
            ),
            left_out,
        )

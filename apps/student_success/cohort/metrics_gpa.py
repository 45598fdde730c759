"""GPA: how it is distributed, and whether it goes along with financial aid."""

from dataclasses import dataclass
from math import atanh, isfinite, sqrt, tanh
from statistics import NormalDist
from typing import Final

from cohort.filters import EVERYBODY, Condition, Filters, asking
from warehouse.query import Query, Row

HIGHEST: Final = 4.0
PROBATION: Final = 2.0
"""The GPA below which colleges usually put a student on probation."""
BINS_PER_POINT: Final = 10

AID_STEP: Final = 2_500
AID_STEPS: Final = 24
"""Bins of aid, in US dollars: fixed, so that the picture of one major can be laid beside another's. The last holds all
that is above it as well."""
MOST_AID: Final = 1_000_000_000
"""US dollars; what is more, or less than none, is a slip of the pen and left out of the correlation."""
GPA_ROWS_PER_POINT: Final = 4
LEAST_PAIRS: Final = 4
"""Records that Fisher's interval needs."""
_CAN_BE: Final = f"financial_aid_amount between 0 and {MOST_AID} and current_gpa between 0 and {HIGHEST}"


def distribution(condition: Condition) -> Query:
    """Return the query for `records`, and `known` and `below` probation among them, by tenth of GPA: `bin`, or null.

    A bin's lower end is in it, so that a GPA of 4 begins one more. Null is for what is unknown or off the scale.
    """
    sql = f"""
        select case when current_gpa between 0 and {HIGHEST}
                then cast(floor(current_gpa * {BINS_PER_POINT}) as integer) end as bin,
            count(*) as records, count(current_gpa) as known,
            sum(case when current_gpa < {PROBATION} then 1 else 0 end) as below
        from records where {{where}} group by 1 order by 1
    """  # noqa: S608
    return asking(sql, condition, ("current_gpa",))


def correlation(condition: Condition) -> Query:
    """Return the query for Pearson's `r` of aid and GPA, over `n` records that have both."""
    sql = f"""
        select corr(financial_aid_amount, current_gpa) as r, count(*) as n
        from records where {{where}} and {_CAN_BE}
    """  # noqa: S608
    return asking(sql, condition, ("financial_aid_amount", "current_gpa"))


def aid_and_gpa(condition: Condition) -> Query:
    """Return the query for `records` and their `gpa_sum`, by `aid_bin` and `gpa_bin`, a quarter of a point.

    Both bins are null for records of which one of both values cannot be.
    """
    sql = f"""
        select case when not ({_CAN_BE}) then null
                when financial_aid_amount >= {AID_STEP * (AID_STEPS - 1)} then {AID_STEPS - 1}
                else cast(floor(financial_aid_amount / {AID_STEP}.0) as integer) end as aid_bin,
            case when {_CAN_BE} then cast(floor(current_gpa * {GPA_ROWS_PER_POINT}) as integer) end as gpa_bin,
            count(*) as records, sum(current_gpa) as gpa_sum
        from records where {{where}} and financial_aid_amount is not null and current_gpa is not null
        group by 1, 2 order by 1, 2
    """  # noqa: S608
    return asking(sql, condition, ("financial_aid_amount", "current_gpa"))


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return the queries of this module, by name."""
    condition = filters.where()
    return {
        "distribution": distribution(condition),
        "correlation": correlation(condition),
        "aid_and_gpa": aid_and_gpa(condition),
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
        """Read the rows of `distribution`."""
        bins = [0] * int(HIGHEST * BINS_PER_POINT)
        below = outside = unknown = 0
        for row in rows:
            if row["bin"] is None:
                outside = int(row["known"])
                unknown = int(row["records"]) - outside
            else:
                bins[min(int(row["bin"]), len(bins) - 1)] += int(row["records"])
                below += int(row["below"])
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
        """Read the rows of `aid_and_gpa`."""
        counted: dict[tuple[int, int], int] = {}
        columns: dict[int, tuple[int, float]] = {}
        highest = int(HIGHEST * GPA_ROWS_PER_POINT) - 1
        left_out = 0
        for row in rows:
            records = int(row["records"])
            if row["aid_bin"] is None:
                left_out += records
                continue
            aid, gpa = int(row["aid_bin"]), min(int(row["gpa_bin"]), highest)
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

"""How students stand in a few figures, and what these are compared with.

One query sums everything by month of enrollment; totals, comparisons and the course over time are additions of its
few rows. Averages are over records, each over those where the value is known.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum
from statistics import median
from typing import Final

from cohort.filters import EVERYBODY, FIRST_DAY, LAST_DAY, Condition, Filters, asking
from warehouse.query import Query, Row

FEW: Final = 10
"""Records below which a group's figures say little: such groups are marked."""

MEASURES: Final = ("current_gpa", "course_completion_rate", "engagement_score", "at_risk_flag")
"""What is averaged; the average of at_risk_flag is the share at risk."""

_ADDED: Final = {name: name for name in MEASURES} | {"at_risk_flag": "case when at_risk_flag then 1 else 0 end"}


def has_all(*names: str) -> bool:
    """Stand for a table that has every column."""
    del names
    return True


def students(condition: Condition) -> Query:
    """Return the query for the number of students: `students`."""
    # Quicker than a count(distinct) on ten million records.
    sql = "select count(student_id) as students from (select student_id from records where {where} group by 1) as ids"
    return asking(sql, condition, ("student_id",))


def by_month(condition: Condition, has: Callable[..., bool] = has_all) -> Query:
    """Return the query for `records`, and for each measure its `…_sum` and `…_known`, by `year` and `month` enrolled.

    Both are null where nobody knows. A column that the table has not, by `has`, is null in every record.
    """
    there = [name for name in MEASURES if has(name)]
    dated = has("enrollment_date")
    # By days first: a calendar is asked for a few thousand days, not for ten million records.
    day = f"cast({'enrollment_date' if dated else 'null'} as date)"
    sums = [(f"count({name})", f"sum({_ADDED[name]})") if name in there else ("0", "null") for name in MEASURES]
    inner = "".join(f", {known} as known_{n}, {sum_} as sum_{n}" for n, (known, sum_) in enumerate(sums))
    outer = "".join(f", sum(known_{n}) as {name}_known, sum(sum_{n}) as {name}_sum" for n, name in enumerate(MEASURES))
    days = f"select {day} as day, count(*) as day_records{inner} from records where {{where}} group by 1"  # noqa: S608
    sql = (
        "select extract(year from day) as year, extract(month from day) as month, sum(day_records) as records"  # noqa: S608
        f"{outer} from ({days}) as days group by 1, 2 order by 1, 2"
    )
    return asking(sql, condition, (*there, *(("enrollment_date",) if dated else ())))


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return the queries of this module, by name."""
    return {"students": students(filters.where()), "by_month": by_month(filters.where())}


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over some records: they add up, and averages come of them."""

    records: int
    sums: tuple[float, ...] = (0.0,) * len(MEASURES)
    """For each of the measures."""
    known: tuple[int, ...] = (0,) * len(MEASURES)
    """In how many records each is known."""

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Totals":
        """Add up rows of `by_month`."""
        rows = list(rows)
        return cls(
            sum(int(row["records"]) for row in rows),
            tuple(fsum(float(row[f"{name}_sum"] or 0) for row in rows) for name in MEASURES),
            tuple(sum(int(row[f"{name}_known"] or 0) for row in rows) for name in MEASURES),
        )

    def average(self, measure: str) -> float | None:
        """Return a measure's average; None where it is known of nobody."""
        place = MEASURES.index(measure)
        return self.sums[place] / self.known[place] if self.known[place] else None

    def known_of(self, measure: str) -> int:
        """Return in how many records a measure is known."""
        return self.known[MEASURES.index(measure)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Some records beside others, each with what a person calls them."""

    name: str
    these: Totals
    other_name: str
    others: Totals
    other_years: int = 1
    """How many years of enrollment the others are of."""


def with_those_before(months: Iterable[Row]) -> Comparison | None:
    """Compare the newest year of enrollment with the years before it; None where there are no two.

    A year with fewer than `FEW` records is no newest one: a slip of the pen in a date must not be the comparison.
    """
    by_year: dict[int, list[Row]] = {}
    for row in months:
        if row["year"] is not None:
            by_year.setdefault(int(row["year"]), []).append(row)
    enough = [year for year, rows in by_year.items() if Totals.of(rows).records >= FEW]
    if not enough:
        return None
    newest = max(enough)
    before = Totals.of(row for year, rows in by_year.items() if year < newest for row in rows)
    if not before.records:
        return None
    years = sum(year < newest for year in enough)
    return Comparison(f"Enrolled {newest}", Totals.of(by_year[newest]), "Before", before, max(1, years))


@dataclass(frozen=True, slots=True)
class Entry:
    """Those who enrolled in one month, or in one year where `month` is None."""

    year: int
    month: int | None
    totals: Totals


MOST_MONTHS: Final = 60
"""Months that a reader can tell apart."""
ENOUGH_A_MONTH: Final = 100
"""Records of most months from which on their averages are a course, and not a throw of dice."""


def can_be(year: int) -> bool:
    """Return whether somebody can have enrolled in a year: one of 2999, or of 20000, is a slip of the pen."""
    return FIRST_DAY.year <= year <= LAST_DAY.year


def over_time(months: Iterable[Row]) -> list[Entry]:
    """Return the entries in order of time, without records whose date is unknown or cannot be.

    They are by month where most months have `ENOUGH_A_MONTH` records, and there are no more than `MOST_MONTHS`.
    """
    dated = [row for row in months if row["year"] is not None and can_be(int(row["year"]))]
    by_month = 0 < len(dated) <= MOST_MONTHS and median(row["records"] for row in dated) >= ENOUGH_A_MONTH
    grouped: dict[tuple[int, int | None], list[Row]] = {}
    for row in dated:
        grouped.setdefault((int(row["year"]), int(row["month"]) if by_month else None), []).append(row)
    return [Entry(year, month, Totals.of(rows)) for (year, month), rows in grouped.items()]

"""How groups of students differ: by academic standing, and by major."""

from dataclasses import dataclass
from typing import Final

from cohort.filters import EVERYBODY, Condition, Filters, asking
from cohort.metrics import FEW
from warehouse.query import Query, Row

MOST_STANDINGS: Final = 12
MOST_MAJORS: Final = 200
"""Groups that are shown; of more, those with the most records."""


def at_risk_by_standing(condition: Condition) -> Query:
    """Return the query for `records`, `known` and `at_risk` by `standing`; `groups` counts all standings."""
    sql = f"""
        select *, count(*) over () as groups from (
            select cast(academic_standing as varchar) as standing, count(*) as records, count(at_risk_flag) as known,
                sum(case when at_risk_flag then 1 else 0 end) as at_risk
            from records where {{where}} group by 1
        ) as standings order by records desc, standing limit {MOST_STANDINGS}
    """  # noqa: S608
    return asking(sql, condition, ("academic_standing", "at_risk_flag"))


def engagement_by_standing(condition: Condition) -> Query:
    """Return the query for the quantiles of engagement by `standing`, in tenths, to which scores are rounded.

    A quantile is the smallest score that so large a share of the records does not pass. They are found among the
    few scores that occur, each with how often: a sort of every record's score would hold all of them in memory.
    """
    quantiles = ", ".join(
        f"min(case when upto >= {share} * known then score end) as {name}"
        for name, share in (("p5", 0.05), ("q1", 0.25), ("median", 0.5), ("q3", 0.75), ("p95", 0.95))
    )
    sql = f"""
        with counted as (
            select cast(academic_standing as varchar) as standing, floor(engagement_score * 10 + 0.5) as score,
                count(*) as n
            from records where {{where}} group by 1, 2
        ), placed as (
            select standing, score, sum(n) over (partition by standing order by score nulls first) as upto,
                sum(n) over (partition by standing) as known
            from counted
        )
        select *, count(*) over () as groups from (
            select standing, max(known) as records, {quantiles} from placed group by 1
        ) as boxes order by records desc, standing limit {MOST_STANDINGS}
    """  # noqa: S608
    return asking(sql, _and(condition, "engagement_score is not null"), ("academic_standing", "engagement_score"))


def by_major(condition: Condition) -> Query:
    """Return the query for `records`, `gpa`, `completion` and `at_risk` (averages) by `major`; `groups` counts all."""
    sql = f"""
        select *, count(*) over () as groups from (
            select cast(major_code as varchar) as major, count(*) as records, avg(current_gpa) as gpa,
                avg(course_completion_rate) as completion,
                avg(case when at_risk_flag then 1.0 when not at_risk_flag then 0.0 end) as at_risk
            from records where {{where}} group by 1
        ) as majors order by records desc, major limit {MOST_MAJORS}
    """  # noqa: S608
    columns = ("major_code", "current_gpa", "course_completion_rate", "at_risk_flag")
    return asking(sql, condition, columns)


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return the queries of this module, by name."""
    condition = filters.where()
    return {
        "at_risk_by_standing": at_risk_by_standing(condition),
        "engagement_by_standing": engagement_by_standing(condition),
        "by_major": by_major(condition),
    }


@dataclass(frozen=True, slots=True)
class Box:
    """The spread of engagement in one standing, which may be None: unknown."""

    standing: str | None
    records: int
    p5: float
    q1: float
    median: float
    q3: float
    p95: float

    @property
    def few(self) -> bool:
        """Whether there are so few records that the box says little."""
        return self.records < FEW


def boxes(rows: list[Row]) -> list[Box]:
    """Read the rows of `engagement_by_standing`; the lowest median first."""
    names = ("p5", "q1", "median", "q3", "p95")
    found = [Box(row["standing"], int(row["records"]), *(float(row[name]) / 10 for name in names)) for row in rows]
    return sorted(found, key=lambda box: box.median)


@dataclass(frozen=True, slots=True)
class StandingAtRisk:
    """How many are at risk in one standing, which may be None: unknown."""

    standing: str | None
    records: int
    known: int
    """Records that say whether the student is at risk."""
    at_risk: int

    @property
    def share(self) -> float:
        """Of those that are known, which are some."""
        return self.at_risk / self.known

    @property
    def few(self) -> bool:
        """Whether there are so few records that the share says little."""
        return self.known < FEW


def standings_at_risk(rows: list[Row]) -> list[StandingAtRisk]:
    """Read the rows of `at_risk_by_standing`, without standings where risk is known of nobody; the highest first."""
    found = [
        StandingAtRisk(row["standing"], int(row["records"]), int(row["known"]), int(row["at_risk"]))
        for row in rows
        if row["known"]
    ]
    return sorted(found, key=lambda standing: (-standing.share, -standing.at_risk))


def _and(condition: Condition, more: str) -> Condition:
    return Condition(f"({condition.sql}) and {more}", condition.parameters, condition.columns)

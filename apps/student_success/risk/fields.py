"""The fields that a risk score may look at: few, each something that an advisor can talk about with a student.

Left out are what was decided because somebody was thought to be at risk (`academic_standing`, `intervention_count`),
what nobody should be ranked by (`financial_aid_amount`, `major_code`, `plagiarism_incidents`), and what says once more
what another field says (`discussion_posts`, `total_course_views`, the credit hours).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import expm1, log1p
from typing import Final

from warehouse.protocol import Column, Kind


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a score, in the unit that a person reads."""

    name: str
    label: str
    sql: str
    """The number, as a float; null where it is not known."""
    columns: tuple[str, ...]
    direction: int
    """1 where more of it means more risk, -1 where less does: a weight of the other sign is no reason to help."""
    written: Callable[[float], str]
    """A number in words."""
    step: str
    """What an advisor may do first when this is a student's strongest reason."""
    unit: str = ""
    """What a number is of or from; empty where it goes without saying."""
    least: float = 0.0
    most: float = 100.0
    step_size: float = 1.0
    kinds: tuple[Kind, ...] = ("integer", "number")
    """What its columns may hold; a column that a stray text made one of texts is as good as missing."""
    logarithmic: bool = False
    """Whether twice as much counts once more, as for days: the score then looks at `ln(1 + number)`."""

    def is_in(self, columns: Iterable[Column]) -> bool:
        """Return whether a table with these columns has it."""
        there = {column.name for column in columns if column.kind in self.kinds}
        return there.issuperset(self.columns)

    @property
    def scored(self) -> str:
        """SQL of what the score looks at."""
        return f"ln(1 + {self.sql})" if self.logarithmic else self.sql

    def in_words(self, number: float) -> str:
        """Return a number as a person reads it, however far out it is."""
        return self.written(number) if abs(number) < 1e6 else f"{number:.3g}"

    def to_scored(self, number: float) -> float:
        """Return what the score looks at, of a number that a person reads."""
        return log1p(number) if self.logarithmic else number

    def from_scored(self, value: float) -> float:
        """Return the number that a person reads."""
        return expm1(value) if self.logarithmic else value


_LOGIN, _UPDATE = "cast(last_login_date as date)", "cast(last_updated as date)"
# Some log in after their record was last updated: that is no absence.
_ABSENT: Final = f"case when {_LOGIN} > {_UPDATE} then 0 else date_diff('day', {_LOGIN}, {_UPDATE}) end"

FIELDS: Final = (
    Field(
        name="current_gpa",
        label="GPA",
        sql="cast(current_gpa as double)",
        columns=("current_gpa",),
        direction=-1,
        written=lambda value: f"{value:.2f}",
        step="Meet about grades and next term's courses",
        most=4.0,
        step_size=0.05,
    ),
    Field(
        name="course_completion_rate",
        label="Course completion",
        sql="cast(course_completion_rate as double)",
        columns=("course_completion_rate",),
        direction=-1,
        written=lambda value: f"{100 * value:.0f} %",
        step="Look at unfinished courses and at the load",
        most=1.0,
        step_size=0.01,
    ),
    Field(
        name="engagement_score",
        label="Engagement",
        sql="cast(engagement_score as double)",
        columns=("engagement_score",),
        direction=-1,
        written=lambda value: f"{value:.0f}",
        step="Check in in person: what keeps them from taking part?",
        unit="of 100",
    ),
    Field(
        name="avg_assignment_score",
        label="Assignment score",
        sql="cast(avg_assignment_score as double)",
        columns=("avg_assignment_score",),
        direction=-1,
        written=lambda value: f"{value:.0f}",
        step="Offer tutoring where assignments score lowest",
        unit="of 100",
    ),
    Field(
        name="assignment_submissions",
        label="Assignments handed in",
        sql="cast(assignment_submissions as double)",
        columns=("assignment_submissions",),
        direction=-1,
        written=lambda value: f"{value:.0f}",
        step="Plan missing and coming assignments together",
        most=30.0,
    ),
    Field(
        name="days_since_login",
        label="Days without login",
        sql=f"cast({_ABSENT} as double)",
        columns=("last_login_date", "last_updated"),
        direction=1,
        written=lambda value: f"{value:.0f}",
        step="Call or write this week: they have not logged in",
        unit="before the last update",
        most=120.0,
        kinds=("date", "time"),
        logarithmic=True,
    ),
)

BY_NAME: Final = {field.name: field for field in FIELDS}
GPA: Final = BY_NAME["current_gpa"]

"""What is measured of a student, and how it hangs on the two factors behind it: ability and engagement.

Both factors are standard normal and correlate at 0.6. A measure is a mean, plus so much of each factor, plus luck of
its own; so measures correlate as an institution's do, and none determines another. All of it is invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from statistics import NormalDist
from typing import Final, TypeAlias

Outcomes: TypeAlias = tuple[float, ...]
"""A measure's value by luck, 0 to 255, for students of one ability and engagement."""

LEVELS: Final = 64
"""Steps in which ability and engagement are told apart; luck has 256."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its mean and, in its own unit, what one standard deviation of each factor and of luck adds."""

    mean: float
    ability: float
    engagement: float
    luck: float
    least: float = 0
    most: float = 1000
    decimals: int = 0
    """Digits after the point; 0 makes it a whole number."""
    grows: bool = False
    """Whether the sum is the logarithm of the value, as for things that are counted."""

    def outcomes(self, known: float) -> Outcomes:
        """Give the values by luck, where ability and engagement together add `known`."""
        return tuple(self._value(self.mean + known + self.luck * luck) for luck in _normals(256))

    def _value(self, total: float) -> float:
        value = min(max(exp(total) if self.grows else total, self.least), self.most)
        return round(float(value), self.decimals) if self.decimals else int(value)


MEASURES: Final = {
    "current_gpa": Measure(2.9, ability=0.5, engagement=0.2, luck=0.25, most=4, decimals=2),
    "course_completion_rate": Measure(0.88, ability=0.05, engagement=0.08, luck=0.05, most=1, decimals=2),
    "avg_assignment_score": Measure(70, ability=8, engagement=5, luck=7, most=100, decimals=1),
    "writing_quality_score": Measure(72, ability=9, engagement=0, luck=8, most=100, decimals=1),
    "engagement_score": Measure(62, ability=0, engagement=14, luck=5, most=100, decimals=1),
    "assignment_submissions": Measure(14, ability=0, engagement=4, luck=3, most=30),
    "discussion_posts": Measure(2.6, ability=0, engagement=0.6, luck=0.5, grows=True),
    "total_course_views": Measure(4.8, ability=0, engagement=0.45, luck=0.3, most=5000, grows=True),
    "plagiarism_incidents": Measure(-0.6, ability=-0.3, engagement=0, luck=0.9, most=3),
    "risk": Measure(0, ability=-0.5, engagement=-0.6, luck=0.6, least=-9, decimals=2),
    "intervention_count": Measure(0.8, ability=-0.45, engagement=-0.55, luck=0.7, most=12),
    "days_absent": Measure(1.6, ability=0, engagement=-0.9, luck=0.8, most=300, grows=True),
}
"""The measures by column; risk is behind at_risk_flag, and days_absent behind last_login_date."""


def profiles() -> tuple[tuple[Outcomes, ...], ...]:
    """Give the outcomes of every measure, in the order of MEASURES, for each of LEVELS² students.

    Student `level * LEVELS + other` has the `level`-th ability. Computed once, so that a row only looks up. What the
    factors add is taken in steps of half a measure's luck, which luck then blurs.
    """
    columns = [_column(measure) for measure in MEASURES.values()]
    return tuple(zip(*columns, strict=True))


def _column(measure: Measure) -> list[Outcomes]:
    step = measure.luck / 2
    made: dict[int, Outcomes] = {}
    column = []
    for ability, engagement in _factors():
        steps = round((measure.ability * ability + measure.engagement * engagement) / step)
        if steps not in made:
            made[steps] = measure.outcomes(steps * step)
        column.append(made[steps])
    return column


def _factors() -> Iterator[tuple[float, float]]:
    for ability in _normals(LEVELS):
        for other in _normals(LEVELS):
            yield ability, 0.6 * ability + 0.8 * other


def _normals(count: int) -> list[float]:
    return [NormalDist().inv_cdf((n + 0.5) / count) for n in range(count)]

"""Who is flagged: from which score, and how many that are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from risk.ranking import LISTED, RECORDS_EACH, Listed

SECTION: Final = "alerts_section"
"""The widget that has which part of the page is drawn."""
RANKED: Final = "Ranked list"
"""The part that is drawn first."""


@dataclass(frozen=True, slots=True)
class Flagging:
    """A score from which students are flagged, and whom that concerns of those that the filters leave.

    Students are counted where the list has all that count; else records are, which cost nothing more.
    """

    threshold: float
    listed: Sequence[Listed]
    """The students who score highest, the highest first."""
    counts: Mapping[int, int]
    """Whole score, rounded down, to how many records have it."""
    as_many: int | None = None
    """How many of the list are flagged; None: all from the threshold, which is a whole score."""

    @property
    def records(self) -> int:
        """How many records the filters leave."""
        return sum(self.counts.values())

    @property
    def has_everybody(self) -> bool:
        """Whether the list has all students that the filters leave."""
        return len(self.listed) < LISTED and self.records <= LISTED * RECORDS_EACH

    @property
    def students(self) -> Sequence[Listed]:
        """The flagged of the list."""
        if self.as_many is not None:
            return self.listed[: self.as_many]
        return [student for student in self.listed if student.score >= self.threshold]

    @property
    def has_all_flagged(self) -> bool:
        """Whether the list has all flagged students."""
        return self.as_many is not None or self.has_everybody or self.listed[-1].score < self.threshold

    @property
    def flagged(self) -> int:
        """How many are flagged: students where `has_all_flagged`, else records."""
        if self.has_all_flagged:
            return len(self.students)
        return sum(count for points, count in self.counts.items() if points >= self.threshold)

    @property
    def in_words(self) -> str:
        """How many of how many, such as `47 of 600 students`."""
        flagged = "student" if self.has_all_flagged else "record"
        count, what = (len(self.listed), "student") if self.has_everybody else (self.records, "record")
        own = "" if flagged == what else f" {flagged}{'' if self.flagged == 1 else 's'}"
        return f"{self.flagged:,}{own} of {count:,} {what}{'' if count == 1 else 's'}"

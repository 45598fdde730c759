"""The documented columns of a student record: what each is called, its unit, and how far it may go.

The classes decide what leaves the warehouse for a model: nothing but aggregates ever does, and a column that names
somebody is not even counted by value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from warehouse.protocol import Column


class Sensitivity(Enum):
    """How close a column comes to a person; the first that fits."""

    DIRECT_IDENTIFIER = "names a person"
    QUASI_IDENTIFIER = "narrows down to a few, together with others"
    SENSITIVE = "nobody else's business"
    FREE_TEXT = "written by somebody: may say anything"
    BOOKKEEPING = "about the row, not about the student"


@dataclass(frozen=True, slots=True)
class Documented:
    """A column that the source documents."""

    name: str
    label: str
    sensitivity: Sensitivity
    unit: str = ""


_DIRECT, _QUASI = Sensitivity.DIRECT_IDENTIFIER, Sensitivity.QUASI_IDENTIFIER
_SENSITIVE, _ROW = Sensitivity.SENSITIVE, Sensitivity.BOOKKEEPING

DOCUMENTED: Final = (
    Documented("student_id", "Student", _DIRECT),
    Documented("record_id", "Record", _DIRECT),
    Documented("advisor_id", "Advisor", _DIRECT),
    Documented("major_code", "Major", _QUASI),
    Documented("academic_standing", "Standing", _SENSITIVE),
    Documented("enrollment_date", "Enrolled", _QUASI),
    Documented("current_gpa", "GPA", _SENSITIVE, "of 4.0"),
    Documented("credit_hours_attempted", "Credits attempted", _SENSITIVE, "hours"),
    Documented("credit_hours_earned", "Credits earned", _SENSITIVE, "hours"),
    Documented("course_completion_rate", "Completion rate", _SENSITIVE, "share"),
    Documented("engagement_score", "Engagement", _SENSITIVE, "of 100"),
    Documented("at_risk_flag", "At risk", _SENSITIVE),
    Documented("intervention_count", "Interventions", _SENSITIVE),
    Documented("financial_aid_amount", "Financial aid", _SENSITIVE, "USD"),
    Documented("avg_assignment_score", "Assignment score", _SENSITIVE, "of 100"),
    Documented("writing_quality_score", "Writing quality", _SENSITIVE, "of 100"),
    Documented("assignment_submissions", "Assignments handed in", _SENSITIVE),
    Documented("discussion_posts", "Discussion posts", _SENSITIVE),
    Documented("total_course_views", "Course views", _SENSITIVE),
    Documented("plagiarism_incidents", "Plagiarism incidents", _SENSITIVE),
    Documented("last_login_date", "Last login", _QUASI),
    Documented("last_updated", "Updated at the source", _ROW),
    Documented("last_updated_epoch", "Batch at the source", _ROW, "seconds since 1970"),
    Documented("_fivetran_synced", "Synced", _ROW),
    Documented("_fivetran_deleted", "Deleted at the source", _ROW),
)

_BY_NAME: Final = {column.name: column for column in DOCUMENTED}


def label(name: str) -> str:
    """Return what a person reads for a column's name."""
    known = _BY_NAME.get(name)
    return known.label if known else name.replace("_", " ").strip().capitalize()


def unit(name: str) -> str:
    """Return the unit of a column's numbers; empty for a count, a text or a column that nobody documented."""
    known = _BY_NAME.get(name)
    return known.unit if known else ""


def sensitivity(column: Column) -> Sensitivity:
    """Return how close a column comes to a person. One that nobody documented is judged by what it may hold."""
    if known := _BY_NAME.get(column.name):
        return known.sensitivity
    return Sensitivity.FREE_TEXT if column.kind in ("text", "other") else Sensitivity.SENSITIVE


def in_reading_order(columns: Iterable[Column]) -> list[Column]:
    """Return columns as a person wants them: the documented in this table's order, then the others, then the row's."""
    places = {column.name: place for place, column in enumerate(DOCUMENTED)}
    first_of_row = next(place for place, column in enumerate(DOCUMENTED) if column.sensitivity is _ROW)
    return sorted(columns, key=lambda column: places.get(column.name, first_of_row - 0.5))

"""What stands above a report: its title, when it was made, whom it is about, and of which data."""

from cohort.filters import NONE, Filters
from insights.document import escaped
from insights.report import Report


def heading(report: Report, title: str) -> str:
    """Return Markdown; text from the data in it means just that text. The title is the focus area's."""
    made = f"{report.made_at:%Y-%m-%d %H:%M} UTC"
    data = escaped(report.snapshot or "none was read")
    return f"# {escaped(title)}\n\n- Date: {made}\n- About: {whom(report.question.filters)}\n- Data: {data}\n"


def whom(filters: Filters) -> str:
    """Return whom a report is about, as Markdown in one line. Of advisors, only how many were chosen is told."""
    words = [
        f"{name} {' or '.join(escaped('none' if value == NONE else value) for value in values)}"
        for name, values in (("major", filters.majors), ("standing", filters.standings))
        if values
    ]
    if filters.advisors:
        words.append(f"with {len(filters.advisors)} chosen advisor{'s' * (len(filters.advisors) > 1)}")
    if filters.at_risk is not None:
        words.append("at risk" if filters.at_risk else "not at risk")
    if filters.enrolled_from:
        words.append(f"enrolled from {filters.enrolled_from.isoformat()}")
    if filters.enrolled_to:
        words.append(f"enrolled to {filters.enrolled_to.isoformat()}")
    return f"students: {'; '.join(words)}" if words else "all students"

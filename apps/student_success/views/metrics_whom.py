"""Whom the metrics page is about: the sums that its figures are made of, and whether they are students or records."""

from cohort import metrics
from cohort.metrics import Totals
from views.reader import Reader
from warehouse.query import Row


def by_month(reader: Reader) -> list[Row]:
    """Return the sums that the page's figures and its course over time are made of."""
    return reader.rows(metrics.by_month(reader.filters.where(), reader.cohort.has))


def students(reader: Reader) -> int | None:
    """Return how many different students there are; None where the table does not tell them apart."""
    if not reader.cohort.has("student_id"):
        return None
    return int(reader.row(metrics.students(reader.filters.where()))["students"])


def noun(reader: Reader) -> str:
    """Return what the page counts: "students" where each has one record, else "records"."""
    return "students" if students(reader) == Totals.of(by_month(reader)).records else "records"

"""Who needs help first: the records by score, and the score by group. Computed by the warehouse over all rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cohort.filters import EVERYBODY, Filters, asking
from risk.reasons import in_words, next_step
from risk.scoring import EXAMPLE, Scorer
from warehouse.query import Query, Row

LISTED: Final = 1_000
"""Records that the page ranks."""
DOWNLOADED: Final = 10_000
"""Records that a download ranks."""

SHOWN: Final = ("student_id", "advisor_id", "major_code", "academic_standing", "at_risk_flag")
"""What the list shows of a record besides its score: what there is of these, and nothing else, is read for it."""

GROUPS: Final = {"advisor_id": "Advisor", "major_code": "Major", "academic_standing": "Standing"}
MOST_GROUPS: Final = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A student of the list: the record of theirs that scores highest."""

    score: float
    numbers: dict[str, float | None]
    """Field name to number, in the unit that a person reads."""
    values: Row
    """What the table has of `SHOWN`."""
    reasons: tuple[str, ...]
    step: str


def ranked(scorer: Scorer, filters: Filters, there: Iterable[str], limit: int = LISTED) -> Query:
    """Return the query of the records that score highest, the highest first.

    Args:
        scorer: The score.
        filters: Whose records.
        there: The table's columns.
        limit: How many records.
    """
    names = set(there)
    shown = [column for column in SHOWN if column in names]
    numbers = [f"{term.field.sql} as n_{term.field.name}" for term in scorer.terms]
    inside = ", ".join([*shown, *numbers, f"{scorer.sum_sql} as total"])
    score = f"{scorer.score_sql('total')} as score"
    outside = ", ".join([*shown, *(f"n_{term.field.name}" for term in scorer.terms), score])
    order = "total desc" + (f", {shown[0]}" if shown else "")
    sql = (
        f"select {outside} from (select {inside} from records where {{where}}) as scored"  # noqa: S608  # our own names
        f" order by {order} limit {limit:d}"
    )
    return asking(sql, filters.where(), (*scorer.columns, *shown), **scorer.bound)


def totals(scorer: Scorer, filters: Filters, threshold: float) -> Query:
    """Return the query of all scores together, one row: `records`, `flagged` (at or above the threshold), `average`."""
    inside = f"{scorer.sum_sql} as total"
    sql = f"select {_figures(scorer)} from (select {inside} from records where {{where}}) as scored"  # noqa: S608
    return asking(sql, filters.where(), scorer.columns, threshold=threshold, **scorer.bound)


def by_group(scorer: Scorer, filters: Filters, threshold: float, column: str) -> Query:
    """Return the query of the same figures by the values of a column, those with the most flagged records first.

    Args:
        scorer: The score.
        filters: Whose records.
        threshold: The score from which a record is flagged.
        column: One of `GROUPS`.
    """
    inside = f"{column} as choice, {scorer.sum_sql} as total"
    sql = (
        f"select choice, {_figures(scorer)} from (select {inside} from records where {{where}}) as scored"  # noqa: S608
        f" group by choice order by flagged desc, average desc, choice limit {MOST_GROUPS}"
    )
    return asking(sql, filters.where(), (*scorer.columns, column), threshold=threshold, **scorer.bound)


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return this module's queries by name, for a score of all fields and a threshold of 50."""
    groups = {f"by_{column}": by_group(EXAMPLE, filters, 50.0, column) for column in GROUPS}
    return {"ranked": ranked(EXAMPLE, filters, SHOWN), "totals": totals(EXAMPLE, filters, 50.0), **groups}


def students(scorer: Scorer, rows: Iterable[Row]) -> Iterator[Listed]:
    """Give the students of ranked records, each once: with the record that scores highest."""
    seen = set()
    for row in rows:
        student = row.get("student_id")
        if student is not None and student in seen:
            continue
        seen.add(student)
        numbers = {term.field.name: _number(row[f"n_{term.field.name}"]) for term in scorer.terms}
        values: Row = {column: row[column] for column in SHOWN if column in row}
        words, step = in_words(scorer, numbers), next_step(scorer, numbers)
        yield Listed(float(row["score"]), numbers, values, words, step)


def _figures(scorer: Scorer) -> str:
    score = scorer.score_sql("total")
    flagged = f"sum(case when {score} >= :threshold then 1 else 0 end)"
    return f"count(*) as records, {flagged} as flagged, avg({score}) as average"


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)

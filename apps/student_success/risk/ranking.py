"""Who needs help first: the records by score, and the score by group. Computed by the warehouse over all rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cohort.filters import EVERYBODY, Filters, asking
from risk.reasons import in_words, next_step
from risk.scoring import EXAMPLE, Scorer
from warehouse.query import Query, Row

LISTED: Final = 1_000
"""Students that the page ranks."""
DOWNLOADED: Final = 10_000
"""Students that a download ranks."""
RECORDS_EACH: Final = 20
"""Records looked at for each student that may be listed, those that score highest: sifted, the table is not sorted."""

SHOWN: Final = (
    "student_id", "advisor_id", "academic_standing", "major_code", "at_risk_flag", "last_login_date"
)  # fmt: skip
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
    """Return the query of the students who score highest, the highest first, each with the record that does.

    Whoever has no name is somebody else each time.

    Args:
        scorer: The score.
        filters: Whose records.
        there: The table's columns.
        limit: How many students, if the `RECORDS_EACH` times as many records that score highest are of so many.
    """
    names = set(there)
    shown = [column for column in SHOWN if column in names]
    numbers = [f"{term.field.sql} as n_{term.field.name}" for term in scorer.terms]
    names_read = ", ".join([*shown, *(f"n_{term.field.name}" for term in scorer.terms)])
    inside = ", ".join([*shown, *numbers, f"{scorer.sum_sql} as total"])
    scored = f"(select {inside} from records where {{where}}) as scored"  # noqa: S608  # our own names, here and below
    order = "total desc" + (f", {shown[0]}" if shown else "")
    if "student_id" in names:
        sifted = f"select {names_read}, total from {scored} order by {order} limit {limit * RECORDS_EACH:d}"  # noqa: S608
        place = "row_number() over (partition by student_id order by total desc) as place"
        placed = f"(select {names_read}, total, {place} from ({sifted}) as sifted) as placed"  # noqa: S608
        source = f"{placed} where place = 1 or student_id is null"
    else:
        source = scored
    sql = (
        f"select {names_read}, {scorer.score_sql('total')} as score from {source}"  # noqa: S608
        f" order by {order} limit {limit:d}"
    )
    return asking(sql, filters.where(), (*scorer.columns, *shown), **scorer.bound)


def by_score(scorer: Scorer, filters: Filters) -> Query:
    """Return the query of how many `records` have each whole score, `points`, rounded down: for every threshold."""
    inside = f"{scorer.sum_sql} as total"
    sql = (
        f"select floor({scorer.score_sql('total')}) as points, count(*) as records"  # noqa: S608
        f" from (select {inside} from records where {{where}}) as scored group by 1 order by 1"
    )
    return asking(sql, filters.where(), scorer.columns, **scorer.bound)


def by_group(scorer: Scorer, filters: Filters, threshold: float, column: str) -> Query:
    """Return the query of the scores by the values of a column: `choice`, `records`, `flagged`, `average`.

    Those with the most flagged records come first.

    Args:
        scorer: The score.
        filters: Whose records.
        threshold: The score from which a record is flagged.
        column: One of `GROUPS`.
    """
    score = scorer.score_sql("total")
    figures = f"count(*) as records, sum(case when {score} >= :threshold then 1 else 0 end) as flagged"
    inside = f"cast({column} as varchar) as choice, {scorer.sum_sql} as total"
    sql = (
        f"select choice, {figures}, avg({score}) as average"  # noqa: S608  # our own names
        f" from (select {inside} from records where {{where}}) as scored"
        f" group by choice order by flagged desc, average desc, choice limit {MOST_GROUPS}"
    )
    return asking(sql, filters.where(), (*scorer.columns, column), threshold=threshold, **scorer.bound)


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return this module's queries by name, for a score of all fields and a threshold of 50."""
    groups = {f"by_{column}": by_group(EXAMPLE, filters, 50.0, column) for column in GROUPS}
    return {"ranked": ranked(EXAMPLE, filters, SHOWN), "by_score": by_score(EXAMPLE, filters), **groups}


def students(scorer: Scorer, rows: Iterable[Row]) -> Iterator[Listed]:
    """Give the students of the rows of `ranked`, with what to say of them."""
    for row in rows:
        numbers = {term.field.name: _number(row[f"n_{term.field.name}"]) for term in scorer.terms}
        values: Row = {column: row[column] for column in SHOWN if column in row}
        words, step = in_words(scorer, numbers), next_step(scorer, numbers)
        yield Listed(float(row["score"]), numbers, values, words, step)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)

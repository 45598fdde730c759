"""A risk score: a sum that is the same in SQL, for all rows, and in Python, for one student.

Each field adds its weight times how far the student's number is from the usual one. A number that is not known adds
nothing: it counts as usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Final, Literal

from risk.fields import FIELDS, GPA, Field
from warehouse.query import Value

MOST_LOG_ODDS: Final = 30.0
"""Beyond this a probability is 0 or 1 to twelve digits, and a warehouse's exp() must not overflow."""

LOWEST_SAFE_GPA: Final = 2.0
"""The plain rule: whoever has less is at risk."""


@dataclass(frozen=True, slots=True)
class Term:
    """What one field adds to the sum, for each unit that it is away from the usual."""

    field: Field
    weight: float
    usual: float
    """In what the score looks at: for a logarithmic field, a logarithm."""

    def adds(self, number: float | None) -> float:
        """Return what a student's number, in the unit that a person reads, adds to the sum."""
        return 0.0 if number is None else self.weight * (self.field.to_scored(number) - self.usual)

    @property
    def usual_number(self) -> float:
        """The usual number, in the unit that a person reads."""
        return self.field.from_scored(self.usual)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A score from 0 to 100 of every record.

    A model's sum is in log-odds, and its score is 100 times the probability of being flagged at risk. A rule's sum is
    the score itself.
    """

    kind: Literal["model", "rule"]
    base: float
    terms: tuple[Term, ...]
    average: float = 0.0
    """The average score, as far as it was known when this was made: who has less needs help less than others."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that the score reads."""
        return tuple(dict.fromkeys(column for term in self.terms for column in term.field.columns))

    @property
    def sum_sql(self) -> str:
        """SQL of the sum, never null; `bound` has its values. Its order is the score's order."""
        return " + ".join(
            [":base", *(f"coalesce(:w_{t.field.name} * ({t.field.scored} - :u_{t.field.name}), 0)" for t in self.terms)]
        )

    @property
    def bound(self) -> dict[str, Value]:
        """The values of `sum_sql`."""
        bound: dict[str, Value] = {"base": self.base}
        for term in self.terms:
            bound[f"w_{term.field.name}"] = term.weight
            bound[f"u_{term.field.name}"] = term.usual
        return bound

    def score_sql(self, total: str) -> str:
        """Return SQL of the score, of the column that has the sum."""
        if self.kind == "rule":
            return _clamped(total, 0, 100)
        return f"100 / (1 + exp(-({_clamped(total, -MOST_LOG_ODDS, MOST_LOG_ODDS)})))"

    def score(self, numbers: Mapping[str, float | None]) -> float:
        """Return the score of one student's numbers, by field name, in the units that a person reads."""
        total = self.base + sum(term.adds(numbers.get(term.field.name)) for term in self.terms)
        if self.kind == "rule":
            return min(max(total, 0.0), 100.0)
        return 100 / (1 + exp(-min(max(total, -MOST_LOG_ODDS), MOST_LOG_ODDS)))


def by_gpa(usual: float) -> Scorer:
    """Return the plain rule as a score: 50 at a GPA of 2.0, 100 at 0, 0 at 4."""
    per_point = -100 / GPA.most
    base = per_point * usual + 100
    return Scorer("rule", base, (Term(GPA, per_point, usual),), average=base)


EXAMPLE: Final = Scorer("model", -1.5, tuple(Term(field, float(field.direction), 1.0) for field in FIELDS))
"""A score of all fields, for whoever wants to see the queries before there is a model."""


def _clamped(sql: str, least: float, most: float) -> str:
    return f"case when {sql} < {least:g} then {least:g} when {sql} > {most:g} then {most:g} else {sql} end"

"""Which students somebody looks at: the choices of the sidebar, as a condition and as an address.

An address may be bookmarked, sent to a colleague, or written by hand, so what it says is read with care: what is not
understood is left out, and what was left out is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Final

from warehouse.query import Query, Value

NONE: Final = "∅"
"""Stands for "none" among the choices of a column: undeclared, no advisor yet."""

MOST_CHOICES: Final = 200
"""Values of one column that an address may name."""

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
"""Days of enrollment that can be chosen."""

_COLUMNS: Final = {
    "majors": "major_code",
    "standings": "academic_standing",
    "advisors": "advisor_id",
    "at_risk": "at_risk_flag",
    "enrolled_from": "enrollment_date",
    "enrolled_to": "enrollment_date",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody chose. Nothing chosen means everybody. Choices of one column are alternatives; columns add up."""

    majors: tuple[str, ...] = ()
    standings: tuple[str, ...] = ()
    advisors: tuple[str, ...] = ()
    at_risk: bool | None = None
    enrolled_from: date | None = None
    enrolled_to: date | None = None

    @classmethod
    def from_address(cls, words: Mapping[str, Sequence[str]]) -> "tuple[Filters, tuple[str, ...]]":
        """Read an address's parameters. Returns the filters, and the names of the parameters that make no sense."""
        wrong = []
        at_risk = {"yes": True, "no": False}.get(_last(words, "at_risk"))
        if at_risk is None and _last(words, "at_risk"):
            wrong.append("at_risk")
        days: dict[str, date | None] = {}
        for word in ("from", "to"):
            days[word] = _day(_last(words, word))
            if days[word] is None and _last(words, word):
                wrong.append(word)
        majors, standings, advisors = (
            tuple(words.get(word, ()))[:MOST_CHOICES] for word in ("major", "standing", "advisor")
        )
        return cls(majors, standings, advisors, at_risk, days["from"], days["to"]), tuple(wrong)

    def to_address(self) -> dict[str, list[str]]:
        """Return the parameters of the address that says the same; none for what was not chosen."""
        words = {
            "major": list(self.majors),
            "standing": list(self.standings),
            "advisor": list(self.advisors),
            "at_risk": [] if self.at_risk is None else ["yes" if self.at_risk else "no"],
            "from": [self.enrolled_from.isoformat()] if self.enrolled_from else [],
            "to": [self.enrolled_to.isoformat()] if self.enrolled_to else [],
        }
        return {name: values for name, values in words.items() if values}

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the fields that narrow the view."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) not in ((), None))

    def columns(self) -> tuple[str, ...]:
        """The table's columns that the condition reads."""
        return tuple(dict.fromkeys(_COLUMNS[name] for name in self.chosen))

    def where(self, *more: str, prefix: str = "f_") -> "Condition":
        """Return the condition, for a query's WHERE; `more` are conditions of the query's own, joined by AND."""
        bound: dict[str, Value] = {}
        parts = [f"({condition})" for condition in more]
        several = {"majors": self.majors, "standings": self.standings, "advisors": self.advisors}
        parts += [
            _among(_COLUMNS[name], values, f"{prefix}{name}_", bound) for name, values in several.items() if values
        ]
        if self.at_risk is not None:
            parts.append("at_risk_flag" if self.at_risk else "not at_risk_flag")
        if self.enrolled_from:
            bound[f"{prefix}from"] = self.enrolled_from
            parts.append(f"enrollment_date >= cast(:{prefix}from as timestamp)")
        if self.enrolled_to:
            # The chosen day is in, with all its hours.
            bound[f"{prefix}to"] = self.enrolled_to + timedelta(days=1)
            parts.append(f"enrollment_date < cast(:{prefix}to as timestamp)")
        return Condition(" and ".join(parts) or "true", bound, self.columns())


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL that is true or not of a record, what is bound to it, and the columns that it reads."""

    sql: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


EVERYBODY: Final = Filters()


def asking(sql: str, condition: Condition, columns: Iterable[str] = (), **parameters: Value) -> Query:
    """Return a query whose text has `{where}` where the condition belongs; `columns` are the others that it reads."""
    return Query(
        sql.replace("{where}", condition.sql),
        {**condition.parameters, **parameters},
        tuple(dict.fromkeys((*columns, *condition.columns))),
    )


def _among(column: str, values: Sequence[str], prefix: str, bound: dict[str, Value]) -> str:
    named = [value for value in values if value != NONE]
    for place, value in enumerate(named):
        bound[f"{prefix}{place}"] = value
    marks = ", ".join(f":{prefix}{place}" for place in range(len(named)))
    parts = [f"cast({column} as varchar) in ({marks})"] if named else []  # codes may be numbers
    if NONE in values:
        parts.append(f"{column} is null")
    return f"({' or '.join(parts)})"


def _last(words: Mapping[str, Sequence[str]], name: str) -> str:
    values = words.get(name) or [""]
    return values[-1]


def _day(word: str) -> date | None:
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None

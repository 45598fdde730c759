"""What no record says, and the reader has to choose: the inputs of `risk.costs`, some of which may not be given."""

from dataclasses import asdict, dataclass, fields
from math import isfinite

from risk import costs


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Numbers of the reader's, which no report claims; None where nothing was given. Each means what it does there."""

    students: float | None = None
    """Who would be offered help; all students at risk, if it is not given."""
    tuition: float | None = None
    """USD."""
    cost: float | None = None
    """USD."""
    reach: float | None = None
    effect: float | None = None

    def missing(self) -> list[str]:
        """Return the names of those without which nothing follows."""
        return [name for name, value in asdict(self).items() if value is None and name != "students"]

    def of(self, students: float) -> costs.Assumptions | None:
        """Return the calculator's inputs, with as many students as were counted unless others are assumed."""
        if self.tuition is None or self.cost is None or self.reach is None or self.effect is None:
            return None
        flagged = students if self.students is None else self.students
        return costs.Assumptions(round(flagged), self.tuition, self.cost, self.reach, self.effect)


def to_text(assumptions: Assumptions) -> str:
    """Return `tuition=12000.0, reach=0.5, …`, of what was given: as a question keeps them."""
    return ", ".join(f"{name}={value}" for name, value in asdict(assumptions).items() if value is not None)


def from_text(text: str) -> Assumptions:
    """Read what `to_text` wrote; what is missing or makes no sense there is not given."""
    given = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError:
            continue
        most = 1.0 if name in ("reach", "effect") else float("inf")
        if name in {item.name for item in fields(Assumptions)} and isfinite(value) and 0 <= value <= most:
            given[name] = value
    return Assumptions(**given)

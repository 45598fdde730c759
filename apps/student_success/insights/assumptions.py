"""What no record says, and the reader has to choose."""

from dataclasses import asdict, dataclass, fields
from math import isfinite


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Numbers of the reader's; no report claims them. The defaults are somewhere to begin, and nothing more."""

    tuition: float = 12_000.0
    """Revenue of one student in one year, USD."""
    leaving: float = 0.30
    """Share of the students at risk who leave within a year if nothing is done."""
    reached: float = 0.50
    """Share of the students at risk whom an intervention reaches."""
    effect: float = 0.10
    """Share of those who would leave, and are reached, who stay."""
    cost: float = 400.0
    """An intervention for one student, USD."""


def to_text(assumptions: Assumptions) -> str:
    """Return `tuition=12000.0, leaving=0.3, …`: as a question keeps them."""
    return ", ".join(f"{name}={value}" for name, value in asdict(assumptions).items())


def from_text(text: str) -> Assumptions:
    """Read what `to_text` wrote; what is missing or makes no sense there has its default."""
    given = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError:
            continue
        if name in {item.name for item in fields(Assumptions)} and isfinite(value) and value >= 0:
            given[name] = value
    return Assumptions(**given)

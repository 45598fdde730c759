"""What reaching students costs and keeps, under assumptions that somebody else makes.

Nothing here is learnt from the records, and nothing here is known: it is arithmetic on four inputs.
"""

from dataclasses import dataclass
from typing import Final

RANGE: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
"""How many times the assumed effect the outcome is shown for: from none to twice as good."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The inputs. Money is in one currency, shares are between 0 and 1."""

    flagged: int
    """Students who would be offered help."""
    tuition: float
    """What a student who stays pays, net, over the time that counts."""
    cost: float
    """Of helping one student who takes part."""
    reach: float
    """The share of the flagged who take part."""
    effect: float
    """The share of those who take part who stay because of it: they would have left otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows for one effect."""

    effect: float
    kept: float
    """Students."""
    income: float
    cost: float

    @property
    def net(self) -> float:
        """Income without cost."""
        return self.income - self.cost


def outcome(assumed: Assumptions, effect: float | None = None) -> Outcome:
    """Return what follows from assumptions, or from another effect with the same ones; an effect ends at 1."""
    effect = min(assumed.effect if effect is None else effect, 1.0)
    reached = assumed.flagged * assumed.reach
    kept = reached * effect
    return Outcome(effect, kept, kept * assumed.tuition, reached * assumed.cost)


def over_a_range(assumed: Assumptions) -> list[Outcome]:
    """Return the outcomes from no effect to twice the assumed one."""
    effects = dict.fromkeys(min(assumed.effect * times, 1.0) for times in RANGE)
    return [outcome(assumed, effect) for effect in effects]


def break_even(assumed: Assumptions) -> float | None:
    """Return the effect at which income covers cost; above 1 it never does, None where nothing is earned."""
    return assumed.cost / assumed.tuition if assumed.tuition > 0 else None

"""Why a student's score is what it is, in words: what raises it most, with the student's number and the usual one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from risk.fields import Field
from risk.scoring import Scorer

MOST_REASONS: Final = 3

LEAST_ADDED: Final = {"model": 0.25, "rule": 6.25}
"""What a reason adds to the sum at the least: odds a quarter higher, or the score of a quarter of a GPA point."""

NOTHING: Final = "nothing is much worse than usual"
NO_STEP: Final = "None suggested"


@dataclass(frozen=True, slots=True)
class Reason:
    """One field that raises a score."""

    field: Field
    adds: float
    """How much it adds to the score's sum."""
    words: str


def reasons(scorer: Scorer, numbers: Mapping[str, float | None]) -> tuple[Reason, ...]:
    """Return what raises the score of one student's numbers noticeably, the strongest first; at most `MOST_REASONS`."""
    found = []
    for term in scorer.terms:
        number = numbers.get(term.field.name)
        adds = term.adds(number)
        if number is None or adds < LEAST_ADDED[scorer.kind]:
            continue
        written, usual = (term.field.in_words(value) for value in (number, term.usual_number))
        if written != usual:
            found.append(Reason(term.field, adds, f"{term.field.label} {written} (usual {usual})"))
    return tuple(sorted(found, key=lambda reason: -reason.adds)[:MOST_REASONS])


def unknown(scorer: Scorer, numbers: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the labels of the fields that are not known of a student, which count as usual."""
    return tuple(term.field.label for term in scorer.terms if numbers.get(term.field.name) is None)


def in_words(scorer: Scorer, numbers: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the reasons, and after them which numbers are not known."""
    words = [reason.words for reason in reasons(scorer, numbers)] or [NOTHING]
    if missing := unknown(scorer, numbers):
        words.append(f"not known, counted as usual: {', '.join(missing)}")
    return tuple(words)


def next_step(scorer: Scorer, numbers: Mapping[str, float | None]) -> str:
    """Return what an advisor may do first: it follows from the strongest reason alone.

    Nothing is suggested for a student without a reason, or with a score below the average.
    """
    found = reasons(scorer, numbers)
    return found[0].field.step if found and scorer.score(numbers) >= scorer.average else NO_STEP

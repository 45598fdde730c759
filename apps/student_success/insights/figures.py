"""A figure: one number about many records. Prompts are made of figures, and of nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cohort.columns import Sensitivity, label, sensitivity
from warehouse.protocol import Column

SMALLEST: Final = 10
"""Records that a figure has to speak of: fewer might be told apart."""

Unit: TypeAlias = Literal["records", "students", "advisors", "share", "rate", "points", "number", "correlation", "USD"]
"""What a value is. A share is a part of the records, a rate the average of a part; both are between 0 and 1, and
points are the difference of two of them."""


class PrivacyError(Exception):
    """A figure that would speak of a person, or of so few that one of them can be told."""


@dataclass(frozen=True, slots=True)
class Group:
    """Which records a figure is about: those with one value of one column. The value is text from the data, or ours.

    Raises:
        PrivacyError: the column names a person, or holds what somebody wrote.
    """

    column: str
    value: str | None

    def __post_init__(self) -> None:
        # Text is the strictest reading of a column that nobody documented.
        close = sensitivity(Column(self.column, "text"))
        if close in (Sensitivity.DIRECT_IDENTIFIER, Sensitivity.FREE_TEXT):
            raise PrivacyError(f"no figure is made by {self.column}: it is {close.value}")

    @property
    def label(self) -> str:
        """The column's name, for a person."""
        return label(self.column)

    @property
    def name(self) -> str:
        """The value, for a person; `none` where there is none."""
        return "none" if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, what it means, and how many records are behind it.

    Raises:
        PrivacyError: fewer than `SMALLEST` records are behind it, or are what it counts or makes a part of.
    """

    id: str
    """Its step and its place there, such as S2.3."""
    label: str
    """What it means; ours, never from the data."""
    value: float
    unit: Unit
    records: int | None
    """Records behind it; None where the value was assumed, and is not from the data."""
    group: Group | None = None
    follows: bool = False
    """Whether it follows from assumptions, too."""

    def __post_init__(self) -> None:
        if self.records is None:
            return
        sizes = [self.records]
        if self.unit == "records":  # a part of the records behind it, and what is left of them
            sizes += [size for size in (round(self.value), self.records - round(self.value)) if size]
        elif self.unit == "students" and self.value:
            sizes.append(round(self.value))
        elif self.unit == "share":  # who knows a share, and of how many, knows how many it is, and how many it is not
            part = round(self.value * self.records)
            sizes += [size for size in (part, self.records - part) if size]
        if min(sizes) < SMALLEST:
            raise PrivacyError(f"{self.id}, {self.label}: fewer than {SMALLEST} records")

    @property
    def assumed(self) -> bool:
        """Whether it is an assumption, or follows from one."""
        return self.records is None or self.follows

    @property
    def behind(self) -> str:
        """What is behind it, for a person."""
        if self.records is None:
            return "your assumption"
        return "follows from your assumptions" if self.follows else f"of {self.records:,} records"

    @property
    def written(self) -> str:
        """The value with its unit, as prompts, reports and the page have it."""
        match self.unit:
            case "share" | "rate":
                return f"{100 * self.value:.1f} %"
            case "points":
                return f"{100 * self.value:.1f} points"
            case "USD":
                return f"{'-' if round(self.value) < 0 else ''}${abs(self.value):,.0f}"
            case "correlation":
                return f"{self.value:.2f}"
            case "number":
                return f"{self.value:,.{2 if abs(self.value) < 5 else 1}f}"
        return f"{self.value:,.0f} {self.unit}"

    @property
    def cited(self) -> str:
        """The same with its source, for a report."""
        return f"{self.written} [{self.id}]"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a step found out: its figures, what they come to in words, and the SQL that was run for them."""

    figures: tuple[Figure, ...] = ()
    statements: tuple[str, ...] = ()
    """Sentences of Markdown, each number of which is a figure with its source."""
    sql: tuple[str, ...] = ()
    suppressed: int = 0
    """Figures that were not made because too few records were behind them."""
    left_out: tuple[str, ...] = ()
    """Which those are, in our words."""
    summary: tuple[str, ...] = ()
    """Those of the statements that a summary would have."""


def of_all(findings: Iterable[Findings]) -> tuple[Figure, ...]:
    """Return the figures of several steps, in their order."""
    return tuple(figure for found in findings for figure in found.figures)

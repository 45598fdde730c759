"""A focus area as a workflow: named steps, each of which asks the warehouse, or computes on what was found before.

Nothing here waits, draws or sends: whoever runs a workflow takes its events one by one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, TypeAlias

from cohort.cohort import Cohort
from cohort.filters import Filters
from insights.assumptions import Assumptions
from insights.figures import SMALLEST, Figure, Findings, Group, PrivacyError, Unit
from insights.suppression import large_enough, told_shares
from warehouse.errors import MissingColumnsError
from warehouse.query import Query, Row

MOST_FIGURES: Final = 40
"""Of one step: a reader, and a prompt, have room for no more."""
LARGEST_GROUPS: Final = 60
"""Groups that a query brings back; the smaller ones only count."""


class NotEnoughError(Exception):
    """A step has nothing to say: too few records, or an earlier step that it builds on found nothing."""


@dataclass(slots=True)
class Work:
    """What a step works with, and where it puts what it finds."""

    number: int
    cohort: Cohort
    queries: Mapping[str, Query]
    assumptions: Assumptions
    earlier: Mapping[str, Findings]
    """What the steps before it found, under their names."""
    _figures: list[Figure] = field(default_factory=list)
    _statements: list[str] = field(default_factory=list)
    _sql: list[str] = field(default_factory=list)
    _suppressed: int = 0
    _left_out: list[str] = field(default_factory=list)
    _summary: list[str] = field(default_factory=list)

    def rows(self, name: str) -> list[Row]:
        """Ask one of the area's queries; its SQL is shown with the step."""
        query = self.queries[name]
        rows = self.cohort.rows(query)
        self._sql.append(self.cohort.shown(query))
        return rows

    def row(self, name: str) -> Row:
        """Ask a query whose answer is one row."""
        [row] = self.rows(name)
        return row

    def groups(self, name: str, kind: str, *, shares: bool = True) -> tuple[Row, ...]:
        """Ask a query by groups (`areas.groups`), the largest first. Those that are too small are left out.

        Where a group's share at risk may not be told, its `share` and `flagged` are None.

        Args:
            name: The query's.
            kind: What the groups are, such as "majors".
            shares: Whether the step speaks of shares at risk, so that it says which are left out.
        """
        rows = self.rows(name)
        if not rows:
            raise NotEnoughError("no record matches the filters")
        first = rows[0]
        kept = large_enough(rows, groups=int(first["groups"]), records=int(first["everyone"]))
        if not kept.rows:
            raise NotEnoughError(f"no group has {SMALLEST} records")
        told = told_shares(kept.rows, known=int(first["all_known"]), flagged=int(first["all_flagged"] or 0))
        untold = sum(row["share"] is None and row["known"] > 0 for row in told)
        self._suppressed += kept.left_out + untold * shares
        if kept.left_out:
            self._left_out.append(f"{kept.left_out} {kind}, which have too few records, or would tell of one that has")
        if untold and shares:
            self._left_out.append(
                f"the share at risk of {untold} {kind}, in some of which fewer than {SMALLEST} are at risk, or are not;"
                " the others' shares would give that away"
            )
        return told

    def figure(
        self,
        label: str,
        value: Any,  # noqa: ANN401  # what a warehouse has for a number: int, float, Decimal or None
        unit: Unit,
        records: Any,  # noqa: ANN401
        group: Group | None = None,
        *,
        follows: bool = False,
    ) -> Figure | None:
        """Keep a number; None where there is none, or where too few records are behind it.

        Args:
            label: What it means.
            value: As the warehouse or a computation has it.
            unit: What it counts.
            records: How many records are behind it.
            group: Which they are, unless all.
            follows: Whether it follows from the reader's assumptions, too.
        """
        if value is None or records is None or not isfinite(float(value)) or len(self._figures) == MOST_FIGURES:
            return None
        name = f"S{self.number}.{len(self._figures) + 1}"
        try:
            made = Figure(name, label, float(value), unit, int(records), group, follows)
        except PrivacyError:
            if int(records) > 0:
                self.leave_out(label)
            return None
        self._figures.append(made)
        return made

    def assumed(self, label: str, value: float, unit: Unit) -> Figure:
        """Keep a number that the reader chose."""
        made = Figure(f"S{self.number}.{len(self._figures) + 1}", f"Assumed: {label}", value, unit, None)
        self._figures.append(made)
        return made

    def leave_out(self, label: str) -> None:
        """Say that a figure is left out, because few could be told from it."""
        self._suppressed += 1
        said = f"{label}, which are fewer than {SMALLEST}, or all but fewer than {SMALLEST}"
        if said not in self._left_out:
            self._left_out.append(said)

    def say(self, sentence: str, *needed: Figure | None, summary: bool = False) -> None:
        """State something; nothing, if one of the figures that it is about was not made.

        Args:
            sentence: With `{}` for each figure, which comes with its source.
            needed: The figures, in the sentence's order.
            summary: Whether a summary would have it.
        """
        if None not in needed:
            said = sentence.format(*(figure.cited for figure in needed if figure))
            self._statements.append(said)
            self._summary += [said] if summary else []

    def findings(self) -> Findings:
        """Return what was put here."""
        return Findings(
            tuple(self._figures), tuple(self._statements), tuple(self._sql), self._suppressed, tuple(self._left_out),
            tuple(self._summary),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the question that it answers, and the work."""

    name: str
    finds: str
    run: Callable[[Work], None]


@dataclass(frozen=True, slots=True)
class Area:
    """A focus area."""

    key: str
    title: str
    about: str
    """The question that its report answers, for whoever writes it."""
    queries: Callable[[Filters], dict[str, Query]]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins. Steps count from 1."""

    number: int
    step: Step


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step found something."""

    number: int
    findings: Findings


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step found nothing, and why; the others go on."""

    number: int
    reason: str


StepEvent: TypeAlias = StepStarted | StepDone | StepFailed


def steps(
    area: Area, cohort: Cohort, filters: Filters, assumptions: Assumptions, stopped: Callable[[], bool]
) -> Iterator[StepEvent]:
    """Run an area's steps in their order; `stopped` is asked before each, and ends them.

    Raises:
        WarehouseError: the warehouse could not answer, and would not answer the next step either.
    """
    queries = area.queries(filters)
    found: dict[str, Findings] = {}
    for number, step in enumerate(area.steps, start=1):
        if stopped():
            return
        yield StepStarted(number, step)
        work = Work(number, cohort, queries, assumptions, found)
        try:
            step.run(work)
        except (MissingColumnsError, NotEnoughError) as error:
            yield StepFailed(number, str(error))
            continue
        findings = work.findings()
        if not findings.figures and not findings.statements:
            yield StepFailed(number, "too few records to speak of")
            continue
        found[step.name] = findings
        yield StepDone(number, findings)


def needed(found: Mapping[str, Findings], name: str) -> Sequence[Figure]:
    """Return the figures of an earlier step.

    Raises:
        NotEnoughError: it has none.
    """
    figures = found[name].figures if name in found else ()
    if not figures:
        raise NotEnoughError(f"it builds on “{name}”, which found nothing")
    return figures

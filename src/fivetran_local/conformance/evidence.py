"""What was seen of a function: the exchanges, and what else could be measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fivetran_local.conformance.effects import changed_columns
from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.exchanges import Exchange
from fivetran_local.sync import Limits


@dataclass(frozen=True, slots=True)
class Measures:
    """What can be measured of a function that runs on this machine; None where it could not."""

    cold_start_seconds: float | None = None
    """From the start of its process to its first answer."""
    peak_memory_mib: float | None = None
    """The most that its processes held, the server included."""
    memory_limit_mib: int | None = None
    """What it is deployed with."""


@dataclass(frozen=True)
class Evidence:
    """Everything that rules look at. Rules never call a function themselves."""

    exchanges: Sequence[Exchange]
    """In the order of their calls."""
    hidden: Sequence[str] = ()
    """The texts that must not come out of the function: its secrets, and the canaries in place of them."""
    gaps: Mapping[Scenario, str] = field(default_factory=dict)
    """The scenarios that could not be played to their end, each with the reason."""
    log_is_readable: bool = False
    measures: Measures = field(default_factory=Measures)
    limits: Limits = field(default_factory=Limits)
    masked: bool = False
    """Whether a mask stands where there was a secret, as in a recording."""

    def of(self, *scenarios: Scenario) -> Iterator[Exchange]:
        """Yield the exchanges of some scenarios, in order."""
        return (exchange for exchange in self.exchanges if exchange.scenario in scenarios)

    @property
    def pages(self) -> Iterator[Exchange]:
        """The readable pages of ordinary syncs, in order."""
        syncs = (Scenario.SYNC, Scenario.SECOND_SYNC)
        return (exchange for exchange in self.of(*syncs) if exchange.response is not None)

    def about(self, scenario: Scenario) -> dict[int, list[Exchange]]:
        """Group a scenario's exchanges by the exchange that they are about, where that one is at hand."""
        groups: dict[int, list[Exchange]] = {}
        for exchange in self.of(scenario):
            if exchange.about is not None and exchange.about in self._by_number:
                groups.setdefault(exchange.about, []).append(exchange)
        return groups

    def numbered(self, number: int) -> Exchange:
        """Return the exchange with a number; raises KeyError when there is none."""
        return self._by_number[number]

    @cached_property
    def unstable_columns(self) -> frozenset[tuple[str, str]]:
        """The columns, by table, that differ when a request is repeated: one finding, and not one of every rule."""
        return frozenset(
            column
            for number, repeats in self.about(Scenario.REPEAT).items()
            if (first := self.numbered(number).response)
            for repeat in repeats
            if repeat.response
            for column in changed_columns(first, repeat.response)
        )

    @cached_property
    def _by_number(self) -> dict[int, Exchange]:
        return {exchange.number: exchange for exchange in self.exchanges}


def evidence_of(exchanges: Iterable[Exchange], *, masked: bool = False) -> Evidence:
    """Return recorded exchanges as evidence, with all that was not recorded as gaps.

    Args:
        exchanges: What was recorded, in order.
        masked: Whether each mask in it stands for a secret.
    """
    kept = list(exchanges)
    seen = {exchange.scenario for exchange in kept}
    gaps = {scenario: "it was not recorded" for scenario in Scenario if scenario not in seen}
    return Evidence(kept, masked=masked, gaps=gaps)

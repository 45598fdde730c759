"""Who is called, with what, and what came of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fivetran_local.conformance.scenarios import Scenario
from fivetran_local.observing import ObservedFunction
from fivetran_local.sync import Limits
from fivetran_protocol import Json

MAX_CALLS: Final = 100
"""Pages of a sync that are read at most, where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Players:
    """The function to check, in as many processes as can be had; all the same one where it runs elsewhere."""

    function: ObservedFunction
    fresh: ObservedFunction
    """A process that has answered no call yet."""
    impatient: ObservedFunction
    """A process that is told to have little time, so that retries against a dead source end soon."""
    other: ObservedFunction
    """A process that serves the second connection alone."""


@dataclass(slots=True, kw_only=True)
class Script:
    """What to call the function with."""

    secrets: Mapping[str, Json]
    other_secrets: Mapping[str, Json] | None = None
    """Those of a second connection."""
    no_other_secrets: str = ""
    """Why there are none."""
    public_keys: Collection[str] | None = None
    connection: str = "check"
    limits: Limits = field(default_factory=Limits)
    max_calls: int = MAX_CALLS
    watch: Callable[[str], None] = lambda _: None
    """Told what is being tried, before it is."""
    one_at_a_time: bool = False
    """Make no two calls at once, so that whoever watches the source knows which call asked it."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it, besides the exchanges."""

    gaps: Mapping[Scenario, str]
    """The scenarios that were not played to their end, each with the reason."""
    hidden: tuple[str, ...]
    """The canaries that were sent."""

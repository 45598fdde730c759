"""What was asked of `replay --send`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What is to answer the recorded requests today, what its source is, and what is compared."""

    simulate: bool = False
    configuration: Path | None = None
    function_url: str | None = None
    ignored: tuple[str, ...] = ()
    """What is not compared: columns of rows, and places as differences name them, like "state.next_cursor"."""

"""What to check, and how."""

from dataclasses import dataclass
from pathlib import Path

from fivetran_local.conformance.script import MAX_CALLS
from fivetran_local.sync import Limits


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check, and how."""

    name: str | None = None
    """The connector; none with `function_url`."""
    function_url: str | None = None
    configuration: Path | None = None
    second_configuration: Path | None = None
    public_keys: tuple[str, ...] = ()
    """With `function_url`: settings that are no secret, though they look like one: others are told by their looks."""
    rules: tuple[str, ...] = ()
    """All where none are named."""
    waivers: tuple[str, ...] = ()
    """Each "RULE=REASON"; they add to those in the connector's folder."""
    max_calls: int = MAX_CALLS
    timeout_seconds: float = Limits().call_timeout_seconds
    record: Path | None = None
    """Where to keep every exchange, and what the source answered."""

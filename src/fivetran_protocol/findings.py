"""What is wrong with one side of the conversation, said so that its author knows what to change."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for the sync in which it is made."""

    REFUSED = "refused"
    """Fivetran could not load this: the sync fails here, and what came before it stays."""
    WARNING = "warning"
    """Fivetran goes on, perhaps not as the author meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about a request or a response. Its text never holds a value of a row."""

    rule: str
    """A stable, kebab-case name: what documentation and waivers refer to."""
    seen: str
    """What was there, in a clause: "unknown field 'has_more'"."""
    advice: str
    """What it leads to, or what to do instead."""
    where: str = ""
    """The place in the document, as a dotted path: "insert.users[3]"; empty for the whole."""
    severity: Severity = Severity.REFUSED

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.seen}: {self.advice}"

"""A question to the data, and the report that answers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from cohort.filters import Filters

Outcome: TypeAlias = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asked: of which focus area, about whom, of which provider's model."""

    area: str
    """The area's key, such as `overall_performance`."""
    filters: Filters
    provider: str
    """The provider's key, such as `offline`."""
    model: str
    assumptions: str = ""
    """The numbers that the reader chose, as `insights.assumptions` writes them; empty where the area takes none."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a question, however it ended. What it cost is None where nobody counted."""

    id: str
    made_at: datetime
    """When it was asked, in UTC."""
    question: Question
    template: str
    """The version of the prompt's template."""
    prompt_hash: str
    """SHA-256 of what was sent, in hexadecimal: the same prompt has the same hash."""
    snapshot: str
    """Which data it speaks of: when the newest row was synced, and how many rows there were."""
    outcome: Outcome
    text: str
    """Markdown, as far as it came."""
    seconds: float
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    error: str | None = None

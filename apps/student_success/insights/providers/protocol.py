"""What everyone who can put numbers into words has to offer."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

MOST_TOKENS: Final = 4_000
"""Of an answer; what a model may cost at most."""
MOST_CHARACTERS: Final = 40_000
"""Of an answer, whatever the other side thinks of its limit of tokens."""
CUT: Final = "\n\n*The model's answer was cut here: it had reached its limit of length.*"
"""Stands at the end of an answer that is not whole."""


class ProviderError(Exception):
    """No words came, or not all: one line that says what happened, where, and what to do next. Never a credential."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent, and nothing else is: the rules, and the aggregates with the question."""

    rules: str
    question: str
    template: str
    """The version of the template that made it."""

    @property
    def hash(self) -> str:
        """SHA-256 of all that is sent, in hexadecimal."""
        return hashlib.sha256(f"{self.rules}\0{self.question}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer, as it comes. The last may say what it cost; None where nobody counted."""

    text: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


class Provider(Protocol):
    """Somebody who answers prompts."""

    @property
    def key(self) -> str:
        """Its name in settings and records, such as `offline`."""

    @property
    def label(self) -> str:
        """Its name for a person, such as "Snowflake Cortex"."""

    @property
    def sends_to(self) -> str | None:
        """Where prompts go, for a person to read; None if they do not leave this process."""

    def models(self) -> tuple[str, ...]:
        """Return the models that may be chosen, the default first; never empty. It does not ask anybody."""

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        """Answer a prompt piece by piece; `stopped` is asked between pieces, and ends it.

        Raises:
            ProviderError: it is down, slow, refuses, or answers something that is no answer.
        """

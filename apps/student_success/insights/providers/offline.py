"""The offline analyst: statistics put into words by templates. No model, no network, and the same words every time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from insights.figures import Findings
from insights.prompt import FiguresPrompt
from insights.providers.protocol import Piece, Prompt, ProviderError

SENTENCES: Final = 3
"""Of a summary."""


@dataclass(frozen=True, slots=True)
class OfflineAnalyst:
    """Writes what the steps stated, under the steps' names."""

    @property
    def key(self) -> str:
        """Its name in settings and records."""
        return "offline"

    @property
    def label(self) -> str:
        """Its name for a person."""
        return "Offline analyst: statistics put into words by templates, no model, no network"

    @property
    def sends_to(self) -> str | None:
        """None: nothing leaves this process."""
        return None

    def models(self) -> tuple[str, ...]:
        """Return the one way it writes."""
        return ("templates",)

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        """Write the report sentence by sentence.

        Raises:
            ProviderError: the prompt does not carry the figures that it was made of.
        """
        if not isinstance(prompt, FiguresPrompt):
            raise ProviderError("the offline analyst writes from figures, and this prompt has none")
        yield Piece("## Summary\n\n")
        yield Piece(f"{' '.join(_summary([findings for _, findings in prompt.findings]))}\n\n")
        for name, findings in prompt.findings:
            yield Piece(f"## {name}\n\n")
            for statement in findings.statements:
                if stopped():
                    return
                yield Piece(f"- {statement}\n")
            for what in findings.left_out:
                yield Piece(f"- Left out: {what}.\n")
            yield Piece("\n")


def _summary(found: Sequence[Findings]) -> list[str]:
    """Return what the steps would have in a summary, and else what they say first: three sentences."""
    said = [statement for findings in found for statement in findings.summary]
    first = [findings.statements[0] for findings in found if findings.statements and not findings.summary]
    return [*said, *first][:SENTENCES]

"""What becomes of an answer: text with sources, under a line that says how many of its numbers have none."""

from collections.abc import Sequence
from dataclasses import dataclass

from insights.document import Block, Run, parsed, written
from insights.figures import Figure
from insights.prompt import FiguresPrompt, quoted
from insights.tracing import traced


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer as a report has it."""

    text: str
    """Markdown of `insights.document`, with the sources as its last part."""
    untraced: tuple[str, ...]
    numbers: int


def checked(answer: str, prompt: FiguresPrompt) -> Checked:
    """Trace an answer's numbers to the prompt's figures, and list those that it cites."""
    figures = [figure for _, findings in prompt.findings for figure in findings.figures]
    ours = [prompt.title, *(name for name, _ in prompt.findings), *prompt.question.splitlines()[:3], prompt.rules]
    result = traced(parsed(answer), figures, ours)
    if not result.blocks:
        return Checked("", (), 0)
    blocks = [_count(result.numbers, len(result.untraced)), *result.blocks, *_sources(result.sources)]
    return Checked(written(blocks), result.untraced, result.numbers)


def _count(numbers: int, untraced: int) -> Block:
    if untraced:
        text = f"{untraced} of {numbers} numbers and references here are not in the data; each is marked."
        return Block("paragraph", (Run(text, strong=True),))
    text = f"All {numbers} numbers here are in the data." if numbers else "There are no numbers in this text."
    return Block("paragraph", (Run(text, emphasised=True),))


def _sources(figures: Sequence[Figure]) -> list[Block]:
    if not figures:
        return []
    return [Block("heading", (Run("Sources"),), 2), *(Block("item", (Run(_source(figure)),)) for figure in figures)]


def _source(figure: Figure) -> str:
    about = f", {figure.group.label.lower()} {quoted(figure.group.name)[1:-1]}" if figure.group else ""
    behind = "assumed" if figure.records is None else f"of {figure.records:,} records"
    return f"{figure.id}: {figure.label}{about}: {figure.written}, {behind}"

"""What becomes of an answer: text with sources, under a line that says how many of its numbers have none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from insights.document import Block, Run, parsed, written
from insights.figures import Figure
from insights.prompt import FiguresPrompt, quoted
from insights.tracing import Traced, traced

SOURCES: Final = "Sources"
"""The heading of a report's last part."""


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
    left_out = [what for _, findings in prompt.findings for what in findings.left_out]
    names = [name for name, _ in prompt.findings]
    ours = [prompt.title, *left_out, *names, *prompt.question.splitlines()[:3]]
    result = traced(parsed(answer), figures, ours)
    if not result.blocks:
        return Checked("", (), 0)
    blocks = [_count(result), *result.blocks, *_sources(result.sources)]
    return Checked(written(blocks), result.untraced, result.numbers)


def parted(text: str) -> tuple[str, str]:
    """Return a report's text without its sources, and the list of those; empty where it has none."""
    body, heading, sources = text.rpartition(f"\n## {SOURCES}\n")
    return (body, sources.strip()) if heading else (text, "")


def _count(result: Traced) -> Block:
    numbers, untraced, assumed = result.numbers, len(result.untraced), result.assumed
    if untraced:
        text = f"{untraced} of {numbers} numbers and references here are not in the data; each is marked."
        return Block("paragraph", (Run(text, strong=True),))
    if not numbers:
        text = "There are no numbers in this text."
    elif assumed:
        text = f"All {numbers} numbers are traced: {numbers - assumed} from the data, {assumed} from your assumptions."
    else:
        text = f"All {numbers} numbers here are in the data."
    return Block("paragraph", (Run(text, emphasised=True),))


def _sources(figures: Sequence[Figure]) -> list[Block]:
    if not figures:
        return []
    return [Block("heading", (Run(SOURCES),), 2), *(Block("item", (Run(_source(figure)),)) for figure in figures)]


def _source(figure: Figure) -> str:
    about = f", {figure.group.label.lower()} {quoted(figure.group.name)[1:-1]}" if figure.group else ""
    return f"{figure.id}: {figure.label}{about}: {figure.written}, {figure.behind}"

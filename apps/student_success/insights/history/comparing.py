"""Two reports beside each other: which numbers moved, and what else is said differently."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from insights.answer import parted
from insights.document import parsed

_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?%?(?![\w])")

_COUNT: Final = re.compile(r"(All \d+ numbers|\d+ of \d+ numbers|There are no numbers)\b")
"""How the line begins that says how many of a text's numbers are traced."""
_REFERENCES: Final = re.compile(r"\s*\[S\d+\.\d+(?:[,;] S\d+\.\d+)*\]")

MOST_LINES: Final = 1_000
"""Of each text; those that follow are not compared."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A number in a line that is otherwise the same in both."""

    line: str
    """As the newer one has it."""
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between an older and a newer text."""

    moved: tuple[Moved, ...]
    reworded: tuple[str, ...]
    """Lines that only one of them has, in the texts' order: the older's begin with `- `, the newer's with `+ `."""
    whole: bool = True
    """Whether all lines were compared."""


def said(text: str) -> str:
    """Return what a report's Markdown says, one block a line: no styles, no sources, no count of its numbers."""
    lines = [block.text for block in parsed(parted(text)[0])]
    if lines and _COUNT.match(lines[0]):
        del lines[0]
    return "\n".join(_REFERENCES.sub("", line) for line in lines)


def compared(older: str, newer: str) -> Difference:
    """Compare two texts line by line; lines that differ in numbers alone are the same line."""
    before, after = _lines(older), _lines(newer)
    whole = max(len(before), len(after)) <= MOST_LINES
    before, after = before[:MOST_LINES], after[:MOST_LINES]
    moved: list[Moved] = []
    reworded: list[str] = []
    matcher = SequenceMatcher(
        None, [_wording(line) for line in before], [_wording(line) for line in after], autojunk=False
    )
    for same, left, left_end, right, right_end in matcher.get_opcodes():
        if same == "equal":
            for old, new in zip(before[left:left_end], after[right:right_end], strict=True):
                moved += _moved(old, new)
        else:
            reworded += [f"- {line}" for line in before[left:left_end]]
            reworded += [f"+ {line}" for line in after[right:right_end]]
    return Difference(tuple(moved), tuple(reworded), whole)


def _moved(old: str, new: str) -> list[Moved]:
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return [Moved(new, older, newer) for older, newer in pairs if older != newer]


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _wording(line: str) -> str:
    return _NUMBER.sub("0", line)

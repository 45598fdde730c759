"""The Markdown that a report may have: headings, paragraphs, lists, bold and emphasis. Everything else is text.

A model's answer comes as Markdown from outside. It is parsed once into blocks of text with two styles, and whatever
else it means to be (a link, an image, a table, HTML, code) is shown as the characters it is written with.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import punctuation
from typing import Final, Literal, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_CHARACTERS: Final = 60_000
"""Of an answer; what comes after them is not read."""
DEEPEST: Final = 3
"""Levels of headings and of lists; what lies deeper is shown at this one."""

Kind: TypeAlias = Literal["heading", "paragraph", "item"]

_PARSER: Final = MarkdownIt("commonmark", {"html": False}).disable(
    [
        "autolink", "backticks", "blockquote", "code", "fence", "hr", "html_block", "html_inline", "image", "lheading",
        "link", "reference",
    ]
)  # fmt: skip
_MEANINGFUL: Final = re.compile(r"([\\`*_\[<|~&])")
_FIRST: Final = re.compile(r"^(?:([-+=#>])|(\d+)([.)])(?=\s|$))")
_UNNEEDED: Final = ("\\-", "\\+", "\\=", "\\#", "\\>")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style."""

    text: str
    strong: bool = False
    emphasised: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or one item of a list; `level` counts from 1, and `number` is an ordered item's."""

    kind: Kind
    runs: tuple[Run, ...]
    level: int = 1
    number: int | None = None

    @property
    def text(self) -> str:
        """Its text, without styles."""
        return "".join(run.text for run in self.runs)


def parsed(markdown: str) -> list[Block]:
    """Read Markdown from anywhere. Characters that cannot be seen are gone; each block is one line."""
    text = unicodedata.normalize("NFKC", markdown[:MOST_CHARACTERS])
    text = "".join(
        mark for mark in text if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf", "Cs", "Co")
    )
    blocks: list[Block] = []
    heading, numbers, level_before = 0, list[int | None](), 0
    for token in _PARSER.parse(text):
        match token.type:
            case "heading_open":
                heading = min(int(token.tag[1:]), DEEPEST)
            case "heading_close":
                heading = 0
            case "list_item_open":
                numbers.append(int(token.info) % 100 if token.info.isdigit() else None)
            case "list_item_close":
                numbers.pop()
            case "inline" if runs := _trimmed(_runs(token.children or [])):
                if heading:
                    blocks.append(Block("heading", runs, heading))
                elif numbers:
                    level_before = min(len(numbers), level_before + 1, DEEPEST)
                    blocks.append(Block("item", runs, level_before, numbers[-1]))
                    continue
                else:
                    blocks.append(Block("paragraph", runs))
                level_before = 0
    return blocks


def written(blocks: Iterable[Block], escape: "Callable[[str], str] | None" = None) -> str:
    """Return Markdown that `parsed` reads as the same blocks.

    Args:
        blocks: What to write.
        escape: Makes text of a run mean nothing; unless given, Markdown's own backslashes do.
    """
    parts: list[str] = []
    before: Block | None = None
    for block in blocks:
        text = _line(block.runs, escape or escaped)
        if block.kind == "heading":
            text = f"{'#' * block.level} {text}"
        elif block.kind == "item":
            marker = "-" if block.number is None else f"{block.number}."
            text = f"{'    ' * (block.level - 1)}{marker} {text}"
        if before:
            parts.append("\n" if _same_list(before, block) else "\n\n")
        parts.append(text)
        before = block
    return "".join([*parts, "\n"]) if parts else ""


def escaped(text: str) -> str:
    """Return text as Markdown that means just this text, in one line."""
    line = _MEANINGFUL.sub(r"\\\1", " ".join(text.split()))
    return _FIRST.sub(lambda start: f"\\{start[1]}" if start[1] else f"{start[2]}\\{start[3]}", line)


def restyled(characters: Sequence[tuple[str, bool, bool]]) -> tuple[Run, ...]:
    """Return runs of single characters with their styles: the character, strong, emphasised."""
    return tuple(
        Run("".join(mark for mark, _, _ in same), strong=style[0], emphasised=style[1])
        for style, same in groupby(characters, key=lambda styled: styled[1:])
    )


def _runs(children: Iterable[Token]) -> tuple[Run, ...]:
    characters: list[tuple[str, bool, bool]] = []
    strong = emphasised = 0
    for child in children:
        match child.type:
            case "strong_open" | "strong_close":
                strong += child.nesting
            case "em_open" | "em_close":
                emphasised += child.nesting
            case "softbreak" | "hardbreak":
                characters.append((" ", bool(strong), bool(emphasised)))
            case _:
                characters += [(mark, bool(strong), bool(emphasised)) for mark in child.content]
    return restyled(characters)


def _trimmed(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Without a space at either end, or two in a row."""
    kept: list[tuple[str, bool, bool]] = []
    for run in runs:
        for mark in run.text:
            blank = mark.isspace()
            if not blank or (kept and kept[-1][0] != " "):
                kept.append((" " if blank else mark, run.strong, run.emphasised))
    if kept and kept[-1][0] == " ":
        kept.pop()
    return restyled(kept)


def _same_list(before: Block, block: Block) -> bool:
    """Whether an item may follow without an empty line: after text, a number other than 1 begins no list."""
    if not before.kind == block.kind == "item":
        return False
    same = (before.number is None) == (block.number is None)
    return same and block.level <= before.level if block.number is not None or before.level == block.level else True


def _line(runs: Sequence[Run], escape: Callable[[str], str]) -> str:
    line = ""
    for place, run in enumerate(runs):
        text = run.text.strip()
        left = run.text[: len(run.text) - len(run.text.lstrip())]
        right = run.text[len(run.text.rstrip()) :] if text else ""
        before = (runs[place - 1].text[-1:] if place else "") + left
        after = right + (runs[place + 1].text[:1] if place + 1 < len(runs) else "")
        marks = "*" * (2 * run.strong + run.emphasised)
        if not (text and _may_open(before[-1:], text[0]) and _may_open(after[:1], text[-1])) or line.endswith("*"):
            marks = ""
        inner = escape(text) if text else ""
        if line and not marks and place:  # only a line's first characters can begin a list
            inner = inner.removeprefix("\\") if inner[:2] in _UNNEEDED else inner
        line += f"{left}{marks}{inner}{marks}{right}"
    return line


def _may_open(outside: str, inside: str) -> bool:
    """Whether `**` between them is a mark: beside punctuation only where the other side is no letter."""
    return inside.isalnum() or not outside or outside.isspace() or outside in punctuation

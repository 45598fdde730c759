"""Markdown from outside, such as a model's answer, made safe to show."""

from textwrap import wrap

from insights.document import Block, parsed, written
from views.text import MOST_CHARACTERS, plain


def inert(markdown: str) -> str:
    """Return Markdown with this one's headings, lists, bold and emphasis; all else in it is text.

    No HTML, no image, no link, no formula, no directive of Streamlit's is left of it. The largest heading has the
    third level, as below a page's title.
    """
    return written((_lower(block) for block in parsed(markdown)), _text)


def _lower(block: Block) -> Block:
    return Block("heading", block.runs, block.level + 2) if block.kind == "heading" else block


def _text(text: str) -> str:
    lines = wrap(text, MOST_CHARACTERS) if len(text) > MOST_CHARACTERS else [text]
    return " ".join(plain(line) for line in lines)

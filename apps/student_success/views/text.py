"""Text from outside, as text: what a record, a model or an error says is never markup."""

import re
from typing import Final

MOST_CHARACTERS: Final = 2_000

# Everything that Markdown, its HTML, its formulas, Streamlit's :colours[] and :icons: could read a meaning into.
_MEANINGFUL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$:&^=\"'/@])")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

# After Streamlit has parsed Markdown it looks once more at the text itself, entities or not: for addresses, which it
# makes links, for :emoji: and :material/icons:, and for arrows. Each of them has one of these places in it.
_LOOKED_AT: Final = re.compile(
    r"(?<=:)(?=[\w/+-])|(?<=@)(?=[-\w])|(?<=www)(?=\.)|(?<=[<>~=-])(?=[<>=-])", re.IGNORECASE
)
_WORD_JOINER: Final = "\N{WORD JOINER}"
_COMPUTED: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(text: str) -> str:
    """Return Markdown that shows exactly this text, on one line: no tag, link, image, formula, colour or icon.

    Where Streamlit would make something of the shown text itself, a word joiner, which has no width, is in between.
    """
    one_line = " ".join(shown(text).split())
    return _MEANINGFUL.sub(lambda mark: f"&#{ord(mark[1])};", _LOOKED_AT.sub(_WORD_JOINER, one_line))


def shown(text: str) -> str:
    """Return text without characters that cannot be seen or that turn its direction, capped at `MOST_CHARACTERS`."""
    seen = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return seen if len(seen) <= MOST_CHARACTERS else f"{seen[: MOST_CHARACTERS - 1]}…"


def cell(text: str) -> str:
    """Return text for a table's cell. A spreadsheet that the table is copied or saved into does not compute it.

    Streamlit's tables have a download of their own, which writes cells as they are: a word joiner is before those that
    a spreadsheet would take for a formula.
    """
    seen = shown(text)
    return f"{_WORD_JOINER}{seen}" if seen.lstrip().startswith(_COMPUTED) else seen

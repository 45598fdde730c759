"""Text from outside, as text: what a record, a model or an error says is never markup."""

import re
from typing import Final

MOST_CHARACTERS: Final = 2_000

# Everything that Markdown, its HTML, its formulas, Streamlit's :colours[] and :icons: could read a meaning into.
_MEANINGFUL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$:&^=\"'/@])")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """Return Markdown that shows exactly this text, on one line: no tag, link, image, formula or colour."""
    one_line = " ".join(shown(text).split())
    return _MEANINGFUL.sub(lambda mark: f"&#{ord(mark[1])};", one_line)


def shown(text: str) -> str:
    """Return text without characters that cannot be seen or that turn its direction, capped at `MOST_CHARACTERS`."""
    seen = _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return seen if len(seen) <= MOST_CHARACTERS else f"{seen[: MOST_CHARACTERS - 1]}…"

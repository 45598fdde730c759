"""Text from outside, through a real Markdown renderer."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from views.text import MOST_CHARACTERS, cell, plain, shown

RENDERER = MarkdownIt("gfm-like", {"linkify": False, "html": True})
JOINER = "\N{WORD JOINER}"


class Rendered(HTMLParser):
    """The tags and the text of some HTML."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(RENDERER.render(markdown))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(st.sampled_from("aB1 \n\t<>&\"'`*_~#-+.![]()|{}\\$:^=/@é\u202e\0")) | st.text())
def test_markdown_shows_exactly_the_text(text: str) -> None:
    rendered = Rendered(plain(text))
    assert rendered.tags in (["p"], [])
    assert rendered.text.strip().replace(JOINER, "") == " ".join(shown(text).split())


@pytest.mark.parametrize(
    "text",
    ["https://x.example/a", "www.x.example", "a@x.example", ":smile:", ":material/home:", ":streamlit:", "a -> b",
     "a <-> b", "a -- b", "a >= b", ":red[x]", ":+1:"],
)  # fmt: skip
def test_nothing_is_left_that_streamlit_makes_something_of(text: str) -> None:
    seen = Rendered(plain(text)).text
    assert not re.search(r"https?://|www\.|@\w|:[\w+-]+:|:material/|<->|->|<-|--|>=", seen)
    assert seen.strip().replace(JOINER, "") == text


def test_ordinary_words_have_nothing_in_between() -> None:
    assert JOINER not in plain("Not shown: the table has no major_code (a-b), at 2025-09-01. O'Neill & Söhne")


def test_a_text_is_capped_and_says_so() -> None:
    assert shown("x" * (MOST_CHARACTERS + 1)) == "x" * (MOST_CHARACTERS - 1) + "…"
    assert shown("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS


def test_what_cannot_be_seen_is_marked() -> None:
    assert shown("a\u202eb\0c\x1bd\ufeff") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert shown("two\nlines\tand") == "two\nlines\tand"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(a)", "\t=1", "\uff1d1", " =1"])
def test_a_cell_is_no_formula_wherever_it_is_pasted(text: str) -> None:
    assert cell(text) == JOINER + text


def test_an_ordinary_cell_is_as_it_is() -> None:
    assert [cell(text) for text in ("ADV_1001", "", "a=b", "\0")] == ["ADV_1001", "", "a=b", "\ufffd"]

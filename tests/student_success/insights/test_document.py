"""Markdown from outside: what stays of it, and what becomes text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from insights.document import MOST_CHARACTERS, parsed, written

MARKS = st.text(alphabet="ab1 2.\n*_#-+`[]()<>!|~&;:$\\/=\t", max_size=120)


@given(st.one_of(MARKS, st.text(max_size=120)))
def test_what_is_written_reads_as_the_same_blocks(markdown: str) -> None:
    once = written(parsed(markdown))
    assert [block.text for block in parsed(once)] == [block.text for block in parsed(markdown)]
    assert [(block.kind, block.level) for block in parsed(once)] == [
        (block.kind, block.level) for block in parsed(markdown)
    ]


@given(MARKS)
def test_nothing_but_headings_paragraphs_lists_and_stress_is_written(markdown: str) -> None:
    allowed = {"heading", "paragraph", "bullet_list", "ordered_list", "list_item", "strong", "em", "inline", "text"}
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written(parsed(markdown)))
    seen = [*tokens, *(child for token in tokens for child in token.children or ())]
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in seen} <= allowed


def test_headings_lists_and_stress_stay() -> None:
    markdown = "# One\n\nA **b** and *c*.\n\n- d\n    - e\n- f\n\n1. g\n2. h\n"
    assert written(parsed(markdown)) == markdown


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("<b>x</b>", "<b>x</b>"),
        ("[a](https://evil.example)", "[a](https://evil.example)"),
        ("![a](https://evil.example/b.png)", "![a](https://evil.example/b.png)"),
        ("<https://evil.example>", "<https://evil.example>"),
        ("[a]: https://evil.example\n\n[a]", "[a]: https://evil.example\n[a]"),
        ("`a`", "`a`"),
        ("1&#50;&period;7", "12.7"),
        ("1\u200b2.7", "12.7"),
        ("\uff11\uff12.\uff17", "12.7"),
    ],
)
def test_anything_else_is_text(markdown: str, text: str) -> None:
    assert "\n".join(block.text for block in parsed(markdown)) == text


def test_an_endless_answer_is_read_to_its_limit() -> None:
    assert len("".join(block.text for block in parsed("word " * MOST_CHARACTERS))) <= MOST_CHARACTERS
    assert parsed("> " * 20_000 + "x" + "\n- " * 5_000 + "*" * 10_000 + "[" * 10_000)

"""What others said leaves a terminal as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_tools.printable import one_line, printable, printable_lines


@given(st.text())
def test_nothing_that_is_shown_can_move_a_cursor(text):
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert one_line(text).isprintable()
    assert all(line.isprintable() for line in printable_lines(text).split("\n"))


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_is_printable_stays(text):
    assert printable(text) == one_line(text) == printable_lines(text) == text


@pytest.mark.parametrize("text", ["a\n\tb", "a \r\n b", "\x1ba\u202eb", "  a  b ", "a\u2028b"])
def test_one_line_has_single_spaces(text):
    assert one_line(text) == "a b"


def test_lines_stay_lines():
    assert printable_lines("a\n\x1b[2Jb\r\n") == "a\n [2Jb \n"

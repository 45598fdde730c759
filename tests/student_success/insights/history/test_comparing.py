"""Two reports beside each other."""

from hypothesis import given
from hypothesis import strategies as st

from insights.answer import checked
from insights.figures import Figure, Findings
from insights.history.comparing import MOST_LINES, Moved, compared, said
from insights.prompt import FiguresPrompt


def test_a_line_that_differs_in_its_numbers_alone_is_the_same_line() -> None:
    older = "GPA is 2.91 in 1,200 records.\nUnchanged 5."
    newer = "GPA is 2.87 in 1,250 records.\nUnchanged 5."
    difference = compared(older, newer)
    line = "GPA is 2.87 in 1,250 records."
    assert difference.moved == (Moved(line, "2.91", "2.87"), Moved(line, "1,200", "1,250"))
    assert difference.reworded == ()


def test_what_is_compared_is_what_a_report_says_and_not_where_it_has_it_from() -> None:
    figures = (Figure("S1.1", "Records", 600, "records", 600), Figure("S1.2", "Average GPA", 2.88, "number", 600))
    prompt = FiguresPrompt(
        "Sum it up.", "", title="Overall Performance", template="1", findings=(("Who", Findings(figures)),)
    )
    text = checked("## Summary\n\nThere are 600 [S1.1] records, with a GPA of **2.88** [S1.2].", prompt).text
    assert "All 2 numbers" in text
    assert "## Sources" in text
    assert said(text) == "Summary\nThere are 600 records, with a GPA of 2.88."


def test_other_words_are_a_line_that_went_and_one_that_came() -> None:
    difference = compared("Same.\n\nIt fell.\nEnd.", "Same.\nIt rose.\nMore.\nEnd.")
    assert difference.reworded == ("- It fell.", "+ It rose.", "+ More.")
    assert difference.moved == ()


def test_a_number_within_a_name_is_a_part_of_the_name() -> None:
    assert compared("Course CS101 and S2.3", "Course CS102 and S2.3").moved == ()


@given(st.text())
def test_a_text_and_itself_do_not_differ(text: str) -> None:
    difference = compared(text, text)
    assert (difference.moved, difference.reworded) == ((), ())


@given(st.text("0123456789.,%-+ ab\n"), st.text("0123456789.,%-+ ab\n"))
def test_two_texts_without_a_difference_have_the_same_lines(older: str, newer: str) -> None:
    difference = compared(older, newer)
    same = [line.strip() for line in older.splitlines() if line.strip()] == [
        line.strip() for line in newer.splitlines() if line.strip()
    ]
    assert (not difference.moved and not difference.reworded) == same


def test_endless_texts_are_compared_as_far_as_a_reader_would() -> None:
    difference = compared("a\n" * 50_000, "b\n" * 50_000)
    assert not difference.whole
    assert len(difference.reworded) == 2 * MOST_LINES

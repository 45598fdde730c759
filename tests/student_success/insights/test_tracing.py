"""Every number of a report has a source, or a mark."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from insights.document import Block, Run, parsed, written
from insights.figures import Figure, Group
from insights.tracing import NOT_IN_THE_DATA, Traced, traced

GPA = Figure("S1.1", "Average GPA", 2.8437, "number", 600)
SHARE = Figure("S1.2", "At risk", 0.16667, "share", 600)
MONEY = Figure("S2.1", "Aid, total", 5_105_658.4, "USD", 583)
COUNT = Figure("S2.2", "Records", 12_345.0, "records", 12_345)
R = Figure("S3.1", "Correlation, with its 95 % interval", -0.0934, "correlation", 583)
POINTS = Figure("S3.2", "At risk, newest less oldest", -0.034, "points", 200)
YEAR = Figure("S4.1", "At risk", 0.22, "share", 100, Group("enrollment_date", "2019"))
MAJOR = Figure("S4.2", "At risk", 0.31, "share", 40, Group("major_code", "CS 101"))
FIGURES = (GPA, SHARE, MONEY, COUNT, R, POINTS, YEAR, MAJOR)


def trace(markdown: str, figures: tuple[Figure, ...] = FIGURES) -> Traced:
    return traced(parsed(markdown), figures, ["GPA below 2.0", "on a scale of 100"])


def text(result: Traced) -> str:
    return "\n".join(block.text for block in result.blocks)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The GPA is 2.84.", GPA),
        ("The GPA is about 2.8.", GPA),
        ("2.8437 exactly", GPA),
        ("16.7 % are at risk", SHARE),
        ("16.67% are at risk", SHARE),
        ("17 percent are at risk", SHARE),
        ("17 per cent are at risk", SHARE),
        ("a share of 0.167", SHARE),
        ("$5,105,658 in total", MONEY),
        ("$5.1 million in total", MONEY),
        ("$5,100,000 in total", MONEY),
        ("12,345 records", COUNT),
        ("12345 records", COUNT),
        ("12.3k records", COUNT),
        ("12,000 records", COUNT),
        ("a correlation of -0.09", R),
        ("a correlation of \N{MINUS SIGN}0.093", R),
        ("a fall by 0.09", R),
        ("a fall by 0.093", R),
        ("3.4 percentage points less", POINTS),
        ("-3.4 points", POINTS),
        ("31 % of CS 101", MAJOR),
    ],
)
def test_a_number_of_a_figure_is_traced_in_every_form(sentence: str, source: Figure) -> None:
    result = trace(sentence)
    assert result.untraced == ()
    assert result.sources == (source,)
    assert f"[{source.id}]" in text(result)


@pytest.mark.parametrize(
    "sentence",
    [
        "12.7 % drop out",
        "a GPA of 3",  # rounded to nothing
        "a GPA of 2.85",
        "16.7 records",
        "$16.7",
        "\N{EURO SIGN}5,105,658 in total",
        "2.84 %",
        "$2.84",
        "16.7 points",
        "-2.84",
        "5.1 % in total",
        "0.2 at risk",
        "1,234 students",
        "2,019 students",
        "since 2031",
        "0.09e9",
        "12,345,678 records",
        "٩٩ records",
        "½ of them",
        "95 % of the students pass",
        "GPA above 2.0",
        "COVID-19",
    ],
)
def test_a_number_of_no_figure_is_marked(sentence: str) -> None:
    result = trace(sentence)
    assert result.untraced
    assert NOT_IN_THE_DATA in text(result)


def test_2019_students_are_no_year() -> None:
    assert trace("enrolled in 2019").untraced == ()
    assert trace("2019 students").untraced == ("2019",)


@pytest.mark.parametrize(
    "sentence",
    ["its 95 % interval", "a GPA below 2.0", "on a scale of 100", "Step 3 and steps 4 to 6 say so", "CS 101 leads"],
)
def test_numbers_of_our_own_words_are_no_claims(sentence: str) -> None:
    result = trace(sentence)
    assert result.untraced == ()
    assert text(result) == sentence


def test_the_source_that_the_writer_names_is_taken_if_it_has_the_number() -> None:
    same = Figure("S9.1", "At risk, again", 0.16667, "share", 600)
    assert trace("16.7 % [S9.1] are at risk", (*FIGURES, same)).sources == (same,)
    assert text(trace("16.7 % [S9.1] are at risk", (*FIGURES, same))) == "16.7 % [S9.1] are at risk"
    # One that has not is replaced by one that has.
    assert text(trace("16.7 % [S1.1] are at risk")) == "16.7 % [S1.2] are at risk"


def test_a_reference_to_no_figure_is_marked() -> None:
    result = trace("They do well [S7.7].")
    assert result.untraced == ("S7.7",)
    assert text(result) == "They do well [S7.7] [no such figure]."


def test_marks_survive_styles_and_splits() -> None:
    result = trace("**12.7 %** of *all*, and 1**2**3")
    assert written(result.blocks).count(r"\[not in the data]") == 2


@given(st.floats(min_value=-1e7, max_value=1e7), st.sampled_from(["number", "correlation", "USD", "rate", "points"]))
def test_a_figure_as_it_is_written_is_always_traced(value: float, unit: str) -> None:
    figure = Figure("S1.1", "x", value, unit, 600)
    result = trace(f"It is {figure.written}.", (figure,))
    assert result.untraced == ()
    assert result.sources == (figure,)


@given(st.decimals(min_value="0.01", max_value="99999", places=2))
def test_a_number_far_from_every_figure_is_never_passed_off(number: object) -> None:
    figure = Figure("S1.1", "x", 54_321.5, "number", 777)
    assume(abs(float(str(number)) - 54_321.5) > 500 and float(str(number)) != 777)
    assert trace(f"It is {number} here.", (figure,)).untraced == (str(number),)


@given(st.text(alphabet="0123456789.,%$ -eESs[]kM\nab", max_size=80))
def test_no_digit_is_lost_and_each_number_is_counted(answer: str) -> None:
    blocks = parsed(answer)
    result = traced(blocks, FIGURES)
    references = r"\[?\bS\d{1,2}\.\d{1,3}\b\]?"
    before, after = (re.sub(references, "", made) for made in ("\n".join(block.text for block in blocks), text(result)))
    assert re.findall(r"\d", before) == re.findall(r"\d", after)
    assert result.numbers >= len([found for found in result.untraced if not found.startswith("S")])


def test_thousands_of_numbers_are_traced_while_somebody_waits() -> None:
    block = Block("paragraph", (Run(" ".join(f"{number}.5" for number in range(4_000))),))
    assert len(traced([block], FIGURES).untraced) > 3_500

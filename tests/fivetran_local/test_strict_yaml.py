"""YAML without its surprises: what is read, where it stood, and what is refused in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.strict_yaml import MOST_BYTES, YamlError, parse

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


def refusal(text):
    with pytest.raises(YamlError) as caught:
        parse(text, "deploy.yaml")
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_values_have_the_types_they_look_like_and_the_lines_they_stand_in():
    document = parse("a: x\nb:\n  c: [1, 'two', true]\n  'd e': ~\n", "f")
    assert document.value == {"a": "x", "b": {"c": [1, "two", True], "d e": None}}
    assert document.at(("b", "c", 1)) == "f:3"
    assert document.at(("b", "d e")) == "f:4"
    assert document.at(("b", "nowhere", "below")) == "f:2"


@pytest.mark.parametrize("text", ["", "# a comment\n", "---\n...\n", "\ufeff"])
def test_a_text_with_nothing_in_it_is_none(text):
    assert parse(text.encode(), "f").value is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: &x 1\nc: *x", 2, "an anchor or alias"),
        (BOMB, 1, "an anchor or alias"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", 2, "a tag"),
        ("a: !!str 1", 1, "a tag"),
        ("a: 1\nb: 2\na: 3", 3, "'a' is given twice, first in line 1"),
        ("a:\n\tb: 1", 2, "a tab: indent with spaces"),
        ("a: 1\n---\nb: 1", 2, "a second document"),
        ("[" * 100_000, 1, "nested deeper than 20 levels"),
        ("".join(f"{' ' * n}a:\n" for n in range(99)), 22, "nested deeper than 20 levels"),
        ("? [a]\n: b", 1, "a key that is a list or a mapping"),
        ("1: a", 1, "the key '1' is no text to YAML: put it in quotes"),
        ("on: a", 1, "the key 'on' is no text to YAML"),
        ("a: 010", 1, "YAML reads 010 as a number: write it plainly"),
        ("a: 0x1F", 1, "YAML reads 0x1F as a number"),
        ("a: 9:00", 1, "YAML reads 9:00 as a number"),
        ("a: 1_000", 1, "YAML reads 1_000 as a number"),
        ("a: 1.5", 1, "YAML reads 1.5 as a number"),
        ("a: .nan", 1, "YAML reads .nan as a number"),
        ("a: " + "9" * 5000, 1, "as a number"),
        ("a: 2026-01-01", 1, "YAML does not read '2026-01-01' as text: put it in quotes"),
        ("<<: {a: 1}", 1, "does not read '<<' as text"),
        ("a: 'open", 1, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("a: {", 2, "not YAML"),
        ("a\x00", 1, "a control character ('\\x00')"),
        ("x: 1\na: \u2028", 2, "a control character ('\\u2028')"),
        ('a: 1\nb: "\\e[2J"', 2, "a control character ('\\x1b') in a text: remove it"),
        ('a: "x\\nfake: line"', 1, "a control character ('\\n') in a text"),
        ('a: "\\u202e"', 1, "a control character ('\\u202e') in a text"),
        ('"a\\0": 1', 1, "a control character ('\\x00') in a text"),
        ("a: \u202e", 1, "a control character ('\\u202e')"),
        (b"a: 1\n\xff\xfe", 2, "not UTF-8 text"),
        ("%YAML 9.9\n---\na", 1, "not YAML"),
    ],
)
def test_what_is_refused_is_refused_with_its_line(text, line, words):
    refused = refusal(text)
    assert refused.startswith(f"deploy.yaml:{line}: "), refused
    assert words in refused


def test_a_text_of_ten_megabytes_is_refused_before_it_is_read():
    assert refusal(b"a: [" + b"x, " * 3_500_000) == (
        f"deploy.yaml is larger than {MOST_BYTES:,} bytes, and is meant to be short: is it the right file?"
    )


def test_a_block_of_text_has_its_lines():
    assert parse("a: |\n  one\n  two\nb: >\n  one\n  two\n", "f").value == {"a": "one\ntwo\n", "b": "one two\n"}


def test_a_value_that_is_quoted_is_text_whatever_it_looks_like():
    assert parse("a: '010'\nb: \"on\"\nc: 'x: !!y &z'\n", "f").value == {"a": "010", "b": "on", "c": "x: !!y &z"}


@given(st.text() | st.text(alphabet="a:-#&*!?|>'\"%@`{}[], \n\t\r0123.~<=") | st.binary())
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        parse(text, "f")
    except YamlError as error:
        refused = str(error)
    else:
        refused = "f:"
    assert refused.startswith("f")
    assert len(refused.splitlines()) == 1

"""A secret is in no text that somebody reads, in whatever form it got there."""

import base64
import html
import json
import urllib.parse

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from requests.utils import requote_uri

from fivetran_protocol import MASK, Redactor, secret_values

PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ+/\nabc1\nQw==\n-----END PRIVATE KEY-----\n"

FORMS = {
    "raw": str,
    "stripped": str.strip,
    "URL-quoted": lambda text: urllib.parse.quote(text, safe="", errors="surrogatepass"),
    "URL-quoted path": lambda text: urllib.parse.quote(text, errors="surrogatepass"),
    "URL-quoted plus": lambda text: urllib.parse.quote_plus(text, errors="surrogatepass"),
    "URL-quoted twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe="", errors="surrogatepass")),
    "URL-quoted as a browser does": lambda text: requote_uri(urllib.parse.quote(text, "/:@!", errors="surrogatepass")),
    "base64": lambda text: base64.b64encode(text.encode("utf-8", "surrogatepass")).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("="),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "repr of a repr": lambda text: repr(repr(text)[1:-1])[1:-1],
    "repr of bytes": lambda text: repr(text.encode("utf-8", "surrogatepass"))[2:-1],
    "HTML": html.escape,
}  # fmt: skip

# Distinct from the texts around them, so that finding one again can only mean that it was left there.
secrets = st.text(
    alphabet=st.sampled_from("aB9 _-+/=%&'\"\\<>{}[]()*.?$^|~:;@#!\té€😀\ud800"), min_size=4, max_size=20
).filter(lambda text: text == text.strip())
surroundings = st.text(alphabet="xyz,", max_size=8)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(max_examples=50)
@given(secret=secrets, before=surroundings, after=surroundings)
def test_a_secret_is_removed_in_every_form(form, secret, before, after):
    redacted = Redactor([secret])(f"{before}<{form(secret)}>{after}")
    assert redacted == f"{before}<{MASK}>{after}"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(max_examples=25)
@given(secret=secrets)
def test_space_around_a_secret_hides_it_in_no_form(form, secret):
    assert MASK in Redactor([f" {secret}\n"])(form(secret))
    assert MASK in Redactor([f" {secret}\n"])(form(f" {secret}\n"))


@given(secrets, st.binary(max_size=5), st.binary(max_size=5))
def test_a_secret_within_longer_base64_is_removed_but_for_what_it_shares_with_its_neighbours(secret, before, after):
    raw = secret.encode("utf-8", "surrogatepass")
    assume(len(raw) >= 8)
    redacted = Redactor([secret])(base64.b64encode(before + raw + after).decode())
    assert MASK in redacted
    outside = len(redacted.replace(MASK, "").rstrip("="))
    assert outside <= (len(before) + len(after)) * 4 / 3 + 4


def test_a_url_that_requests_prints_is_clean():
    secret = "p@ss word!/é"
    assert Redactor([secret])(requote_uri(f"https://x.test/a?key={secret}&b=1")) == f"https://x.test/a?key={MASK}&b=1"


def test_a_private_key_is_removed_whole_line_by_line_and_indented():
    redact = Redactor([PRIVATE_KEY])
    for text in (
        PRIVATE_KEY,
        PRIVATE_KEY.strip(),
        PRIVATE_KEY.replace("\n", "\r\n"),
        PRIVATE_KEY.replace("\n", "\n  | "),
        PRIVATE_KEY.replace("\n", "\\n"),
        PRIVATE_KEY.replace("\n", " "),
        json.dumps(json.dumps({"key": PRIVATE_KEY})),
    ):
        redacted = redact(f"before {text} after")
        assert not any(line in redacted for line in PRIVATE_KEY.splitlines()), redacted
        assert redacted.startswith("before ") or "key" in redacted
    for line in (line for line in PRIVATE_KEY.splitlines() if len(line) >= 8):
        assert redact(f"line: {line}!") == f"line: {MASK}!"


def test_a_secret_that_begins_another_leaves_nothing_of_it_behind():
    assert Redactor(["abcd", "abcdefgh"])("see abcdefgh and abcd") == f"see {MASK} and {MASK}"


def test_a_pasted_space_or_line_end_hides_no_secret():
    assert Redactor([" key1\n"])("the header key1 was refused") == f"the header {MASK} was refused"


def test_no_secret_leaves_a_text_as_it_is():
    assert Redactor()("text") == Redactor([""])("text") == Redactor(["other"])("text") == "text"


@pytest.mark.timeout(20)
def test_an_odd_secret_neither_hangs_nor_fails():
    """An ambiguous pattern takes exponential time on a text that almost matches, which the test's timeout would end."""
    for secret in ("\\" * 200, '"' * 200, "\\\"'" * 60, " \n" * 100 + "x", "(" * 200, "|\n|" * 60):
        assert Redactor([secret])(secret).strip() == MASK
        assert Redactor([secret + "!"])("\\" * 5000 + secret * 20 + "?")


@pytest.mark.parametrize(
    ("secrets", "values"),
    [
        ({"api_key": "abc", "empty": "", "none": None}, ["abc"]),
        ({"a": {"b": ["x1", {"c": "y1"}]}}, ["x1", "y1"]),
        ({"pin": 1234, "page": 12, "flag": True, "rate": 0.25}, ["1234", "0.25"]),
    ],
)
def test_the_texts_inside_secrets_are_listed_however_deep(secrets, values):
    assert secret_values(secrets) == values


@pytest.mark.parametrize("rare", ["\f", "\v", "\x1c", "\x1f", "\x85"])
def test_rare_spaces_beside_a_line_end_hide_no_secret(rare):
    secret = f"first part{rare}\nsecond part"
    for text in (secret, json.dumps(secret), repr(secret)):
        assert "second part" not in Redactor([secret])(text).replace("[secret]", "")

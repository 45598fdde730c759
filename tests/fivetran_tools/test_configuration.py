"""A configuration file: what it may hold, and what is said of it when it does not."""

import json

import pytest

from fivetran_tools.configuration import read_configuration
from fivetran_tools.errors import UsageError

SECRET = "s3cret-value"


@pytest.fixture
def read(tmp_path):
    def reading(content):
        file = tmp_path / "configuration.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_configuration(file)

    return reading


def test_texts_are_read_as_they_are(read):
    texts = {"api_key": SECRET, "empty": "", "price": "5$", "a $NAME inside": "x$HOME", "ü": "…", "$": "$", "n": "$1"}
    assert read(texts) == texts


def test_a_name_after_a_dollar_is_read_from_the_environment(read, monkeypatch):
    monkeypatch.setenv("A_KEY_1", "$OTHER")
    monkeypatch.setenv("EMPTY", "")
    assert read({"api_key": "$A_KEY_1", "other": "$EMPTY"}) == {"api_key": "$OTHER", "other": ""}


def test_two_dollars_are_one_and_no_name(read, monkeypatch):
    monkeypatch.setenv("HED_KEY", SECRET)
    assert read({"a": "$$HED_KEY", "b": "$$", "c": "$$$"}) == {"a": "$HED_KEY", "b": "$", "c": "$$"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ":1:1: not JSON: Expecting value"),
        (b'{"api_key": "s3cret-value",\n "b": }', ":2:7: not JSON: Expecting value"),
        (b'{"api_key": "s3cret-value"', "not JSON: Expecting ',' delimiter"),
        (b'{"api_key": "s3cret\nvalue"}', "not JSON: Invalid control character"),
        (b"\xff\xfe{\x00}\x00", "cannot read "),
        (b"[" * 100_000, "nested"),
        ([SECRET], "holds a list, expected one object of strings"),
        (SECRET, "holds text, expected one object"),
        (None, "holds null, expected one object"),
        ({"page_size": 100}, "'page_size' is a number, expected text: Fivetran sends every secret as text; quote it"),
        ({"flag": True}, "'flag' is a boolean"),
        ({"api_key": None}, "'api_key' is null"),
        ({"nested": {"key": SECRET}}, "'nested' is an object"),
        ({"list": [SECRET]}, "'list' is a list"),
        ({"api_key": "$NOT_SET_ANYWHERE"}, "'api_key' reads the environment variable NOT_SET_ANYWHERE, which is not"),
    ],
)
def test_anything_else_is_told_with_its_place_and_without_a_value(read, content, words):
    with pytest.raises(UsageError) as caught:
        read(content)
    assert words in str(caught.value)
    assert "configuration.json" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there_is_told_with_where_to_start(tmp_path):
    with pytest.raises(UsageError, match=r"no configuration at .*none\.json: copy the connector's"):
        read_configuration(tmp_path / "none.json")


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(UsageError, match="Is a directory"):
        read_configuration(tmp_path)

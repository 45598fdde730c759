"""What clients log in with."""

import base64
import json
import stat

import pytest

from fivetran_local.account.credentials import (
    Credentials,
    credentials_file,
    credentials_in,
    from_environment,
    kept_in,
    page_token,
)
from fivetran_local.errors import AccountFileError


def test_credentials_are_made_once_and_kept_for_this_user_alone(tmp_path):
    made = credentials_in(tmp_path / "fivetran")
    file = credentials_file(tmp_path / "fivetran")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {"api_key": made.api_key, "api_secret": made.api_secret}
    assert credentials_in(tmp_path / "fivetran") == made
    assert credentials_in(tmp_path / "another") != made
    assert list((tmp_path / "fivetran").iterdir()) == [file]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"api_key": "k"}',
        '{"api_key": 1, "api_secret": 2}',
        '{"api_key": "a:b", "api_secret": "s"}',
        '{"api_key": "k", "api_secret": " "}',
    ],
)
def test_a_file_that_holds_something_else_is_refused_without_quoting_it(tmp_path, text):
    credentials_file(tmp_path).write_text(text)
    with pytest.raises(AccountFileError, match="does not hold api_key and api_secret: remove it"):
        credentials_in(tmp_path)
    assert credentials_file(tmp_path).read_text() == text


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AccountFileError, match="cannot be read"):
        credentials_in(tmp_path / "file" / "fivetran")


def test_the_environment_counts_only_with_both_halves(monkeypatch):
    monkeypatch.setenv("FIVETRAN_API_KEY", "k")
    monkeypatch.delenv("FIVETRAN_API_SECRET", raising=False)
    assert from_environment() is None
    monkeypatch.setenv("FIVETRAN_API_SECRET", " s ")
    assert from_environment() == Credentials("k", "s")


def test_one_variable_may_hold_both_halves_in_base64(monkeypatch):
    monkeypatch.delenv("FIVETRAN_API_SECRET", raising=False)
    monkeypatch.setenv("FIVETRAN_API_KEY", base64.b64encode(b"k:s").decode())
    found = from_environment()
    assert (found, found.source) == (Credentials("k", "s"), "FIVETRAN_API_KEY")
    for neither in ("k:s", base64.b64encode(b"k").decode(), base64.b64encode(b"k:").decode(), "\u00e9"):
        monkeypatch.setenv("FIVETRAN_API_KEY", neither)
        assert from_environment() is None


def test_looking_for_credentials_makes_none(tmp_path):
    assert kept_in(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    made = credentials_in(tmp_path)
    assert kept_in(tmp_path) == made
    assert kept_in(tmp_path).source == made.source == str(credentials_file(tmp_path))


def test_the_page_token_is_the_same_for_a_secret_and_does_not_hold_it():
    token = page_token(Credentials("k", "a-secret"))
    assert token == page_token(Credentials("other", "a-secret"))
    assert token != page_token(Credentials("k", "another"))
    assert "a-secret" not in token

"""Which Fivetran is meant, and what logs in there."""

import base64
import json

import pytest

from fivetran_local.account.credentials import credentials_in
from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api import ApiAddress, Credentials, address_of, credentials_for

REAL = ApiAddress("https://api.fivetran.com", is_local=False)
LOGIN = ("FIVETRAN_API_KEY", "FIVETRAN_API_SECRET")
LOCAL = ApiAddress("http://127.0.0.1:8787", is_local=True)


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in ("FIVETRAN_API_URL", "FIVETRAN_LOCAL_PORT", "FIVETRAN_LOCAL_FOLDER", *LOGIN):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "root", "is_local"),
    [
        ("https://api.fivetran.com", "https://api.fivetran.com", False),
        ("https://api.fivetran.com/v1", "https://api.fivetran.com", False),
        ("https://api.fivetran.com/v1/", "https://api.fivetran.com", False),
        ("https://gateway.example.com/fivetran/v1", "https://gateway.example.com/fivetran", False),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787", True),
        ("http://localhost:8787/", "http://localhost:8787", True),
        ("http://[::1]:8787/v1", "http://[::1]:8787", True),
        ("http://127.9.9.9:1", "http://127.9.9.9:1", True),
    ],
)
def test_an_address_is_taken_with_or_without_v1(url, root, is_local):
    found = address_of(url)
    assert (found.root, found.is_local) == (root, is_local)


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "api.fivetran.com", "ftp://api.fivetran.com", "https://", "https:///v1", "http://api.fivetran.com",
        "http://10.0.0.1:8787", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://127.0.0.1:99999",
        "http://127.0.0.1:x", "https://a b", "https://h?x=1", "https://h#x", "javascript:1", "https://[::1",
        "https://user:hunter2@api.fivetran.com", "https://hunter2@api.fivetran.com", "https://h\x00",
        "https://" + "x" * 300,
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_not_safe_is_refused_without_being_quoted(url):
    with pytest.raises(UsageError) as caught:
        address_of(url)
    assert "--api-url" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_option_comes_before_the_variable_and_the_real_one_last(monkeypatch):
    assert address_of() == REAL
    monkeypatch.setenv("FIVETRAN_API_URL", "http://127.0.0.1:1/v1")
    assert address_of().root == "http://127.0.0.1:1"
    assert address_of("http://127.0.0.1:2").root == "http://127.0.0.1:2"
    assert address_of(local=True).root == "http://127.0.0.1:8787"
    monkeypatch.setenv("FIVETRAN_LOCAL_PORT", "9000")
    assert address_of(local=True).root == "http://127.0.0.1:9000"


def test_local_and_an_address_exclude_each_other():
    with pytest.raises(UsageError, match="exclude each other"):
        address_of("http://127.0.0.1:2", local=True)


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1", "\uff18\uff17", "9" * 5000])
def test_a_port_that_is_none_is_refused(monkeypatch, port):
    monkeypatch.setenv("FIVETRAN_LOCAL_PORT", port)
    with pytest.raises(UsageError, match="FIVETRAN_LOCAL_PORT is no port"):
        address_of(local=True)


def test_a_link_leads_to_the_page_of_the_connection():
    assert REAL.page_of("a_b") == "https://fivetran.com/dashboard/connectors/a_b/status"
    assert LOCAL.page_of("a_b") == "http://127.0.0.1:8787/connections/a_b"


def test_a_command_names_the_same_fivetran():
    assert address_of().command("status x") == "`./fivetran connection status x`"
    assert address_of(local=True).command("status x") == "`./fivetran connection status x --local`"
    url = "http://127.0.0.1:2/v1"
    assert address_of(url).command("status x") == "`./fivetran connection status x --api-url http://127.0.0.1:2`"


def test_the_environment_logs_in_everywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("FIVETRAN_API_KEY", " key ")
    monkeypatch.setenv("FIVETRAN_API_SECRET", "secret")
    for address in (REAL, LOCAL):
        found = credentials_for(address, tmp_path)
        assert (found.api_key, found.api_secret) == ("key", "secret")
        assert "secret" not in repr(found).replace("FIVETRAN_API_SECRET", "")


def test_a_key_in_base64_holds_both_halves(monkeypatch, tmp_path):
    monkeypatch.setenv("FIVETRAN_API_KEY", base64.b64encode(b"key:secret").decode())
    assert credentials_for(REAL, tmp_path) == Credentials("key", "secret")
    assert credentials_for(REAL, tmp_path).source == "FIVETRAN_API_KEY"


def test_the_local_one_made_its_own(tmp_path):
    folder = tmp_path / "files" / "fivetran"
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_text(json.dumps({"api_key": "k", "api_secret": "s"}))
    found = credentials_for(LOCAL, tmp_path)
    assert (found.api_key, found.api_secret) == ("k", "s")
    with pytest.raises(UsageError, match=r"set FIVETRAN_API_KEY and FIVETRAN_API_SECRET to ask api\.fivetran\.com"):
        credentials_for(REAL, tmp_path)


def test_the_local_one_that_keeps_another_folder_is_found_there(tmp_path, monkeypatch):
    folder = tmp_path / "of my own"
    made = credentials_in(folder / "fivetran")
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", str(folder))
    assert credentials_for(LOCAL, tmp_path) == made
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", "of my own")
    assert credentials_for(LOCAL, tmp_path).source == str(folder / "fivetran" / "credentials.json")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"api_key": 1, "api_secret": "s"}', b'{"api_key": "k"}', b"\xff", b"[" * 100_000]
)
def test_a_file_without_credentials_is_told_with_what_to_do(tmp_path, content):
    folder = tmp_path / "files" / "fivetran"
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_bytes(content)
    with pytest.raises(UsageError, match="does not hold api_key and api_secret: remove it"):
        credentials_for(LOCAL, tmp_path)


def test_a_fivetran_that_was_never_started_is_told_with_the_file_that_was_looked_for(tmp_path):
    with pytest.raises(UsageError) as caught:
        credentials_for(LOCAL, tmp_path)
    for words in (str(tmp_path / "files" / "fivetran" / "credentials.json"), "`./fivetran serve`", *LOGIN):
        assert words in str(caught.value)
    assert "FIVETRAN_LOCAL_FOLDER" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "secret", "words"),
    [
        ("key", None, "FIVETRAN_API_SECRET is not set"),
        (None, "hidden", "FIVETRAN_API_KEY is not set"),
        ("a:b", "hidden", "has a colon"),
        ("key\u2009", "hidden\u00e9", "not plain text"),
        ("ke\ny", "hidden", "not plain text"),
    ],
)
def test_credentials_that_cannot_be_are_refused_without_being_quoted(monkeypatch, tmp_path, key, secret, words):
    for name, value in (("FIVETRAN_API_KEY", key), ("FIVETRAN_API_SECRET", secret)):
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=words) as caught:
        credentials_for(REAL, tmp_path)
    assert "hidden" not in str(caught.value)

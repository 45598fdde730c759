"""The settings of a connection: read, looked up, checked."""

import pytest

from fivetran_function import ConfigurationError
from fivetran_function.secrets import Secrets

PUBLIC = ("base_url", "page_size")


def test_a_secret_that_the_request_lacks_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("API_KEY", "from-the-environment")
    assert Secrets({}, PUBLIC).require("api_key") == "from-the-environment"
    assert Secrets({"api_key": None}, PUBLIC).require("api_key") == "from-the-environment"
    assert Secrets({"api_key": "from-the-request"}, PUBLIC).require("api_key") == "from-the-request"
    assert Secrets({}, PUBLIC).redact("got from-the-environment") == "got from-the-environment", "nobody asked for it"


def test_a_public_setting_is_never_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://elsewhere.test")
    assert "base_url" not in Secrets({}, PUBLIC)
    assert Secrets({}, PUBLIC).address("base_url", default="https://source.test") == "https://source.test"


def test_the_variable_s_name_is_in_capitals(monkeypatch):
    monkeypatch.setenv("api_key", "small")
    assert "api_key" not in Secrets({})


@pytest.mark.parametrize("given", [{}, {"api_key": ""}, {"api_key": "  "}, {"api_key": None}])
def test_a_secret_that_is_missing_is_named(given):
    with pytest.raises(ConfigurationError) as failure:
        Secrets(given).require("api_key")
    assert str(failure.value) == "the secret 'api_key' is missing: add it to the connection's secrets in Fivetran"


def test_space_around_a_secret_is_no_part_of_it_and_hides_it_from_nobody():
    secrets = Secrets({"api_key": " k1 \n"})
    assert secrets.require("api_key") == "k1"
    assert secrets.redact("with k1 there") == "with [secret] there"


def test_old_secrets_may_nest_and_may_be_no_text():
    given = {"consumer": {"key": "canary"}, "account": 12345, "sandbox": True, "rate": 0.5}
    secrets = Secrets(given, ("account",))
    assert (secrets["account"], secrets["sandbox"], secrets["rate"]) == ("12345", "true", "0.5")
    assert secrets.raw == given
    assert secrets.redact("canary 12345") == "[secret] 12345"
    with pytest.raises(ConfigurationError, match="the secret 'consumer' is an object, expected text"):
        secrets["consumer"]


def test_nobody_sees_values_by_printing():
    assert repr(Secrets({"b": "canary", "a": "canary"})) == "Secrets(['a', 'b'])"
    assert dict(Secrets({"a": "1"})) == {"a": "1"}
    assert len(Secrets({"a": "1"})) == 1


@pytest.mark.parametrize(("text", "number"), [(None, 100), ("", 100), ("1", 1), (" 200 ", 200), (7, 7)])
def test_a_whole_number_in_its_range(text, number):
    assert Secrets({"page_size": text}, PUBLIC).whole_number("page_size", default=100, least=1, most=200) == number


@pytest.mark.parametrize("text", ["0", "201", "-1", "1.0", "1e2", "ten", "²", "\u0661", "0x1", "1_0", "9" * 5000, True])
def test_another_number_is_refused_with_the_range(text):
    with pytest.raises(ConfigurationError, match="page_size must be a whole number from 1 to 200"):
        Secrets({"page_size": text}, PUBLIC).whole_number("page_size", default=100, least=1, most=200)


def test_one_of_a_few_words():
    assert Secrets({}).one_of("mode", "fail", "restart") == "fail"
    assert Secrets({"mode": " Restart "}).one_of("mode", "fail", "restart") == "restart"
    with pytest.raises(ConfigurationError, match="mode must be fail or restart"):
        Secrets({"mode": "canary"}).one_of("mode", "fail", "restart")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://source.test", "https://source.test"),
        (" https://source.test/api/ ", "https://source.test/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:1/", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("", "https://default.test"),
        (None, "https://default.test"),
    ],
)
def test_an_address(text, address):
    assert Secrets({"base_url": text}, PUBLIC).address("base_url", default="https://default.test") == address


@pytest.mark.parametrize(
    "text",
    [
        "source.test",
        "http://source.test",
        "http://127.0.0.1.source.test",
        "http://localhost.source.test",
        "http://127.0.0.1@source.test",
        "ftp://source.test",
        "https://",
        "https://[",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_would_show_the_key_is_refused(text):
    with pytest.raises(ConfigurationError, match="base_url must be an https:// address"):
        Secrets({"base_url": text}, PUBLIC).address("base_url", default="https://default.test")


@pytest.mark.parametrize("text", ["https://me:pw@source.test", "https://source.test/?a=1", "https://source.test/#a"])
def test_an_address_that_holds_more_than_an_address_is_refused(text):
    with pytest.raises(ConfigurationError, match="base_url must be an address without a user name"):
        Secrets({"base_url": text}, PUBLIC).address("base_url", default="https://default.test")

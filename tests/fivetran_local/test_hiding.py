"""Which settings are secret, where a connector says so and where nobody does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.hiding import hidden_keys, hidden_values, looks_secret, mask_settings, public_but_for_looks
from fivetran_protocol import MASK

SETTINGS = {
    "api_key": "hed_0123456789abcdef", "base_url": "https://api.test/v1", "page_size": "100", "pin": "1234",
    "account": "12345678901", "mode": "fast", "flag": True, "nested": {"inner": ["another1long2secret", "x"]},
    "dsn": "https://user:password@db.test/", "empty": "",
}  # fmt: skip


def test_what_is_not_declared_public_is_secret():
    public = ("base_url", "page_size", "mode", "not there")
    assert hidden_keys(SETTINGS, public) == ["api_key", "pin", "account", "flag", "nested", "dsn", "empty"]
    assert hidden_values(SETTINGS, public) == [
        "hed_0123456789abcdef", "1234", "12345678901", "another1long2secret", "x", "https://user:password@db.test/",
    ]  # fmt: skip
    masked = mask_settings(SETTINGS, public)
    assert list(masked) == list(SETTINGS)
    assert {key for key, value in masked.items() if value != MASK} == {"base_url", "page_size", "mode"}


def test_where_nothing_is_declared_looks_and_names_decide():
    assert hidden_keys(SETTINGS, None) == ["api_key", "nested", "dsn"]
    assert hidden_values(SETTINGS, None) == [
        "hed_0123456789abcdef", "another1long2secret", "user:password", "password",
    ]  # fmt: skip
    masked = mask_settings(SETTINGS, None)
    assert {key: masked[key] for key in masked if masked[key] != SETTINGS[key]} == {
        "api_key": MASK, "nested": MASK, "dsn": f"https://{MASK}@db.test/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("12345678901", False), ("123456789012", True), ("-12345678.25", False), ("abcdefg", False), ("", False),
        ("2024-01-01", False), ("2024-01-01T10:00:00Z", False), ("2024-01-01 10:00:00.5+02:00", False),
        ("10:00:00", False), ("2024-99-99", True), ("us-east-1", False), ("production", False),
        ("Europe/Berlin", False), ("last_updated", False), ("hed_0123456789", True), ("aB3xYz9QwE", True),
        ("a1b2c3d4", True), ("abcdefghijklmnopqrstuvwxyzabcdef", True), ("correct horse battery staple", True),
        ("ftp://api.test", True),
    ],
)  # fmt: skip
def test_what_a_secret_looks_like(value, secret):
    assert looks_secret(value) is secret
    assert hidden_keys({"setting": value}, None) == ["setting"] * secret


@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "APIKEY", "client_secret", "clientSecret", "db.password", "X-Auth"]
)
def test_what_is_called_a_secret_is_one_whatever_it_looks_like(name):
    assert hidden_keys({name: "production"}, None) == [name]
    assert hidden_keys({name: "12345678"}, None) == [name]
    assert hidden_keys({name: "1234567"}, None) == [], "too short to be looked for in every text"


@pytest.mark.parametrize("name", ["author", "passenger", "keyword", "design", "monkeys", "tokenizer"])
def test_what_only_sounds_like_a_secrets_name_is_none(name):
    assert hidden_keys({name: "production"}, None) == []


@pytest.mark.parametrize(
    ("address", "masked", "texts"),
    [
        ("https://api.test/v1/people?limit=100&order=last_updated", None, []),
        ("https://api.test/?sig=a1b2c3d4e5&limit=100", "https://api.test/?sig=[secret]&limit=100", ["a1b2c3d4e5"]),
        ("https://api.test/?password=production", "https://api.test/?password=[secret]", ["production"]),
        ("https://api.test/?a1b2c3d4e5", "https://api.test/?[secret]", ["a1b2c3d4e5"]),
        ("https://api.test/?sig=a%2Bb2c3d4e5", "https://api.test/?sig=[secret]", ["a%2Bb2c3d4e5", "a+b2c3d4e5"]),
        ("https://me@api.test:8080/x", "https://[secret]@api.test:8080/x", []),
        ("https://jane:pass-word@api.test", "https://[secret]@api.test", ["jane:pass-word", "pass-word"]),
        ("https://hooks.test/services/T0000/aB3xYz9QwErTyUi0", "https://hooks.test/services/T0000/[secret]",
         ["aB3xYz9QwErTyUi0"]),
        ("https://api.test/#access_token=a1b2c3d4e5", "https://api.test/#access_token=[secret]", ["a1b2c3d4e5"]),
        ("http://[bad", None, []),
    ],
)  # fmt: skip
def test_an_address_keeps_its_origin_and_loses_its_keys(address, masked, texts):
    settings = {"source": address}
    assert mask_settings(settings, None) == {"source": masked or address}
    assert hidden_values(settings, None) == texts
    assert hidden_keys(settings, None) == ([] if masked is None else ["source"])


@given(st.text())
def test_any_text_can_be_an_address(text):
    address = f"https://{text}"
    masked = mask_settings({"source": address}, None)["source"]
    assert mask_settings({"source": masked}, None) == {"source": masked}


def test_naming_a_public_setting_takes_it_off_the_guess_and_nothing_else():
    settings = {"base_url": "https://api.test", "page_size": "100", "tenant": "a1b2c3d4e5", "api_key": "k1k2k3k4k5"}
    public = public_but_for_looks(["tenant"], settings)
    assert hidden_keys(settings, public) == ["api_key"]
    assert public_but_for_looks([], settings) is None
    other = {**settings, "page_size": "a1b2c3d4e5"}
    assert hidden_keys(settings, public_but_for_looks(["tenant"], settings, other)) == ["page_size", "api_key"]


def test_nothing_is_hidden_of_nothing():
    assert (hidden_keys({}, None), hidden_values({}, ()), mask_settings({}, ())) == ([], [], {})

"""Which settings are secret, where a connector says so and where nobody does."""

import pytest

from fivetran_local.hiding import hidden_keys, hidden_values, looks_secret, mask_settings
from fivetran_protocol import MASK

SETTINGS = {
    "api_key": "hed_0123456789abcdef", "base_url": "https://api.test/v1", "page_size": "100", "pin": "1234",
    "account": "12345678901", "mode": "fast", "flag": True, "nested": {"inner": ["another-long-secret", "x"]},
    "dsn": "https://user:password@db.test/", "empty": "",
}  # fmt: skip


def test_what_is_not_declared_public_is_secret():
    public = ("base_url", "page_size", "mode", "not there")
    assert hidden_keys(SETTINGS, public) == ["api_key", "pin", "account", "flag", "nested", "dsn", "empty"]
    assert hidden_values(SETTINGS, public) == [
        "hed_0123456789abcdef", "1234", "12345678901", "another-long-secret", "x", "https://user:password@db.test/",
    ]  # fmt: skip
    masked = mask_settings(SETTINGS, public)
    assert list(masked) == list(SETTINGS)
    assert {key for key, value in masked.items() if value != MASK} == {"base_url", "page_size", "mode"}


def test_where_nothing_is_declared_long_texts_are():
    assert hidden_keys(SETTINGS, None) == ["api_key", "nested", "dsn"]
    assert hidden_values(SETTINGS, None) == [
        "hed_0123456789abcdef", "another-long-secret", "https://user:password@db.test/",
    ]  # fmt: skip
    masked = mask_settings(SETTINGS, None)
    assert {key for key, value in masked.items() if value == MASK} == {"api_key", "nested", "dsn"}


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("12345678", False), ("1234567", False), ("abcdefg", False), ("abcdefgh", True), ("a 3456 78", True),
        ("https://api.test/", False), ("https://me@api.test/", True), ("ftp://api.test", True), ("", False),
    ],
)  # fmt: skip
def test_what_a_secret_looks_like(value, secret):
    assert looks_secret(value) is secret


def test_nothing_is_hidden_of_nothing():
    assert (hidden_keys({}, None), hidden_values({}, ()), mask_settings({}, ())) == ([], [], {})

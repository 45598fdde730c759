"""Keys are known by the name before them, and rows are not taken for keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.recording.keys import carries_a_key, keys_in_body, keys_in_header, keys_in_url, masked_url
from fivetran_protocol import MASK

KEYS = [
    "key", "api_key", "api-key", "apikey", "APIKEY", "apiKey", "X-Api-Key", "x-hed-key", "access_key", "AWSAccessKeyId",
    "token", "access_token", "refreshToken", "id_token", "X-Auth-Token", "X-Amz-Security-Token", "sas_token",
    "X-Amz-Signature", "X-Amz-Credential", "sig", "signature", "subscription-key", "Ocp-Apim-Subscription-Key", "sas",
    "jwt", "session", "sessionid", "session_id", "pwd", "password", "code", "auth", "Authorization",
    "Proxy-Authorization", "Set-Cookie", "Cookie", "client_secret", "secret", "private_key", "auth_code",
]  # fmt: skip
OTHERS = [
    "page_token", "nextPageToken", "next_token", "continuation-token", "sync_token", "after", "cursor", "monkey",
    "keys", "sort_key", "primary_key", "issue_key", "major_code", "academic_session", "author", "tokens", "design",
    "ETag", "X-Request-Id", "Idempotency-Key", "", "é",
]  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_names_of_keys(name):
    assert carries_a_key(name)


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_anything_else(name):
    assert not carries_a_key(name)


@pytest.mark.parametrize("name", ["api_key", "api%5Fkey", "X-Amz-Signature", "code", "session"])
def test_parameters_that_hold_a_key_are_masked_wherever_an_address_stands(name):
    assert masked_url(f"https://s.test/a?x=1&{name}=secret&y=2") == f"https://s.test/a?x=1&{name}={MASK}&y=2"
    assert masked_url(f'<https://s.test/a?{name}=secret>; rel="n"') == f'<https://s.test/a?{name}={MASK}>; rel="n"'
    assert masked_url(f"https://s.test/#{name}=secret") == f"https://s.test/#{name}={MASK}"


@pytest.mark.parametrize("name", ["page_token", "after", "monkey", "next_page_token", "keys", "sort_key"])
def test_other_parameters_are_not(name):
    assert masked_url(f"https://s.test/a?{name}=value") == f"https://s.test/a?{name}=value"


@pytest.mark.parametrize(
    ("header", "value", "found"),
    [
        ("Authorization", "Bearer abcdefgh1234", {"Bearer abcdefgh1234", "abcdefgh1234"}),
        ("X-Goog-Signature", "0123456789", {"0123456789"}),
        ("Cookie", "a=b; SESSION=0123456789", {"a=b; SESSION=0123456789", "SESSION=0123456789", "0123456789"}),
        ("X-Api-Key", "short", set()),
        ("Accept-Language", "en-GB,en;q=0.9", set()),
    ],
)
def test_keys_in_headers(header, value, found):
    assert set(keys_in_header(header, value)) == found


def test_keys_in_addresses_as_they_stand_there_and_decoded():
    assert set(keys_in_url("https://s.test/?token=abc%2Fdefgh&code=MATH-1234")) == {"abc%2Fdefgh", "abc/defgh"}


BODY = {
    "refresh_token": "12345678", "x": [{"clientSecret": 'abc"\\defgh'}], "token": "short", "code": "MATH-1234",
    "next": "https://s.test/?page=2&session_id=87654321", "token_type": "something", "password": "two words",
}  # fmt: skip
FOUND = {"12345678", 'abc"\\defgh', "87654321"}


@pytest.mark.parametrize("text", [json.dumps(BODY), json.dumps(BODY, indent=2), json.dumps([BODY])[:-40]])
def test_keys_that_a_body_hands_out_are_found_also_where_it_is_cut_off(text):
    assert set(keys_in_body(text)) >= FOUND
    assert "MATH-1234" not in set(keys_in_body(text))


@pytest.mark.parametrize(("rows", "masked"), [(3, True), (4, False)])
def test_a_column_of_rows_is_not_masked(rows, masked):
    text = json.dumps([{"id": n, "token": f"token-number-{n}"} for n in range(rows)])
    assert bool(set(keys_in_body(text))) is masked
    assert set(keys_in_body(json.dumps([{"token": "the-same-everywhere"}] * 9)))


@given(st.text())
def test_whatever_a_text_is_it_can_be_searched(text):
    masked_url(text)
    list(keys_in_body(text))
    list(keys_in_url(text))
    assert carries_a_key(text) in {True, False}

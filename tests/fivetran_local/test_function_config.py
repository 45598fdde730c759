"""The configuration of a function connection: checked, masked, merged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.errors import InvalidInputError
from fivetran_local.function_config import (
    MASKED,
    checked_config,
    custom_payload_of,
    masked_config,
    redactor_of,
    secrets_of,
    trigger_of,
)

SERVICE = "google_cloud_function"
GOOD = {"schema": "hed", "function_trigger": "https://example.test/hed"}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ("text", "config"),
        ({}, "config.schema"),
        ({"schema": ""}, "config.schema"),
        ({"schema": 3}, "config.schema"),
        ({"schema": "Not Legal"}, "config.schema"),
        ({"schema": "main"}, "config.schema"),
        ({**GOOD, "function_trigger": 3}, "config.function_trigger"),
        ({**GOOD, "function_trigger": "ftp://x"}, "config.function_trigger"),
        ({**GOOD, "function_trigger": "http://example.test"}, "config.function_trigger"),
        ({**GOOD, "secrets": "{"}, "config.secrets"),
        ({**GOOD, "secrets": "[1]"}, "config.secrets"),
        ({**GOOD, "secrets": "[" * 100_000}, "config.secrets"),
        ({**GOOD, "secrets": {"a": "b"}}, "config.secrets"),
        ({**GOOD, "secrets": "{}", "secrets_list": [{"key": "a", "value": "b"}]}, "config.secrets"),
        ({**GOOD, "secrets_list": {"a": "b"}}, "config.secrets_list"),
        ({**GOOD, "secrets_list": [{"key": "a"}]}, r"config.secrets_list\[0\]"),
        ({**GOOD, "secrets_list": [{"key": "a", "value": 3}]}, r"config.secrets_list\[0\]"),
        ({**GOOD, "secrets_list": [{"key": "a", "value": "1"}] * 2}, r"config.secrets_list\[1\]"),
        ({**GOOD, "custom_payloads": [{"key": "", "value": "1"}]}, r"config.custom_payloads\[0\]"),
        ({**GOOD, "secret_list": []}, "config.secret_list"),
    ],
)
def test_a_wrong_field_is_named(config, field):
    with pytest.raises(InvalidInputError, match=f"^{field}: "):
        checked_config(SERVICE, config)


def test_the_schema_stays():
    with pytest.raises(InvalidInputError, match=r"^config.schema: it cannot be changed"):
        checked_config(SERVICE, {"schema": "other"}, GOOD)
    assert checked_config(SERVICE, {}, GOOD) == GOOD


def test_masked_values_mean_the_old_ones():
    old = {**GOOD, "secrets_list": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}
    new = {"function_trigger": MASKED, "secrets_list": [{"key": "b", "value": MASKED}, {"key": "c", "value": "3"}]}
    merged = checked_config(SERVICE, new, old)
    assert merged["function_trigger"] == GOOD["function_trigger"]
    assert secrets_of(merged) == {"b": "2", "c": "3"}


def test_null_takes_a_field_away():
    assert custom_payload_of(checked_config(SERVICE, {"custom_payloads": None}, GOOD)) == {}
    with pytest.raises(InvalidInputError, match=r"^config.schema"):
        checked_config(SERVICE, {"schema": None}, {"function_trigger": GOOD["function_trigger"]})


def test_an_old_connections_secrets_may_nest():
    config = checked_config(SERVICE, {**GOOD, "secrets": '{"api": {"key": 3}}'})
    assert secrets_of(config) == {"api": {"key": 3}}


def test_what_is_read_only_is_not_kept():
    assert checked_config(SERVICE, {**GOOD, "service_account_email": "x@y"}) == GOOD


def test_another_services_fields_are_taken_as_they_are():
    config = {"schema": "s", "role_arn": "arn", "function": "f"}
    assert checked_config("aws_lambda", config) == config


PAIRS = st.dictionaries(
    st.text(min_size=1), st.text(min_size=8, alphabet=st.characters(min_codepoint=0x100)), max_size=4
)


@given(secrets=PAIRS, payload=st.dictionaries(st.text(min_size=1), st.text(), max_size=3))
def test_a_round_trip_through_the_mask_changes_nothing_and_shows_nothing(secrets, payload):
    config = checked_config(
        SERVICE,
        {
            **GOOD,
            "secrets_list": [{"key": key, "value": value} for key, value in secrets.items()],
            "custom_payloads": [{"key": key, "value": value} for key, value in payload.items()],
        },
    )
    shown = masked_config(config)
    assert shown["function_trigger"] == MASKED
    assert [pair["value"] for pair in shown["secrets_list"]] == [MASKED] * len(secrets)
    assert not any(value in json.dumps(shown["secrets_list"], ensure_ascii=False) for value in secrets.values())
    assert checked_config(SERVICE, shown, config) == config
    assert (secrets_of(config), custom_payload_of(config), trigger_of(config)) == (
        secrets,
        payload,
        GOOD["function_trigger"],
    )


def test_the_secrets_and_the_secret_parts_of_the_address_are_taken_out_of_texts():
    redact = redactor_of(
        {
            "function_trigger": "https://example.test/hook/Zx81SuperSecretTokenValue0042/run?code=abcd1234efgh",
            "secrets_list": [{"key": "api_key", "value": "hed_0123456789abcdef"}],
        }
    )
    said = "POST /hook/Zx81SuperSecretTokenValue0042/run?code=abcd1234efgh with hed_0123456789abcdef at example.test"
    assert redact(said) == "POST /hook/[secret]/run?code=[secret] with [secret] at example.test"
    assert redactor_of({"function_trigger": "https://example.test/hed"})("POST /hed") == "POST /hed"
    assert redactor_of({})("nothing is secret") == "nothing is secret"

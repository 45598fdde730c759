"""A secret is found in whatever form it comes out, and what only looks like one is not."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.conformance import Evidence, Verdict, judge
from fivetran_local.conformance.settings import as_json_text, canary, with_source_at, with_wrong_secrets
from fivetran_protocol import MASK
from tests.fivetran_local.conformance.synthetic import document, exchange

FORMS = {
    "raw": str,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a form": quote_plus,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "Basic": lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
    "JSON": json.dumps,
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret)),
    "JSON in JSON in JSON": lambda secret: json.dumps(json.dumps(json.dumps(secret))),
    "a Python literal": repr,
    "HTML": html.escape,
}
PRINTABLE = st.characters(codec="ascii", exclude_categories=["C"])
SECRETS = st.text(PRINTABLE, min_size=4).map("canary-{}-end".format)


def verdict(rule, *exchanges, **more):
    return judge(Evidence(exchanges, log_is_readable=True, **more), rules=[rule]).judgements[0]


@given(SECRETS, st.sampled_from(sorted(FORMS)))
def test_in_every_form_a_secret_is_found_in_states_errors_and_logs(secret, form):
    text = f"before {FORMS[form](secret)} after"
    in_state = verdict("secrets-in-answers", exchange(document(state={"x": [text]})), hidden=[secret])
    assert (in_state.verdict, in_state.findings[0].where) == (Verdict.FAILED, "call 1 (sync), state")
    error = exchange({"errorMessage": "no", "stackTrace": [text]}, status=500)
    in_error = verdict("secrets-in-answers", error, hidden=[secret])
    assert (in_error.verdict, in_error.findings[0].where) == (Verdict.FAILED, "call 1 (sync), error")
    in_log = verdict("secrets-in-logs", exchange(log=("started", text)), hidden=[secret])
    assert in_log.verdict is Verdict.FAILED


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found_in_every_form(form):
    secret = canary()
    body = exchange(FORMS[form](secret).encode(), status=500, content_type="text/html")
    assert verdict("secrets-in-answers", body, hidden=[secret]).verdict is Verdict.FAILED


def test_a_secret_of_several_lines_is_found_line_by_line():
    key = "-----BEGIN-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END-----"
    log = exchange(log=("loading", "MIIEvQIBADANBg"))
    assert verdict("secrets-in-logs", log, hidden=[key]).verdict is Verdict.FAILED


def test_a_mask_is_no_secret_where_the_function_masks_itself():
    masked = exchange({"errorMessage": f"the source refuses {MASK}"}, status=401, log=(MASK,))
    for rule in ("secrets-in-answers", "secrets-in-logs"):
        assert verdict(rule, masked, hidden=["key-0123456789"]).verdict is Verdict.PASSED
        assert verdict(rule, masked, masked=True).verdict is Verdict.FAILED, "as in a recording"


SETTINGS = {
    "api_key": "hed_0123456789",
    "base_url": "https://api.test",
    "page_size": "100",
    "flag": "true",
    "mode": "x",
}


def test_wrong_secrets_are_wrong_and_the_rest_is_as_it_was():
    wrong = with_wrong_secrets(SETTINGS, None)
    assert {key for key in SETTINGS if wrong[key] != SETTINGS[key]} == {"api_key"}
    declared = with_wrong_secrets(SETTINGS, ("base_url", "page_size"))
    assert {key for key in SETTINGS if declared[key] != SETTINGS[key]} == {"api_key", "flag", "mode"}
    assert with_wrong_secrets(SETTINGS, tuple(SETTINGS)) is None
    assert canary() != canary()


def test_an_address_with_a_wrong_key_leads_to_the_source_still():
    settings = {"base_url": "https://api.test/v1?sig=a1b2c3d4e5&limit=100"}
    wrong = with_wrong_secrets(settings, None)["base_url"]
    assert wrong.startswith("https://api.test/v1?sig=canary-")
    assert wrong.endswith("&limit=100")
    assert with_wrong_secrets(settings, ())["base_url"].startswith("canary-"), "declared secret, whole"


def test_old_connections_have_typed_settings_and_secrets_as_they_are():
    typed = as_json_text({**SETTINGS, "pin": "1234"}, ("base_url", "page_size", "flag", "mode"))
    assert (typed["page_size"], typed["flag"], typed["pin"]) == (100, True, "1234")
    assert with_source_at(SETTINGS, "http://127.0.0.1:1") == {**SETTINGS, "base_url": "http://127.0.0.1:1"}
    assert with_source_at({"api_key": "k"}, "http://127.0.0.1:1") is None

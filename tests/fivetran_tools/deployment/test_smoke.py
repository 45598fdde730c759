"""The first call of a deployed function: what passes, what fails, and what says nothing about the function."""

import json

import pytest

from fivetran_tools.deployment import smoke
from fivetran_tools.deployment.smoke import WAITS_SECONDS, SmokeVerdict, smoke_call
from tests.support.scripted_source import cut_off, disconnect, document, raw, scripted_source, silence, status, trickle

SECRET = "sk-canary-0123456789"
PASSED = document({"state": {}, "insert": {}, "hasMore": False})
NO_SETTINGS = {"errorMessage": "the secret 'api_key' is missing", "errorType": "ConfigurationError", "stackTrace": []}


def call(*answers, token="made-up", **options):
    waited = []
    with scripted_source(*answers) as function:
        found = smoke_call(function.url, token, wait=waited.append, **options)
    return found, function.asked, waited


def report(code, kind, text="no luck"):
    return document({"errorMessage": text, "errorType": kind, "stackTrace": []}, code)


def test_a_setup_test_that_answers_passes():
    found, asked, waited = call(PASSED)
    assert (found.verdict, waited) == (SmokeVerdict.PASSED, [])
    assert found.text.startswith("the setup test passed in ")
    (one,) = asked
    body = json.loads(one.body)
    assert one.method == "POST"
    assert one.headers["Authorization"] == "Bearer made-up"
    assert one.headers["Content-Type"] == "application/json"
    assert (body["setup_test"], body["state"], body["secrets"], "sync_id" in body) == (True, {}, {}, False)


def test_a_function_that_anybody_may_call_is_sent_no_token():
    _, asked, _ = call(PASSED, token=None)
    assert asked[0].headers["Authorization"] is None


def test_without_any_settings_the_runtimes_own_complaint_about_them_passes():
    found, _, _ = call(document(NO_SETTINGS, 400))
    assert found.verdict is SmokeVerdict.PASSED
    assert "it runs, and asks for its settings as it should: the secret 'api_key' is missing" in found.text


def complaint(text):
    return document({**NO_SETTINGS, "errorMessage": text}, 400)


@pytest.mark.parametrize(
    ("text", "has", "lacks", "verdict"),
    [
        ("the secret 'token' is missing", {"api_key"}, {"token", "page_size"}, SmokeVerdict.PASSED),
        ("Token must be text", {"api_key"}, {"token"}, SmokeVerdict.PASSED),
        ("say who you are", {"api_key"}, {"token"}, SmokeVerdict.PASSED),
        ("the secret 'api_key' is missing: add it to the token", {"api_key"}, {"token"}, SmokeVerdict.FAILED),
        ("api_key must be a key", {"api_key"}, {"token"}, SmokeVerdict.FAILED),
        ("say who you are", {"api_key"}, set(), SmokeVerdict.FAILED),
        ("the secret 'token' is missing", set(), set(), SmokeVerdict.FAILED),
        ("say who you are", {"api_key"}, None, SmokeVerdict.FAILED),
    ],
)
def test_a_complaint_passes_where_only_fivetrans_form_can_give_what_is_missing(text, has, lacks, verdict):
    found, _, _ = call(complaint(text), has=has, lacks=lacks)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (document(NO_SETTINGS, 400), {"has": {"api_key"}}),
        (document(NO_SETTINGS, 400), {"secrets": {"api_key": SECRET}, "has": {"api_key"}, "lacks": set()}),
        (document(NO_SETTINGS, 500), {}),
        (report(400, "CredentialsError"), {}),
        (report(500, "ValueError"), {}),
        (report(403, "ValueError"), {}),
        (document(NO_SETTINGS), {}),
        (status(500), {}),
        (status(302), {}),
        (raw(b"<html>"), {}),
        (cut_off(), {}),
        (disconnect, {}),
        (raw(b" " * 11_000_000), {}),
    ],
    ids=[
        "no settings where deploy.yaml names secrets", "no settings though they were sent", "not with status 400",
        "refused credentials", "a defect", "a report of its own with 403", "a report with 200", "no report", "redirect",
        "no JSON", "half an answer", "no answer", "eleven megabytes",
    ],
)  # fmt: skip
def test_anything_else_fails_at_once(answer, options):
    found, asked, waited = call(answer, **options)
    assert found.verdict is SmokeVerdict.FAILED
    assert (len(asked), waited) == (1, [])


@pytest.mark.parametrize("code", [401, 403, 404, 503])
def test_a_function_that_is_not_there_yet_is_called_again(code):
    told = []
    found, asked, waited = call(status(code), status(code), PASSED, announce=told.append)
    assert found.verdict is SmokeVerdict.PASSED
    assert len(asked) == 3
    assert waited == list(WAITS_SECONDS[:2])
    assert told[0] == f"Google answered {code} in place of the function: calling again in 2 s"


def test_a_function_that_never_lets_us_in_was_not_reached_which_is_not_its_failure():
    found, asked, waited = call(status(403))
    assert (found.verdict, found.text) == (
        SmokeVerdict.UNREACHED,
        "Google answered 403 in place of the function, give the account that deploys the invoker role",
    )
    assert len(asked) == len(WAITS_SECONDS) + 1
    assert waited == list(WAITS_SECONDS)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (503, SmokeVerdict.FAILED),
        (401, SmokeVerdict.UNREACHED),
        (403, SmokeVerdict.UNREACHED),
        (404, SmokeVerdict.UNREACHED),
    ],
)
def test_a_container_that_never_starts_has_failed_and_a_closed_door_says_nothing_of_the_function(code, verdict):
    found, asked, _ = call(status(404), status(503), status(code))
    assert found.verdict is verdict
    assert f"Google answered {code} in place of the function" in found.text
    assert len(asked) == len(WAITS_SECONDS) + 1


@pytest.mark.parametrize("answer", [silence, trickle()], ids=["silence", "a byte now and then"])
def test_a_function_that_hangs_fails_in_a_bounded_time(monkeypatch, answer):
    monkeypatch.setattr(smoke, "CALL_SECONDS", 0.2)
    found, asked, _ = call(answer)
    assert (found.verdict, found.text) == (
        SmokeVerdict.FAILED,
        "the function did not answer within 0.2 s, where Fivetran gives up",
    )
    assert len(asked) == 1


def test_where_nothing_listens_the_call_is_bounded():
    with scripted_source(PASSED) as gone:
        url = gone.url
    found = smoke_call(url, None, wait=lambda _: None)
    assert found.verdict is SmokeVerdict.UNREACHED
    assert "nothing answers at" in found.text


@pytest.mark.parametrize("url", ["", "http://example.org/f", "not an address"])
def test_an_address_that_must_not_be_sent_secrets_is_not_called(url):
    assert smoke_call(url, "token", secrets={"api_key": SECRET}).verdict is SmokeVerdict.UNREACHED


def test_no_secret_and_no_token_is_in_what_is_told():
    echo = report(500, "ValueError", f"{SECRET} and {SECRET!r} with made-up-token-123")
    found, _, _ = call(echo, secrets={"api_key": SECRET}, token="made-up-token-123")
    assert "[secret]" in found.text
    assert SECRET not in found.text
    assert "made-up-token-123" not in found.text

"""Whatever goes wrong in a connector, Fivetran is told in its own words, and the server goes on."""

import pytest

from tests.support.functions import loaded, served


def failure(how):
    with served("fails_as_told") as client:
        answer = client.post("/", json={"state": {"fail": how}, "secrets": {}, "sync_id": "s1"})
    assert answer.content_type == "application/json"
    report = answer.get_json()
    assert set(report) == {"errorMessage", "errorType", "stackTrace"}
    return answer.status_code, report


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("FunctionError", 500),
        ("ConfigurationError", 400),
        ("CredentialsError", 400),
        ("SourceError", 500),
        ("SourceStatusError", 500),
        ("OutOfTimeError", 500),
        ("PageError", 500),
    ],
)
def test_an_error_of_the_runtime_has_its_status(name, status):
    code, report = failure(name)
    assert code == status
    assert (report["errorMessage"], report["errorType"]) == ("told to fail", name)
    assert report["stackTrace"][0] == "Traceback (most recent call last):"
    assert report["stackTrace"][-1] == (f"fivetran_function.errors.{name}: told to fail")
    assert any("tests/functions/fails_as_told/main.py" in line for line in report["stackTrace"])


@pytest.mark.parametrize(
    ("how", "name", "text"),
    [
        ("KeyError", "KeyError", "'told to fail'"),
        ("SystemExit", "SystemExit", "3"),
        ("an error without a text", "RuntimeError", "RuntimeError"),
        ("None", "FunctionError", "the connector returned a NoneType: end it with `return Response(...)`"),
        ("a dict", "FunctionError", "the connector returned a dict: end it with `return Response(...)`"),
        (
            "an undeclared table",
            "FunctionError",
            ("the connector fills the table 'accounts' without declaring it: add it to @connector(schema=...)"),
        ),
    ],
)
def test_any_other_failure_is_a_500(how, name, text):
    code, report = failure(how)
    assert code == 500
    assert (report["errorType"], report["errorMessage"]) == (name, text)


def test_a_chain_of_errors_is_told_whole():
    lines = failure("a chain")[1]["stackTrace"]
    assert "ValueError: invalid literal for int() with base 10: 'what happened first'" in lines
    assert "RuntimeError: what came of it" in lines
    assert not any("\n" in line for line in lines)


def test_the_server_lives_on_after_an_exit():
    with served("fails_as_told") as client:
        assert client.post("/", json={"state": {"fail": "SystemExit"}}).status_code == 500
        assert client.post("/", json={"state": {"fail": "PageError"}}).get_json()["errorType"] == "PageError"


def test_called_without_http_a_failure_is_a_report_and_a_status(mocker):
    report, status = loaded("fails_as_told")(mocker.Mock(json={"state": {"fail": "CredentialsError"}}))
    assert status == 400
    assert report["errorMessage"] == "told to fail"


def test_a_timeout_that_is_no_number_is_reported(monkeypatch):
    monkeypatch.setenv("FUNCTION_TIMEOUT_SECONDS", "soon")
    code, report = failure("PageError")
    assert code == 400
    assert report["errorMessage"].startswith("FUNCTION_TIMEOUT_SECONDS is not a positive number of seconds")

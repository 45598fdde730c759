"""Where the destination, the connection, the configuration, the Python and the API key come from."""

from pathlib import Path

import pytest

from fivetran_tools.deployment.connector_sdk.options import SdkOptions, complete, shown_key
from fivetran_tools.errors import UsageError
from tests.support.connector_sdk.deployments import deployment

KEY = "Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
TOLD = SdkOptions(
    api_key=KEY,
    destination="Warehouse",
    connection="students",
    configuration=Path("settings.json"),
    python_version="3.11",
)
VARIABLES = {
    "FIVETRAN_API_KEY": KEY,
    "FIVETRAN_DESTINATION_NAME": "Elsewhere",
    "FIVETRAN_CONNECTION_NAME": "others",
    "FIVETRAN_CONFIGURATION": "~/other.json",
    "FIVETRAN_PYTHON_VERSION": "3.12",
}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def variables(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


class Person:
    """Somebody who gives the same answer to everything, or presses Enter."""

    def __init__(self, answer=None):
        self.answer = answer
        self.asked = []

    def __call__(self, question, default, shown):
        self.asked.append((question, shown))
        return default if self.answer is None else self.answer


def test_what_was_told_is_taken_and_nobody_is_asked(variables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    person = Person()
    answers = complete(TOLD, deployment(), person)
    assert (answers.api_key, answers.destination, answers.connection) == (KEY, "Warehouse", "students")
    assert (answers.python_version, answers.configuration) == ("3.11", tmp_path / "settings.json")
    assert person.asked == []


@pytest.mark.parametrize("person", [None, Person()])
def test_variables_are_the_defaults_with_and_without_somebody_to_ask(variables, person):
    answers = complete(SdkOptions(), deployment(), person)
    assert (answers.api_key, answers.destination, answers.connection) == (KEY, "Elsewhere", "others")
    assert (answers.python_version, answers.configuration) == ("3.12", Path.home() / "other.json")


def test_a_person_is_asked_for_all_that_was_not_told_and_sees_the_keys_beginning_only(variables):
    person = Person("3.11")
    with pytest.raises(UsageError, match=r"'3\.11' cannot name a connection"):
        complete(SdkOptions(), deployment(), person)
    assert [shown for _, shown in person.asked] == ["~/other.json", "Elsewhere", "others", "3.12", "Y2FuYX…"]
    assert KEY not in str(person.asked)


def test_deploy_yaml_names_the_connection_and_the_python():
    told = SdkOptions(api_key=KEY, destination="Warehouse")
    assert complete(told, deployment("hed-sync", runtime="python311")).connection == "hed_sync"
    assert complete(told, deployment(runtime="python311")).python_version == "3.11"
    assert complete(told, deployment(runtime="python313")).python_version == "3.12"
    assert complete(told, deployment()).configuration is None


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"destination": None}, "which destination.*--destination.*FIVETRAN_DESTINATION_NAME"),
        ({"destination": " "}, "which destination"),
        ({"api_key": None}, "no API key: set FIVETRAN_API_KEY"),
        ({"api_key": "key:canary-secret"}, "is not base64"),
        ({"api_key": "canary-\nsecret"}, "is not base64"),
        ({"connection": "Students"}, "'Students' cannot name a connection"),
        ({"connection": "a b"}, "cannot name a connection"),
        ({"connection": "students\n"}, None),
        ({"connection": ""}, "'' cannot name a connection"),
        ({"connection": "-x"}, "cannot name a connection"),
        ({"connection": "../x"}, "cannot name a connection"),
        ({"python_version": "3.13"}, r"no Python '3\.13'.*3\.12 or 3\.11"),
    ],
)
def test_wrong_words_are_refused_in_one_line(told, reason):
    given = SdkOptions(**{"api_key": KEY, "destination": "Warehouse", **told})
    if reason is None:
        assert complete(given, deployment()).connection == "students"
        return
    with pytest.raises(UsageError, match=reason) as caught:
        complete(given, deployment())
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_dry_run_needs_no_key_and_asks_nothing():
    person = Person()
    answers = complete(SdkOptions(dry_run=True), deployment(), person)
    assert (answers.api_key, answers.destination, answers.connection) == ("", "DESTINATION", "tiny")
    assert person.asked == []


def test_a_key_is_never_printed():
    assert KEY not in repr(TOLD)
    assert KEY not in repr(complete(TOLD, deployment()))


@pytest.mark.parametrize(("key", "shown"), [(KEY, "Y2FuYX…"), ("short", "…"), ("twelve-chars", "…"), ("", "…")])
def test_so_much_of_a_key_is_shown(key, shown):
    assert shown_key(key) == shown

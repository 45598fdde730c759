"""docs/coverage.md is what the API really serves and refuses, and no operation of the definition is forgotten."""

import json

import pytest

from fivetran_tools.api_coverage import DEFINITION, coverage, main, sorted_routes, uncovered
from fivetran_tools.project import Project


@pytest.fixture
def definition(tmp_path, monkeypatch):
    """Write a definition with these operations, and name it."""

    def written(*operations):
        paths = {}
        for operation in operations:
            verb, path = operation.split()
            paths.setdefault(path, {})[verb.lower()] = {}
        file = tmp_path / "definition.json"
        file.write_text(json.dumps({"paths": paths}))
        monkeypatch.setenv(DEFINITION, str(file))
        return file

    return written


@pytest.fixture(autouse=True)
def unnamed(monkeypatch):
    monkeypatch.delenv(DEFINITION, raising=False)


def test_the_document_is_fresh(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err
    assert (Project.here().root / "docs" / "coverage.md").read_text(encoding="utf-8") == coverage()


def test_a_stale_document_is_told_with_what_to_run(mocker, capsys):
    mocker.patch("fivetran_tools.api_coverage.coverage", return_value="something else")
    assert main(["--check"]) == 1
    assert "python -m fivetran_tools.api_coverage" in capsys.readouterr().err


def test_everything_served_is_listed_with_what_it_does():
    text = coverage()
    for method, route in sorted_routes():
        assert f"| {method} | `{route.path}` | " in text
    assert "|  |" not in text


def test_parameters_may_be_called_otherwise_in_the_definition(definition):
    file = definition(
        "GET /v1/connections/{connectionId}", "DELETE /v1/users/{id}/role", "GET /v1/teams/{teamId}/users"
    )
    assert uncovered(file) == []


def test_an_operation_that_is_neither_served_nor_refused_is_named(definition, capsys):
    file = definition("GET /v1/moons", "GET /v1/groups", "PUT /v1/groups")
    assert uncovered(file) == ["GET /v1/moons", "PUT /v1/groups"]
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "neither served nor refused: GET /v1/moons",
        "neither served nor refused: PUT /v1/groups",
    ]


@pytest.mark.parametrize("content", [None, "", "[]", '{"paths": 5}', "no JSON"])
def test_a_definition_that_cannot_be_read_is_told_in_one_line(tmp_path, monkeypatch, capsys, content):
    file = tmp_path / "definition.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(DEFINITION, str(file))
    assert main(["--check"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert DEFINITION in line

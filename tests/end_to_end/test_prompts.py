"""What the prompts teach is so: the names, their parameters, the examples, and the commands."""

import inspect
import json
import re
from pathlib import Path

import pytest

import fivetran_function
from fivetran_function import Request, Response
from fivetran_function.secrets import Secrets
from fivetran_function.source import Source
from fivetran_protocol import read_response

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = (ROOT / "docs" / "prompts" / "system.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", SYSTEM, re.DOTALL)


def test_every_name_of_the_runtime_is_taught_and_none_that_there_is_not():
    taught = set(re.findall(r"\w+", re.search(r"import \((.*?)\)", PYTHON[0], re.DOTALL)[1]))
    assert taught == set(fivetran_function.__all__) - {"Answer"}
    for name in taught:
        assert f"`{name}" in SYSTEM.replace("@connector", "connector"), name


def test_the_parts_of_a_request_are_as_taught():
    for attribute in re.findall(r"`request\.(\w+)", SYSTEM):
        assert attribute in Request.__dataclass_fields__, attribute
    methods = re.findall(r"`\.(\w+)\(([^)]*)\)`", SYSTEM)
    assert {name for name, _ in methods} == {"require", "whole_number", "one_of", "address"}
    for name, parameters in methods:
        signature = inspect.signature(getattr(Secrets, name))
        assert re.findall(r"\w+", parameters) == list(signature.parameters)[1:], name


def test_source_get_and_connector_and_response_take_what_is_taught():
    assert "`request.source.get(url, params, headers)`" in SYSTEM
    assert list(inspect.signature(Source.get).parameters) == ["self", "url", "params", "headers"]
    assert "`@connector(name, schema=..., public_keys=...)`" in SYSTEM
    assert list(inspect.signature(fivetran_function.connector).parameters) == ["name", "schema", "public_keys"]
    taught = re.findall(r"(\w+)=\.\.\.", re.search(r"`Response\((.*?)\)`", SYSTEM)[1])
    assert sorted(taught) == sorted(set(Response.__dataclass_fields__) - {"schema"})


@pytest.mark.parametrize("source", PYTHON, ids=["imports", "connector"])
def test_the_python_in_it_compiles_and_imports(source):
    exec(compile(source, "system.md", "exec"), {})


def test_the_connector_in_it_pages(mocker):
    space: dict = {}
    exec(compile(PYTHON[-1], "system.md", "exec"), space)
    page = {"users": [{"id": 1}], "next_cursor": "c2", "has_more": True}
    mocker.patch("requests.Session.get", return_value=mocker.Mock(status_code=200, content=json.dumps(page).encode()))
    call = mocker.Mock()
    call.get_json.return_value = {"state": {"kept": 1}, "secrets": {"api_key": "a-secret-key"}}
    answer = space["main"](call)
    assert answer["state"] == {"kept": 1, "cursor": "c2"}
    assert answer["hasMore"] is True
    assert read_response(answer).findings == ()
    call.get_json.return_value = {"state": {"cursor": "c2"}, "secrets": {"api_key": "a-secret-key"}}
    report, status = space["main"](call)
    assert status == 500
    assert "has not moved" in report["errorMessage"]


@pytest.mark.parametrize("page", ["AGENTS.md", "docs/prompts/system.md", "docs/prompts/user.md"])
def test_the_paths_that_are_named_are_there(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), target
    named = re.findall(r"(?:^    |`)((?:src|simulators|docs|tests|connectors)/[\w/.]*[\w/])", text, re.MULTILINE)
    for path in named:
        assert "NAME" in path or (ROOT / path).exists(), path

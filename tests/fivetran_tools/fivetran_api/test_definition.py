"""What the client sends and reads, held against Fivetran's own definition of its API and the local one's routes."""

import json
import re
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from fivetran_tools.api_coverage import sorted_routes
from fivetran_tools.fivetran_api import Credentials, FivetranApi, address_of
from fivetran_tools.fivetran_api.models import (
    Column,
    Connection,
    Group,
    Notice,
    Schema,
    SchemaConfig,
    SetupTest,
    Status,
    Table,
)
from tests.support.connection_answers import KEY, SECRET, one, said
from tests.support.scripted_source import document, scripted_source

CONFIG = {"schema": "hed", "function_trigger": "https://f", "secrets_list": [{"key": "a", "value": "b"}]}
CALLS = {
    "groups": lambda api: list(api.groups()),
    "connections": lambda api: list(api.connections(schema="hed")),
    "connections of a group": lambda api: list(api.connections(group="g")),
    "connection": lambda api: api.connection("x"),
    "create": lambda api: api.create_connection(group="g", service="google_cloud_function", config=CONFIG),
    "pause": lambda api: api.set_paused("x", paused=True),
    "delete": lambda api: api.delete_connection("x"),
    "test": lambda api: api.test_connection("x"),
    "sync": lambda api: api.sync("x"),
    "resync": lambda api: api.resync("x"),
    "state": lambda api: api.state("x"),
    "set_state": lambda api: api.set_state("x", {"cursor": "a"}),
    "schemas": lambda api: api.schemas("x"),
    "columns": lambda api: api.columns("x", "s", "t"),
    "enable schema": lambda api: api.set_enabled("x", ("s",), enabled=True),
    "enable table": lambda api: api.set_enabled("x", ("s", "t"), enabled=True),
    "enable column": lambda api: api.set_enabled("x", ("s", "t", "c"), enabled=True),
    "reload": lambda api: api.reload_schemas("x"),
    "connect_card": lambda api: api.connect_card("x", "https://example.com"),
}
ANYTHING = document(
    {"code": "Success", "data": {"items": [], "schemas": {}, "columns": {}, "state": {}, "connect_card": {"uri": "u"}}}
)
MODELS = {
    Connection: "ConnectorResponseV1",
    Status: "ConnectorStatusResponse",
    Notice: "ConnectionTask",
    SetupTest: "SetupTestResultResponse",
    Group: "GroupResponse",
    SchemaConfig: "StandardConfigResponse",
    Schema: "SchemaConfigResponse",
    Table: "TableConfigResponse",
    Column: "ColumnConfigResponse",
}


def is_at(path, template):
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)


def operation(definition, method, path):
    found = [
        operations[method.lower()]
        for template, operations in definition["paths"].items()
        if method.lower() in operations and is_at(path, template)
    ]
    assert found, f"{method} {path} is not in the definition"
    return found[0]


def asked_by(name):
    """Make a call; return what was asked, and its path in plain text."""
    is_about_one = name in ("connection", "create", "pause", "test")
    answer = one() if is_about_one else said() if name in ("delete", "sync", "resync") else ANYTHING
    with scripted_source(answer) as source, FivetranApi(address_of(source.url), Credentials(KEY, SECRET)) as api:
        CALLS[name](api)
    (asked,) = source.asked
    return asked, unquote(asked.path)


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_one_that_the_local_fivetran_serves(name):
    asked, path = asked_by(name)
    assert [route.path for method, route in sorted_routes() if method == asked.method and is_at(path, route.path)], (
        f"{asked.method} {path} is not served"
    )


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_one_of_fivetrans_with_what_it_takes(fivetran_definition, name):
    asked, path = asked_by(name)
    described = operation(fivetran_definition, asked.method, path)
    known = {parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "query"}
    assert set(asked.query) <= known
    if asked.body:
        body = json.loads(asked.body)
        contents = [each["schema"] for each in described["requestBody"]["content"].values()]
        content = contents[0]
        assert all(other == content for other in contents)
        if name == "create":  # the general one describes no service's config: it is in the service's own
            content = {"$ref": "#/components/schemas/google_cloud_function_NewConnectorRequestV1"}
        Draft202012Validator({**content, "components": fivetran_definition["components"]}).validate(body)
        assert set(body) <= _properties(fivetran_definition, content), "a field that Fivetran does not know"


def _properties(definition, schema):
    if "$ref" in schema:
        return _properties(definition, definition["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    found = set(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        found |= _properties(definition, part)
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_that_is_read_is_one_of_fivetrans(fivetran_definition, model):
    known = _properties(fivetran_definition, {"$ref": f"#/components/schemas/{MODELS[model]}"})
    read = {field.alias or name for name, field in model.model_fields.items()} - {"data"}
    assert read <= known

"""The documents that the API serves of itself, held against what it does."""

import pytest

from simulators.hed_api.specification import HedPage


@pytest.fixture
def document(simulator) -> dict:
    return simulator.get(path="/hed_api_spec/openapi.json").json()


def test_answers_are_as_the_document_says(simulator, document):
    schemas = document["components"]["schemas"]
    for page in simulator.pages(page_size=200):
        HedPage.model_validate(page, strict=True)
        assert set(page) == set(schemas["HedPage"]["properties"]) == set(schemas["HedPage"]["required"])
        for row in page["hed_records"]:
            assert set(row) == set(schemas["HedRecord"]["properties"])


def test_parameters_are_as_the_document_says(simulator, document):
    operation = document["paths"]["/hed_data"]["get"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert set(parameters) == {"cursor", "page_size"}
    size = parameters["page_size"]["schema"]
    assert (size["minimum"], size["maximum"], size["default"]) == (1, 200, 100)
    assert simulator.get(page_size=size["maximum"]).status == 200
    assert simulator.get(page_size=size["maximum"] + 1).status == 422
    assert len(simulator.page()["hed_records"]) == size["default"]
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["in"], scheme["name"]) == ("header", "x-api-key")
    refused = {simulator.get(key="wrong").status, simulator.get(cursor="x").status, simulator.get(page_size=0).status}
    assert {str(status) for status in refused} | {"200"} == set(operation["responses"])


def test_the_document_keeps_the_control_door_to_itself(document):
    assert list(document["paths"]) == ["/hed_data"]


def test_the_page_for_people_names_every_field_and_parameter(simulator, document):
    answer = simulator.get(path="/hed_api_spec")
    assert answer.headers["content-type"].startswith("text/html")
    text = answer.data.decode()
    for name in (*document["components"]["schemas"]["HedRecord"]["properties"], "cursor", "page_size", "x-api-key"):
        assert f"<code>{name}</code>" in text
    assert "http://" not in text
    assert "https://" not in text

"""Adding a connection, over HTTP."""

import pytest

from tests.fivetran_local.pages.conftest import HOSTILE, words_of

FORM = {"schema": "made_here", "secrets_list.key": ["a", ""], "secrets_list.value": ["the-other-secret", ""]}


def test_a_connection_is_created_paused_and_tested(reader, connections, function):
    answer = reader.post("/connections/new/google_cloud_function", function_trigger=function.url, **FORM)
    assert answer.status_code == 303, words_of(answer)
    connection_id = answer.headers["Location"].split("/")[2]
    settings = connections.settings(connection_id)
    assert settings.paused
    assert settings.setup_state == "connected"
    assert settings.config["secrets_list"] == [{"key": "a", "value": "the-other-secret"}]
    assert "The connection was created" in reader.text(answer.headers["Location"])
    again = reader.post("/connections/new/google_cloud_function", function_trigger=function.url, **FORM)
    assert again.status_code == 422
    assert "has a connection 'made_here' already" in words_of(again)
    connections.delete(connection_id)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("schema", "Not legal", "Not legal"),
        ("schema", "", "it is required"),
        ("function_trigger", "", "it is required"),
        ("function_trigger", "ftp://x", "http"),
        ("function_trigger", HOSTILE, "http"),
    ],
)
def test_what_is_wrong_in_a_form_stands_at_its_field(reader, connections, function, field, value, says):
    before = len(connections.all())
    form = {"function_trigger": function.url, **FORM, field: value}
    answer = reader.post("/connections/new/google_cloud_function", **form)
    assert answer.status_code == 422
    error = answer.text.split(f'id="field-{field}-error" data-error>')[1].split("</p>")[0]
    assert says in error
    assert HOSTILE not in answer.text
    assert "the-other-secret" not in answer.text
    assert len(connections.all()) == before


def test_a_service_that_cannot_run_here_has_a_page_with_the_reason_and_the_way_there(reader):
    said = reader.text("/connections/new/aws_lambda")
    assert "AWS Lambda: not on this machine" in said
    assert "the local Fivetran calls an address" in said
    assert "./fivetran connection create SCHEMA --service aws_lambda" in said
    assert reader.post("/connections/new/aws_lambda", schema="x").status_code == 404


@pytest.mark.parametrize("service", ["nothing", "..%2f"])
def test_a_service_that_nobody_knows_has_no_form(reader, service):
    assert reader.get(f"/connections/new/{service}").status_code == 404


def test_services_that_cannot_run_here_say_why(reader):
    said = reader.text("/connections/new")
    assert "Google Cloud Functions" in said
    assert "Not on this machine: the local Fivetran calls an address" in said

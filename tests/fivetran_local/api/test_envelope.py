"""Which error becomes which status and code; a defect of this program is told without its text."""

import json

import pytest

from fivetran_local.api.envelope import ApiError, NotServedError, failure, success
from fivetran_local.errors import (
    AccountFileError,
    ConflictError,
    IllegalStateError,
    InvalidInputError,
    NotFoundError,
    WarehouseError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidInputError("name: empty"), 400, "InvalidInput"),
        (IllegalStateError("not yet"), 400, "IllegalState"),
        (NotFoundError("Group", "x"), 404, "NotFound_Group"),
        (ConflictError("not now"), 409, "Conflict"),
        (WarehouseError("another program keeps it open"), 503, "ServiceUnavailable"),
        (AccountFileError("the disk is full"), 500, "InternalError"),
        (ApiError(415, "no JSON"), 415, "UnsupportedMediaType"),
        (ApiError(418, "a teapot"), 418, "BadRequest"),
        (NotServedError("nobody asked"), 501, "NotImplemented"),
    ],
)
def test_an_error_has_its_status_and_code(error, status, code):
    answer = failure(error)
    assert answer.status_code == status
    assert json.loads(answer.body) == {"code": code, "message": str(error)}


def test_what_is_no_error_of_ours_is_not_made_one():
    with pytest.raises(KeyError):
        failure(KeyError("a defect"))


def test_a_success_has_data_and_a_message_only_where_there_are_any():
    assert json.loads(success().body) == {"code": "Success"}
    assert json.loads(success({}, "done").body) == {"code": "Success", "message": "done", "data": {}}
    assert json.loads(success([]).body) == {"code": "Success", "data": []}
    assert json.loads(success({"long": 2**80}).body)["data"] == {"long": 2**80}


def test_a_defect_is_answered_in_form_and_says_nothing_of_itself(client, mocker):
    mocker.patch.object(type(client.local.connections), "all", side_effect=KeyError("s3cret"))
    refused = client.refused("GET", "/v1/connections")
    assert (refused.status, refused.code, refused.message) == (500, "InternalError", "unexpected KeyError")

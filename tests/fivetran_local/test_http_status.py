"""Every error has one HTTP status, whichever way in it leaves by."""

import pytest

from fivetran_local.errors import (
    AccountFileError,
    ConflictError,
    FunctionStartError,
    IllegalStateError,
    InvalidInputError,
    NotFoundError,
    WarehouseError,
)
from fivetran_local.http_status import status_of
from fivetran_local.pages.forms import FormError
from tests.support.local_fivetran import local_fivetran


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInputError("x"), 400),
        (FormError("x"), 400),
        (IllegalStateError("x"), 400),
        (NotFoundError("Group", "x"), 404),
        (ConflictError("x"), 409),
        (WarehouseError("x"), 503),
        (AccountFileError("x"), 500),
        (FunctionStartError("x"), 500),
    ],
)
def test_an_error_has_its_status(error, status):
    assert status_of(error) == status


@pytest.mark.parametrize(
    ("error", "status"), [(WarehouseError("busy for a while"), 503), (AccountFileError("the disk is full"), 500)]
)
def test_each_way_in_answers_an_error_with_its_status_and_reason(tmp_path, mocker, error, status):
    from tests.fivetran_local.pages.conftest import Reader

    with local_fivetran(tmp_path, control=True) as running:
        reader = Reader(running)
        reader.sign_in()
        mocker.patch.object(running.local.connections, "all", side_effect=error)
        mocker.patch.object(running.local.connections, "settings", side_effect=error)
        token = {"X-Control-Token": running.control_token}
        answers = [
            running.ask("GET", "/v1/connections"),
            reader.get("/"),
            running.ask("POST", "/_local/reset", headers=token),
        ]
        assert [answer.status_code for answer in answers] == [status] * 3
        assert all(str(error) in answer.text for answer in answers)

"""What the protocol is known to be: each file of `golden/` says where its shape was read, when, and how sure we are."""

import json
from datetime import date
from pathlib import Path

import pytest

from fivetran_protocol import ErrorReport, FunctionRequest, FunctionResponse, Table, read_response

GOLDEN = Path(__file__).parent / "golden"
EVERY_FILE = sorted(GOLDEN.glob("*/*.json"))


def golden(kind: str) -> list:
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in sorted(GOLDEN.glob(f"{kind}/*.json"))]


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: path.stem)
def test_every_golden_file_says_where_it_comes_from(path):
    source = json.loads(path.read_text())["source"]
    assert source["address"].startswith("https://")
    assert source["confidence"] in {"documented", "inferred from samples", "observed"}
    assert date.fromisoformat(source["recorded"])
    assert source["note"]
    if source["confidence"] == "documented":
        assert source["note"].startswith("shape recorded from a digest of this page"), "nobody has the page's own text"


def test_no_kind_of_golden_file_is_missing():
    assert all(golden(kind) for kind in ("requests", "responses", "errors"))
    assert len(EVERY_FILE) == sum(len(golden(kind)) for kind in ("requests", "responses", "errors"))


@pytest.mark.parametrize("case", golden("requests"))
def test_a_request_is_read(case):
    request = FunctionRequest.from_wire(case["wire"])
    assert {name: getattr(request, name) for name in case["expected"]} == case["expected"]


@pytest.mark.parametrize("case", golden("requests"))
def test_a_request_is_written_as_it_was_read(case):
    """Where a request leaves out what has a default, or has fields of another platform, `written` says what we send."""
    assert FunctionRequest.from_wire(case["wire"]).to_wire() == case.get("written", case["wire"])


@pytest.mark.parametrize("case", golden("responses"))
def test_a_response_is_read_with_exactly_these_findings(case):
    reading = read_response(case["wire"])
    found = [{"rule": f.rule, "severity": str(f.severity), "text": str(f)} for f in reading.findings]
    assert found == case["expected"]["findings"]
    expected = case["expected"]["response"]
    if expected is None:
        assert reading.response is None
        assert reading.refusals
        return
    soft_delete = expected["soft_delete"]
    assert not reading.refusals
    assert reading.response == FunctionResponse(
        **{
            **expected,
            "schema": {name: Table(tuple(key)) for name, key in expected["schema"].items()},
            "soft_delete": soft_delete if soft_delete is True else tuple(soft_delete),
        }
    )


@pytest.mark.parametrize("case", golden("errors"))
def test_an_error_report_is_read(case):
    expected = {**case["expected"], "stack_trace": tuple(case["expected"]["stack_trace"])}
    assert ErrorReport.from_wire(case["wire"]) == ErrorReport(**expected)


def test_an_error_report_is_written_with_all_three_fields():
    wire = json.loads((GOLDEN / "errors" / "all_three_fields.json").read_text())["wire"]
    assert ErrorReport("the key was refused", "CredentialsError", ("first line", "second line")).to_wire() == wire


@pytest.mark.parametrize("body", [None, [], True, "errorMessage", {}, {"errorMessage": None}, {"errorMessage": 1}])
def test_what_is_no_error_report_is_none(body):
    assert ErrorReport.from_wire(body) is None

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import urllib3

from simulators.hed_api.fault_kinds import FAULTS


def second_cursor(simulator) -> str:
    return simulator.page(page_size=100)["next_cursor"]


def test_a_status_comes_after_and_for_as_many_as_asked(simulator):
    simulator.arm("status", code=429, after=2, times=3)
    assert [simulator.get().status for _ in range(7)] == [200, 200, 429, 429, 429, 200, 200]
    assert simulator.control("GET", "/faults").json() == []


def test_null_times_never_end(simulator):
    simulator.arm("status", times=None)
    assert {simulator.get().status for _ in range(20)} == {503}
    (armed,) = simulator.control("GET", "/faults").json()
    assert (armed["seen"], armed["spoiled"]) == (20, 20)
    simulator.control("DELETE", "/faults")
    assert simulator.get().status == 200


def test_refused_requests_count_for_none(simulator):
    simulator.arm("status")
    assert simulator.get(key="wrong").status == 401
    assert simulator.get(cursor="abc").status == 400
    assert simulator.get(page_size=0).status == 422
    assert simulator.get().status == 503


def test_retry_after_is_absent_in_seconds_or_a_date(simulator):
    simulator.arm("status", code=503)
    assert "retry-after" not in simulator.get().headers
    simulator.arm("status", code=429, retry_after=7)
    assert simulator.get().headers["retry-after"] == "7"
    simulator.arm("status", code=429, retry_after=3600, retry_after_as="date")
    text = simulator.get().headers["retry-after"]
    assert text.endswith(" GMT")
    assert 3590 < (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds() <= 3600


def test_slow_is_late_and_right(simulator):
    right = simulator.page()["hed_records"]
    simulator.arm("slow", seconds=0.4)
    began = time.monotonic()
    assert simulator.page()["hed_records"] == right
    assert time.monotonic() - began >= 0.4


def test_cut_off_ends_in_the_middle_of_what_was_announced(simulator):
    simulator.arm("cut_off")
    told = r"IncompleteRead\(\d{4,} bytes read, \d{4,} more expected\)"
    with pytest.raises(urllib3.exceptions.ProtocolError, match=told):
        simulator.get()
    assert simulator.get().status == 200


def test_hang_up_closes_before_any_answer(simulator):
    simulator.arm("hang_up")
    with pytest.raises(urllib3.exceptions.ProtocolError, match="without response"):
        simulator.get()
    assert simulator.get().status == 200
    assert [request["status"] for request in simulator.control("GET", "/requests").json()] == [None, 200]


def test_invalid_json_is_whole_for_http_only(simulator):
    simulator.arm("invalid_json")
    answer = simulator.get()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.data.startswith(b'{"hed_records":[{')
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


def test_html_with_status_200(simulator):
    simulator.arm("html")
    answer = simulator.get()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.data.startswith(b"<!doctype html>")


def test_list_body(simulator):
    right = simulator.page()["hed_records"]
    simulator.arm("list_body")
    assert simulator.get().json() == right


def test_huge_is_over_ten_megabytes_and_a_page_all_the_same(simulator):
    right = simulator.page(page_size=3)["hed_records"]
    simulator.arm("huge", times=2)
    answer = simulator.get(page_size=3)
    assert len(answer.data) > 10 * 1024 * 1024
    assert [{k: v for k, v in row.items() if k != "notes"} for row in answer.json()["hed_records"]] == right
    simulator.arm("huge", size=2048)
    assert len(simulator.get(page_size=1).data) > 2048


@pytest.mark.parametrize("code", [400, 404, 409, 410, 422])
def test_an_expired_cursor_fails_only_with_a_cursor(simulator, code):
    cursor = second_cursor(simulator)
    simulator.arm("expired_cursor", code=code, times=None)
    assert simulator.get(cursor=cursor).status == code
    assert simulator.get().status == 200
    assert simulator.get(cursor=cursor).status == code


def test_a_repeated_cursor_does_not_move(simulator):
    cursor = second_cursor(simulator)
    simulator.arm("repeated_cursor")
    assert simulator.page()["next_cursor"] != cursor
    page = simulator.page(cursor=cursor)
    assert (page["next_cursor"], page["has_more"]) == (cursor, True)
    assert simulator.page(cursor=cursor)["next_cursor"] != cursor


def test_a_null_cursor_comes_on_the_last_page_only(simulator):
    simulator.arm("null_cursor", times=None)
    pages = list(simulator.pages(page_size=100))
    assert [page["next_cursor"] is None for page in pages] == [False] * 4 + [True]
    assert len(pages[-1]["hed_records"]) == 50


def test_an_empty_page_moves_on_and_loses_nothing(simulator):
    right = [row for page in simulator.pages() for row in page["hed_records"]]
    simulator.arm("empty_page", after=1, times=2)
    pages = list(simulator.pages(page_size=100))
    assert [len(page["hed_records"]) for page in pages] == [100, 0, 0, 100, 100, 100, 50]
    assert len({page["next_cursor"] for page in pages}) == len(pages)
    assert [row for page in pages for row in page["hed_records"]] == right


def test_an_extra_page_follows_the_last_rows(simulator):
    simulator.arm("extra_page")
    pages = list(simulator.pages(page_size=150))
    assert [len(page["hed_records"]) for page in pages] == [150, 150, 150, 0]
    assert [page["has_more"] for page in pages] == [True, True, True, False]
    assert pages[-1]["next_cursor"] == pages[-2]["next_cursor"]


def test_a_new_column(simulator):
    right = simulator.page()["hed_records"]
    simulator.arm("new_column")
    assert simulator.page()["hed_records"] == [{**row, "advisor_note": "call back"} for row in right]
    simulator.arm("new_column", name="tags", value=["a", {"b": None}])
    assert simulator.page()["hed_records"] == [{**row, "tags": ["a", {"b": None}]} for row in right]


@pytest.mark.parametrize("column", ["current_gpa", "financial_aid_amount", "last_updated_epoch"])
def test_a_changed_type(simulator, column):
    right = simulator.page()["hed_records"]
    simulator.arm("changed_type", column=column)
    values = [row[column] for row in simulator.page()["hed_records"]]
    assert values == [None if row[column] is None else str(row[column]) for row in right]


def test_a_missing_key(simulator):
    first, *others = simulator.page()["hed_records"]
    simulator.arm("missing_key")
    assert simulator.page()["hed_records"] == [{k: v for k, v in first.items() if k != "record_id"}, *others]
    simulator.arm("missing_key", left="null")
    assert simulator.page()["hed_records"] == [{**first, "record_id": None}, *others]


def test_a_bad_timestamp(simulator):
    first, *others = simulator.page()["hed_records"]
    simulator.arm("bad_timestamp")
    assert simulator.page()["hed_records"] == [{**first, "last_login_date": "31/07/2025 25:61"}, *others]
    simulator.arm("bad_timestamp", column="enrollment_date", text="")
    assert simulator.page()["hed_records"] == [{**first, "enrollment_date": ""}, *others]


def test_a_duplicate(simulator):
    right = simulator.page()["hed_records"]
    simulator.arm("duplicate")
    rows = simulator.page()["hed_records"]
    assert rows[:-1] == right
    assert rows[-1] == {**right[-1], "intervention_count": right[-1]["intervention_count"] + 1}


def test_several_apply_in_the_order_in_which_they_were_armed(simulator):
    simulator.arm("new_column", times=None)
    simulator.arm("missing_key")
    simulator.arm("status", after=1)
    simulator.arm("duplicate", after=1)
    first, second, third = (simulator.get(page_size=1) for _ in range(3))
    assert "record_id" not in first.json()["hed_records"][0]
    assert "advisor_note" in first.json()["hed_records"][0]
    assert second.status == 503
    assert len(third.json()["hed_records"]) == 2  # the error was no page, so the duplicate waited


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_leaves_the_simulator_well(simulator, kind):
    right = list(simulator.pages(page_size=200))
    simulator.arm(kind, times=None, **({"seconds": 0.01} if kind == "slow" else {}))
    for query in ({}, {"cursor": right[-2]["next_cursor"], "page_size": 200}):
        try:
            simulator.get(**query)
        except urllib3.exceptions.ProtocolError:
            assert kind in {"cut_off", "hang_up"}
    (armed,) = simulator.control("GET", "/faults").json()
    assert 0 < armed["spoiled"] == armed["seen"]
    simulator.control("DELETE", "/faults")
    rows = [page["hed_records"] for page in simulator.pages(page_size=200)]
    assert rows == [page["hed_records"] for page in right]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"kind": "earthquake"}, "one of: status, slow, cut_off, hang_up"),
        ({}, "one of: status, slow"),
        ({"kind": ["status"]}, "one of: status, slow"),
        ([], "one of: status, slow"),
        (None, "one of: status, slow"),
        ({"kind": "status", "cod": 500}, "'status' has no 'cod', only: after, times, code, retry_after"),
        ({"kind": "status", "code": 200}, "'code' of 'status': "),
        ({"kind": "status", "code": "500"}, "'code' of 'status': "),
        ({"kind": "status", "after": -1}, "'after' of 'status': "),
        ({"kind": "status", "times": 0}, "'times' of 'status': "),
        ({"kind": "expired_cursor", "code": 500}, "400, 404, 409, 410 or 422"),
        ({"kind": "changed_type", "column": "major_code"}, "'current_gpa'"),
        ({"kind": "bad_timestamp", "column": "current_gpa"}, "'last_login_date'"),
        ({"kind": "huge", "size": 1 << 40}, "'size' of 'huge': "),
    ],
)
def test_what_is_not_understood_is_told_with_what_is(simulator, body, told):
    answer = simulator.control("POST", "/fault", body)
    assert answer.status == 422
    assert told in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert simulator.control("GET", "/faults").json() == []

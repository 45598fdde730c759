"""Log lines: one JSON object each, with what joins them to the sync and to Google's trace."""

import io
import json
import logging
import threading

import pytest

from fivetran_function import logs
from tests.support.functions import loaded, served

BODY = {"state": {}, "secrets": {"api_key": "key-0123"}, "sync_id": "s1"}
TRACE = "105445aa7843bc8bf206b12000100000"


def lines_of(output):
    return [json.loads(line) for line in output.splitlines()]


def test_a_page_is_one_line(capfd):
    with served("reads_pages") as client:
        client.post("/", json=BODY)
        client.post("/", json={**BODY, "state": {"page": 2}})
        client.post("/", json={**BODY, "sync_id": "s2"})
        client.post("/", json={"state": {}, "setup_test": True})
    out, err = capfd.readouterr()
    lines = lines_of(out)
    for line in lines:
        assert 0 <= line.pop("ms") < 60_000
    of_pages = {"severity": "INFO", "message": "page", "connector": "pages", "rows": 2}
    assert lines == [
        {**of_pages, "sync_id": "s1", "page": 1, "has_more": True},
        {**of_pages, "sync_id": "s1", "page": 2, "deletes": 1, "has_more": False},
        {**of_pages, "sync_id": "s2", "page": 1, "has_more": True},
        {"severity": "INFO", "message": "setup test passed", "connector": "pages", "rows": 0, "has_more": False},
    ]
    assert err == ""


def test_an_expected_failure_is_one_line_and_a_defect_has_its_stack(capfd):
    with served("fails_as_told") as client:
        client.post("/", json={**BODY, "state": {"fail": "PageError"}})
        client.post("/", json={**BODY, "state": {"fail": "KeyError"}})
    expected, defect = lines_of(capfd.readouterr().out)
    assert expected.pop("ms") >= 0
    assert expected == {
        "severity": "ERROR",
        "message": "told to fail",
        "connector": "fails",
        "sync_id": "s1",
        "page": 1,
        "error_type": "PageError",
        "status": 500,
    }
    assert defect["message"].startswith("Traceback (most recent call last):\n")
    assert defect["error_type"] == "KeyError"


def test_a_request_that_cannot_be_read_is_logged_too(capfd):
    with served("reads_pages") as client:
        client.post("/", data=b"?")
    (line,) = lines_of(capfd.readouterr().out)
    assert (line["severity"], line["status"], line["error_type"]) == ("ERROR", 400, "NotJsonError")


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, f"projects/p1/traces/{TRACE}"),
        ({"X-Cloud-Trace-Context": TRACE}, f"projects/p1/traces/{TRACE}"),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, f"projects/p1/traces/{TRACE}"),
        ({"traceparent": "malformed"}, None),
        ({"X-Cloud-Trace-Context": '"},{"severity": "x/1'}, None),
        ({}, None),
    ],
)
def test_a_line_carries_google_s_trace(monkeypatch, capfd, headers, trace):
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p1")
    with served("reads_pages") as client:
        client.post("/", json=BODY, headers=headers)
    (line,) = lines_of(capfd.readouterr().out)
    assert line.get("logging.googleapis.com/trace") == trace


def test_a_trace_without_its_project_is_left_out(capfd):
    with served("reads_pages") as client:
        client.post("/", json=BODY, headers={"X-Cloud-Trace-Context": f"{TRACE}/1"})
    (line,) = lines_of(capfd.readouterr().out)
    assert "logging.googleapis.com/trace" not in line


def test_what_a_library_logs_is_json_as_well(capfd):
    with served("tells_its_secrets") as client:
        client.post("/", json={**BODY, "secrets": {"region": "eu"}, "state": {"forms": ["x"], "fail": "PageError"}})
    lines = lines_of(capfd.readouterr().out)
    assert [line["severity"] for line in lines] == ["WARNING", "INFO", "ERROR", "ERROR"]
    assert lines[1]["message"] == "in eu", "what is public can be read"
    assert lines[1]["count"] == 2**70
    assert "\nValueError: could not use x there" in lines[2]["message"]
    assert {line["sync_id"] for line in lines} == {"s1"}


def test_the_root_logger_gets_one_handler_and_keeps_those_of_tests():
    root = logging.getLogger()
    everything = root.handlers[:]
    before = [handler for handler in everything if not isinstance(handler, logs.JsonLines)]
    root.handlers[:] = before
    try:
        plain = logging.StreamHandler()
        root.addHandler(plain)
        logs.install()
        logs.install()
        assert [type(handler) for handler in root.handlers if handler not in before] == [logs.JsonLines]
        assert [handler for handler in before if handler in root.handlers] == before
    finally:
        root.handlers[:] = everything


def a_record(message, *args):
    return logging.LogRecord("careless", logging.INFO, "/f/main.py", 7, message, args, None)


@pytest.mark.parametrize("message", ["%d rows", "%s and %s"], ids=["wrong type", "too few"])
def test_a_record_that_cannot_be_written_shows_only_where_it_comes_from(capsys, message):
    stream = io.StringIO()
    logs.JsonLines(stream).emit(a_record(message, "canary"))
    assert stream.getvalue() == ""
    assert capsys.readouterr().err == "a log record of /f/main.py:7 could not be written (TypeError)\n"


def test_a_stream_that_is_gone_stops_nobody(capsys):
    stream = io.StringIO()
    stream.close()
    logs.JsonLines(stream).emit(a_record("canary"))
    assert capsys.readouterr().err == "a log record of /f/main.py:7 could not be written (ValueError)\n"


def test_half_a_surrogate_pair_is_written():
    stream = io.StringIO()
    logs.JsonLines(stream).emit(a_record("half \ud800"))
    assert json.loads(stream.getvalue())["message"] == "half \ud800"


def test_pages_are_counted_for_each_sync_and_syncs_are_forgotten_in_the_end():
    counter = logs.PageCounter()
    assert [counter.next("a"), counter.next("b"), counter.next("a"), counter.next(None)] == [1, 1, 2, None]
    for i in range(300):
        counter.next(str(i))
    assert counter.next("a") == 1
    assert counter.next("299") == 2


def test_what_is_logged_between_invocations_belongs_to_none(capfd):
    with served("reads_pages") as client:
        client.post("/", json=BODY)
        client.post("/", data=b"?")
        logging.getLogger("between").warning("nobody's")
    *_, line = lines_of(capfd.readouterr().out)
    assert line == {"severity": "WARNING", "message": "nobody's"}


def test_invocations_at_once_do_not_mix_their_lines(capfd):
    main = loaded("reads_pages")
    start = threading.Barrier(4)

    class Call:
        def __init__(self, sync_id):
            self.json = {"state": {}, "secrets": {}, "sync_id": sync_id}

    def invoke(sync_id):
        start.wait(10)
        for _ in range(20):
            main(Call(sync_id))

    threads = [threading.Thread(target=invoke, args=(f"s{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lines = lines_of(capfd.readouterr().out)
    for i in range(4):
        assert [line["page"] for line in lines if line["sync_id"] == f"s{i}"] == list(range(1, 21))

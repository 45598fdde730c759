"""The connector against the simulated API: every fault of its control door, met in the middle of a sync."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from connectors.hed.tests.calling import Double
from fivetran_protocol import read_response

ROOT = Path(__file__).parents[3]
ROWS, PAGE_SIZE, TOKEN = 25, 10, "open-sesame"


class Simulated:
    """A running simulator, its control door, and the connector that reads from it."""

    def __init__(self, process, main):
        announced = json.loads(process.stdout.readline())
        self.secrets = {**announced["configuration"], "page_size": str(PAGE_SIZE)}
        self._door = announced["control"]["url"]
        self._http = urllib3.PoolManager(retries=False, timeout=30)
        self._main = main

    def control(self, method, path, body=None):
        answer = self._http.request(method, self._door + path, json=body, headers={"x-control-token": TOKEN})
        assert answer.status == 200, answer.data
        return answer.json()

    def ask(self, state, **secrets):
        return self._main(Double({"state": state, "secrets": {**self.secrets, **secrets}}))

    def read_on(self, state, **secrets):
        """Read to the end of a sync: rows by table, and the last state."""
        rows, more = {}, True
        while more:
            answer = self.ask(state, **secrets)
            assert isinstance(answer, dict), answer
            assert read_response(answer).findings == ()
            for table, records in answer["insert"].items():
                rows.setdefault(table, []).extend(records)
            state, more = answer["state"], answer["hasMore"]
        return rows, state

    def close(self):
        self._http.clear()


@contextmanager
def simulated(hed):
    words = ["--rows", str(ROWS), "--control-token", TOKEN, "--exit-with-stdin"]
    with subprocess.Popen(
        [sys.executable, "-m", "simulators.hed_api", *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        source = Simulated(process, hed.main)
        yield source
        source.close()
        process.terminate()


@pytest.fixture(scope="module")
def running(hed):
    with simulated(hed) as source:
        yield source


@pytest.fixture
def source(running):
    running.control("DELETE", "/faults")
    running.control("DELETE", "/requests")
    return running


@pytest.fixture(scope="module")
def records(running):
    """What a sync without faults delivers, by key."""
    rows, _ = running.read_on({})
    assert [len(rows[table]) for table in rows] == [ROWS]
    return {row["record_id"]: row for row in rows["hed_records"]}


def by_key(rows):
    return {row["record_id"]: row for row in rows["hed_records"]}


@pytest.mark.parametrize(
    ("kind", "knobs"),
    [
        ("status", {"code": 503, "retry_after": 0, "after": 1}),
        ("status", {"code": 429, "retry_after": 0, "retry_after_as": "date", "after": 1, "times": 2}),
        ("cut_off", {"after": 1}),
        ("hang_up", {"after": 2}),
        ("slow", {"seconds": 0.1}),
        ("empty_page", {"after": 1}),
        ("extra_page", {}),
        ("null_cursor", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_that_passes_costs_no_row(source, records, kind, knobs):
    source.control("POST", "/fault", {"kind": kind, **knobs})
    rows, state = source.read_on({})
    assert by_key(rows) == records
    assert len(rows["hed_records"]) == ROWS
    assert [fault for fault in source.control("GET", "/faults") if fault.get("left")] == []
    again, _ = source.read_on(state)
    assert len(again["hed_records"]) == (ROWS % PAGE_SIZE if kind == "null_cursor" else 0)


@pytest.mark.parametrize(
    ("kind", "knobs", "words"),
    [
        ("invalid_json", {}, "is not JSON"),
        ("html", {}, "bytes of text/html"),
        ("list_body", {}, "is a list, expected an object"),
        ("repeated_cursor", {}, "its next_cursor has not moved"),
        ("expired_cursor", {"code": 410}, "the cursor in the state is no longer valid"),
        ("status", {"code": 418}, "the source answered 418"),
    ],
)
def test_a_fault_that_stays_is_told_and_the_same_state_goes_on_after_it(source, records, kind, knobs, words):
    first = source.ask({})
    source.control("POST", "/fault", {"kind": kind, **knobs})
    report, code = source.ask(first["state"])
    assert code == 500
    assert words in report["errorMessage"]
    assert not any(name in report["errorMessage"] for name in (source.secrets["api_key"], *records))
    rest, _ = source.read_on(first["state"])
    assert by_key(first["insert"]) | by_key(rest) == records


def test_an_expired_cursor_starts_over_when_so_asked(source, records):
    first = source.ask({})
    source.control("POST", "/fault", {"kind": "expired_cursor"})
    rows, _ = source.read_on(first["state"], on_invalid_cursor="restart")
    assert by_key(rows) == records


@pytest.mark.parametrize("left", ["absent", "null"])
def test_a_row_without_a_key_is_the_only_one_that_is_rejected(source, records, left):
    source.control("POST", "/fault", {"kind": "missing_key", "left": left})
    rows, _ = source.read_on({})
    (lost,) = set(records) - set(by_key(rows))
    (rejected,) = rows["hed_rejected_records"]
    assert rejected["content"].get("record_id") is None
    assert rejected["content"]["student_id"] == records[lost]["student_id"]


def test_a_time_that_cannot_be_read_costs_its_row_nothing_else(source, records):
    source.control("POST", "/fault", {"kind": "bad_timestamp", "column": "last_login_date", "text": "soon"})
    rows, _ = source.read_on({})
    (spoiled,) = [row for row in rows["hed_records"] if "last_login_date_raw" in row]
    assert (spoiled["last_login_date"], spoiled.pop("last_login_date_raw")) == (None, "soon")
    good = records[spoiled["record_id"]]
    assert spoiled == {**good, "last_login_date": None}


def test_a_new_column_and_another_type_pass_through(source, records):
    source.control("POST", "/fault", {"kind": "new_column", "name": "note", "value": {"a": [1]}})
    source.control("POST", "/fault", {"kind": "changed_type", "column": "current_gpa"})
    rows, _ = source.read_on({})
    noted = [row for row in rows["hed_records"] if "note" in row]
    assert len(noted) == PAGE_SIZE
    for row in noted:
        gpa = records[row["record_id"]]["current_gpa"]
        assert (row["note"], row["current_gpa"]) == ({"a": [1]}, None if gpa is None else str(gpa))


def test_the_cursor_of_a_finished_sync_finds_what_changed_since(hed):
    with simulated(hed) as source:  # of its own: the others share rows that never change
        before, state = source.read_on({})
        assert source.read_on(state)[0]["hed_records"] == []
        source.control("POST", "/change", {"rows": 3})
        source.control("POST", "/add", {"rows": 2})
        fresh = by_key(source.read_on(state)[0])
    assert len(fresh) == 5
    assert len(set(fresh) & set(by_key(before))) == 3


def test_a_wrong_key_is_the_keys_fault(source):
    report, code = source.ask({}, api_key="hed_wrong")
    assert code == 400
    assert "does not accept the key" in report["errorMessage"]


def test_what_arrives_is_the_cursor_as_it_was_given(source):
    first = source.ask({})
    source.ask(first["state"])
    seen = source.control("GET", "/requests")
    assert [request["status"] for request in seen] == [200, 200]
    assert seen[1]["cursor"] == first["state"]["next_cursor"]
    assert seen[1]["cursor"].endswith("%3D%3D")

"""The control door, over HTTP: faults as clients meet them, the clock, what was asked, and starting anew."""

import http.client
import time
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import requests

from tests.fivetran_local.warehouse_reading import query
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import local_fivetran

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("files"), control=True) as running:
        yield running


@pytest.fixture
def fivetran(server):
    yield server
    server.control("POST", "reset")


@pytest.fixture
def function():
    with function_over_http() as function:
        yield function


def connect(fivetran, function, **fields):
    config = {"schema": "numbers", "function_trigger": function.url}
    body = {"group_id": fivetran.group_id, "service": "google_cloud_function", "config": config, "paused": False}
    return fivetran.request("POST", "/v1/connections", {**body, "schedule_type": "manual", **fields})["id"]


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found


def statuses(fivetran, times, method="GET", path="/v1/groups"):
    return [fivetran.ask(method, path).status_code for _ in range(times)]


def refused(fivetran, method, path, **more):
    """Ask the door for what it does not do; return the status and the message."""
    headers = {"X-Control-Token": fivetran.control_token}
    answer = requests.request(method, f"{fivetran.url}/_local/{path}", **{"headers": headers, "timeout": 10, **more})
    return answer.status_code, answer.json()["message"]


@pytest.mark.parametrize("path", ["faults", "requests", "no-such-thing"])
@pytest.mark.parametrize("headers", [{}, {"X-Control-Token": ""}, {"X-Control-Token": "open"}])
def test_without_its_token_the_door_stays_shut(fivetran, path, headers):
    status, message = refused(fivetran, "GET", path, headers=headers)
    assert status == 401
    assert "X-Control-Token" in message


def test_a_request_is_answered_with_a_status_so_many_times(fivetran):
    fivetran.control("POST", "faults", {"kind": "status", "status": 429, "retry_after": 7, "times": 2})
    first = fivetran.ask("GET", "/v1/groups")
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert first.json()["code"] == "TooManyRequests"
    assert [fault["left"] for fault in fivetran.control("GET", "faults")["faults"]] == [1]
    assert statuses(fivetran, 2) == [429, 200]
    assert fivetran.control("GET", "faults")["faults"] == []


def test_a_fault_concerns_the_requests_of_its_rule_and_no_other(fivetran):
    fivetran.control("POST", "faults", {"kind": "status", "status": 503, "method": "GET", "path": "/v1/gr*ps"})
    assert statuses(fivetran, 2) == [503, 503]
    assert statuses(fivetran, 1, path="/v1/users") == [200]
    assert statuses(fivetran, 1, method="POST") == [400]
    assert fivetran.ask("GET", "/functions").status_code == 200
    fivetran.control("DELETE", "faults")
    assert statuses(fivetran, 1) == [200]


@pytest.mark.parametrize(
    "path", ["/v1/connectors/no_such", "/v2/connectors/no_such/", "/v2/connections/no_such", "/v1/connectors/a/force"]
)
def test_a_fault_meets_older_spellings_of_its_path(fivetran, path):
    fivetran.control("POST", "faults", {"kind": "status", "status": 503, "times": 1, "path": "/v1/connections/*"})
    assert statuses(fivetran, 1, path=path) == [503]


def test_a_fault_of_an_older_spelling_meets_that_alone(fivetran):
    fivetran.control("POST", "faults", {"kind": "status", "status": 503, "path": "/v1/connectors/*"})
    assert statuses(fivetran, 1, path="/v1/connections/no_such") == [404]
    assert statuses(fivetran, 1, path="/v1/connectors/no_such") == [503]


def test_syncs_to_be_put_off_are_listed_until_they_were(fivetran, function):
    identity = connect(fivetran, function)
    rule = {"kind": "rescheduled", "connection": identity, "seconds": 3600}
    once, twice = (fivetran.control("POST", "faults", {**rule, "times": times}) for times in (1, 2))
    assert (once["left"], twice["left"]) == (1, 2)
    assert fivetran.control("GET", "faults")["faults"] == [once, twice]
    for left in (2, 1):
        fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
        assert fivetran.control("GET", "faults")["faults"] == [{**twice, "left": left}]
    assert statuses(fivetran, 1) == [200]
    fivetran.control("DELETE", "faults")
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    until(lambda: fivetran.get(f"/v1/connections/{identity}")["succeeded_at"])


def test_faults_go_in_the_order_in_which_they_were_asked_for(fivetran):
    for status in (500, 503):
        fivetran.control("POST", "faults", {"kind": "status", "status": status, "times": 1})
    assert statuses(fivetran, 3) == [500, 503, 200]


def test_a_slow_answer_is_right_and_late(fivetran):
    fivetran.control("POST", "faults", {"kind": "slow", "seconds": 0.3, "times": 1})
    began = time.monotonic()
    assert statuses(fivetran, 1) == [200]
    assert time.monotonic() - began >= 0.3


def test_a_request_that_hangs_is_cut_off_without_an_answer(fivetran):
    fivetran.control("POST", "faults", {"kind": "hang", "seconds": 0.2, "times": 1})
    connection = http.client.HTTPConnection(urlsplit(fivetran.url).netloc, timeout=10)
    connection.request("GET", "/v1/groups")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()
    assert statuses(fivetran, 1) == [200]


def test_a_sync_is_put_off_as_often_as_asked(fivetran, function):
    identity = connect(fivetran, function)
    fivetran.control("POST", "faults", {"kind": "rescheduled", "connection": identity, "seconds": 3600})
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    status = fivetran.get(f"/v1/connections/{identity}")["status"]
    assert status["sync_state"] == "rescheduled"
    assert status["rescheduled_for"]
    fivetran.request("POST", f"/v1/connections/{identity}/sync", {})
    until(lambda: fivetran.get(f"/v1/connections/{identity}")["succeeded_at"])


def test_a_fault_of_a_connection_that_there_is_not_is_refused(fivetran):
    body = {"kind": "rescheduled", "connection": "no_such"}
    assert refused(fivetran, "POST", "faults", json=body) == (404, "Cannot find connection with id 'no_such'")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body: not JSON"),
        ("[]", "body: expected a"),
        ("{", "body: not JSON"),
        ("{}", "kind: the field is required"),
        ('{"kind": "boom"}', "kind: expected 'status', 'hang'"),
        ('{"kind": "status", "status": 200}', "status"),
        ('{"kind": "status", "times": 0}', "times"),
        ('{"kind": "slow", "seconds": -1}', "seconds"),
        ('{"kind": "slow", "seconds": "1"}', "seconds"),
        ('{"kind": "rescheduled"}', "connection"),
        ('{"kind": "status", "sttus": 500}', "sttus: there is no such field"),
        ('{"kind": "slow", "seconds": NaN}', "seconds"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_with_its_field(fivetran, body, field):
    status, message = refused(fivetran, "POST", "faults", data=body)
    assert status == 400
    assert field in message
    assert fivetran.control("GET", "faults")["faults"] == []


@pytest.mark.slow
def test_the_clock_moves_forward_and_a_scheduled_sync_becomes_due(fivetran, function):
    identity = connect(fivetran, function, schedule_type="auto", sync_frequency=1440)
    first = until(lambda: fivetran.get(f"/v1/connections/{identity}")["succeeded_at"])
    moved = fivetran.control("POST", "clock", {"advance_seconds": 86401})
    assert (datetime.fromisoformat(moved["now"]) - datetime.fromisoformat(first)).total_seconds() >= 86401
    second = until(lambda: (now := fivetran.get(f"/v1/connections/{identity}")["succeeded_at"]) != first and now)
    assert second > first


@pytest.mark.parametrize("body", ['{"advance_seconds": -1}', '{"advance_seconds": 1e12}', "{}", '{"advance": 1}'])
def test_the_clock_does_not_move_backward_nor_out_of_the_calendar(fivetran, body):
    status, message = refused(fivetran, "POST", "clock", data=body)
    assert status == 400
    assert "advance" in message


def test_what_was_asked_is_listed_without_bodies_queries_and_credentials(fivetran):
    fivetran.control("DELETE", "requests")
    fivetran.ask("GET", "/v1/groups?limit=1", headers={"User-Agent": "airflow/3"})
    fivetran.ask("POST", "/v1/groups", {"name": "a-name-in-a-body", "x": 1})
    fivetran.control("POST", "faults", {"kind": "status", "status": 503, "times": 1})
    fivetran.ask("GET", "/v1/users")
    seen = fivetran.control("GET", "requests")["requests"]
    assert [(one["method"], one["path"], one["status"]) for one in seen] == [
        ("GET", "/v1/groups", 200),
        ("POST", "/v1/groups", 201),
        ("GET", "/v1/users", 503),
    ]
    assert seen[0]["user_agent"] == "airflow/3"
    assert all(one["ms"] > 0 for one in seen)
    told = str(seen)
    for hidden in ("limit=1", "a-name-in-a-body", fivetran.api_key, fivetran.api_secret, "Basic"):
        assert hidden not in told


def test_starting_anew_leaves_the_first_group_and_nothing_else(server, function):
    identity = connect(server, function)
    server.request("POST", f"/v1/connections/{identity}/sync", {})
    until(lambda: server.get(f"/v1/connections/{identity}")["succeeded_at"])
    server.request("POST", "/v1/groups", {"name": "Second"})
    hook = {"url": "https://example.com/", "events": ["sync_end"], "active": False}
    server.request("POST", "/v1/webhooks/account", hook)
    server.control("POST", "faults", {"kind": "status", "path": "/v1/none"})
    assert server.control("POST", "reset") == {"connections": 1}
    assert server.get("/v1/connections")["items"] == []
    assert server.get("/v1/webhooks")["items"] == []
    assert len(server.get("/v1/groups")["items"]) == 1
    assert server.control("GET", "faults")["faults"] == []
    tables = query(server.warehouse, "SELECT * FROM information_schema.tables WHERE table_schema = 'numbers'")
    assert tables == []
    assert query(server.warehouse, "SELECT * FROM _fivetran_local.syncs") == []


def test_what_the_door_does_not_have_is_404(fivetran):
    assert refused(fivetran, "GET", "no-such-thing")[0] == 404

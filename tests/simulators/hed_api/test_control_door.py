import pytest

from simulators.hed_api.requests_seen import KEPT, LONGEST_CURSOR

ROUTES = [
    ("GET", "/state"),
    ("POST", "/change"),
    ("POST", "/add"),
    ("POST", "/rotate_key"),
    ("GET", "/requests"),
    ("DELETE", "/requests"),
    ("POST", "/fault"),
    ("GET", "/faults"),
    ("DELETE", "/faults"),
]


@pytest.fixture(scope="module")
def without_door(launch):
    return launch("--rows", "5")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_there_is_no_door_without_a_token(without_door, method, path):
    assert "control" not in without_door.announced
    assert without_door.control(method, path, {}).status == 404


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_the_door_stays_shut_to_another_token(simulator, method, path, token):
    before = simulator.control("GET", "/state").json()
    assert simulator.control(method, path, {"kind": "status", "rows": 1}, token=token.encode()).status == 401
    assert simulator.control("GET", "/state").json() == before


def test_the_announcement_says_where_the_door_is(simulator):
    assert simulator.announced["control"] == {"url": f"{simulator.url}/_control", "token": "open-sesame"}


def test_changes_and_additions_come_back_after_the_kept_cursor(launch):
    simulator = launch("--rows", "60", "--control-token", "open-sesame")
    pages = list(simulator.pages(page_size=25))
    before = {row["record_id"]: row for page in pages for row in page["hed_records"]}
    kept = pages[-1]["next_cursor"]
    assert simulator.control("POST", "/change", {"rows": 20}).json() == {"rows": 60, "changes": 20, "rows_made": 60}
    assert simulator.control("POST", "/add", {"rows": 3}).json()["rows"] == 63
    since = [row for page in simulator.pages(page_size=7, cursor=kept) for row in page["hed_records"]]
    changed = [row for row in since if row["record_id"] in before]
    assert (len(since), len(changed)) == (23, 20)
    assert all(row != before[row["record_id"]] for row in changed)
    afresh = {row["record_id"]: row for page in simulator.pages() for row in page["hed_records"]}
    assert afresh == before | {row["record_id"]: row for row in since}


def test_the_same_calls_make_the_same_data(launch):
    def told() -> list[dict]:
        simulator = launch("--rows", "40", "--control-token", "open-sesame", "--seed", "11")
        for path, rows in (("/change", 7), ("/add", 5), ("/change", 45)):
            simulator.control("POST", path, {"rows": rows})
        return simulator.page()["hed_records"]

    assert told() == told()


@pytest.mark.parametrize("path", ["/change", "/add"])
@pytest.mark.parametrize("body", [{}, {"rows": 0}, {"rows": "1"}, {"rows": 100_001}, {"rows": 1, "row": 2}, [], None])
def test_what_cannot_be_done_changes_nothing(simulator, path, body):
    before = simulator.control("GET", "/state").json()
    assert simulator.control("POST", path, body).status == 422
    assert simulator.control("GET", "/state").json() == before


def test_more_changes_than_rows_are_refused(simulator):
    answer = simulator.control("POST", "/change", {"rows": 451})
    assert (answer.status, answer.json()["detail"]) == (422, "cannot change 451 rows: there are 450")


def test_a_rotated_key_replaces_the_old_one(launch):
    simulator = launch("--control-token", "open-sesame")
    new = simulator.control("POST", "/rotate_key").json()["api_key"]
    assert simulator.get().status == 401
    assert simulator.get(key=new).status == 200


def test_requests_are_remembered_as_seen_and_without_the_key(simulator):
    cursor = simulator.page(page_size=2)["next_cursor"]
    simulator.get(cursor=cursor, page_size=3, key="a-secret-typo")
    simulator.get(page_size=0)
    simulator.get(path="/hed_api_spec")
    answer = simulator.control("GET", "/requests")
    assert b"a-secret-typo" not in answer.data
    assert simulator.key.encode() not in answer.data
    seen = [tuple(request.values()) for request in answer.json()]
    assert seen == [
        ("/hed_data", None, "2", True, 200),
        ("/hed_data", cursor, "3", False, 401),
        ("/hed_data", None, "0", True, 422),
        ("/hed_api_spec", None, None, True, 200),
    ]
    assert simulator.control("DELETE", "/requests").json() == []
    assert simulator.control("GET", "/requests").json() == []


def test_what_is_remembered_is_bounded(simulator):
    simulator.get(cursor="x" * 20_000)
    assert len(simulator.control("GET", "/requests").json()[0]["cursor"]) == LONGEST_CURSOR
    for _ in range(KEPT):
        simulator.get(page_size=1)
    requests = simulator.control("GET", "/requests").json()
    assert len(requests) == KEPT
    assert {request["cursor"] for request in requests} == {None}

from urllib.parse import quote, unquote

import pytest

from simulators.hed_api.cursors import Cursors

SEED = 7


def ids(pages) -> list[str]:
    return [row["record_id"] for page in pages for row in page["hed_records"]]


@pytest.mark.parametrize(("page_size", "pages"), [(1, 450), (7, 65), (100, 5), (150, 3), (200, 3)])
def test_every_row_comes_once_and_in_the_order_of_change(simulator, page_size, pages):
    got = list(simulator.pages(page_size=page_size))
    assert len(got) == pages
    assert [len(page["hed_records"]) for page in got[:-1]] == [page_size] * (pages - 1)
    assert [page["has_more"] for page in got] == [True] * (pages - 1) + [False]
    assert ids(got) == ids(simulator.pages(page_size=113))
    assert len(set(ids(got))) == 450
    epochs = [row["last_updated_epoch"] for page in got for row in page["hed_records"]]
    assert epochs == sorted(epochs)


def test_a_hundred_rows_are_the_default(simulator):
    assert len(simulator.page()["hed_records"]) == 100
    assert len(simulator.page(cursor="")["hed_records"]) == 100


def test_the_last_cursor_answers_nothing_new_and_stays(simulator):
    last = list(simulator.pages(page_size=200))[-1]
    assert last["hed_records"]
    again = simulator.page(cursor=last["next_cursor"])
    assert again == {"hed_records": [], "next_cursor": last["next_cursor"], "has_more": False}
    assert simulator.page(cursor=unquote(last["next_cursor"])) == again


def test_no_rows_at_all(launch):
    page = launch("--rows", "0").page()
    assert page["hed_records"] == []
    assert page["has_more"] is False
    assert page["next_cursor"].startswith("gAAAAA")


def test_a_cursor_is_taken_with_and_without_a_second_encoding(simulator):
    first = simulator.page(page_size=10)
    cursor = first["next_cursor"]
    assert cursor.startswith("gAAAAA")
    assert cursor.endswith("%3D%3D")
    assert unquote(cursor) != cursor
    wanted = [row["record_id"] for row in simulator.page(page_size=20)["hed_records"]][10:]
    headers = {"x-api-key": simulator.key}
    for written in (cursor, quote(cursor), unquote(cursor)):
        url = f"{simulator.url}/hed_data?page_size=10&cursor={written}"
        page = simulator.http.request("GET", url, headers=headers).json()
        assert [row["record_id"] for row in page["hed_records"]] == wanted


def test_a_page_deep_in_ten_million_rows_makes_its_own_rows_only(launch):
    simulator = launch("--rows", "10000000", "--control-token", "open-sesame")
    deep = Cursors(SEED).seal(9_999_900)
    page = simulator.page(cursor=deep, page_size=50)
    assert len(page["hed_records"]) == 50
    assert simulator.control("GET", "/state").json()["rows_made"] == 50
    page = simulator.page(cursor=page["next_cursor"], page_size=200)
    assert (len(page["hed_records"]), page["has_more"]) == (50, False)
    assert simulator.control("GET", "/state").json()["rows_made"] == 100


def test_a_cursor_outlives_the_process_and_belongs_to_its_seed(simulator, launch):
    first, second, *_ = simulator.pages(page_size=100)
    restarted = launch("--rows", "450", "--port", "0", "--seed", "7")
    assert restarted.url != simulator.url
    assert restarted.key == simulator.key
    assert restarted.page(cursor=first["next_cursor"])["hed_records"] == second["hed_records"]
    other = launch("--rows", "450", "--seed", "8")
    assert other.get(cursor=first["next_cursor"]).status == 400
    assert other.get(key=simulator.key).status == 401
    assert other.page()["hed_records"] != simulator.page()["hed_records"]


def test_a_cursor_past_the_end_is_refused_instead_of_passing_over_rows(simulator):
    assert simulator.get(cursor=Cursors(SEED).seal(450)).status == 200
    assert simulator.get(cursor=Cursors(SEED).seal(451)).status == 400


@pytest.mark.parametrize("cursor", ["abc", "%", "é", "\0", "gAAAAAB", "x" * 20_000, "None"])
def test_what_is_no_cursor_is_refused(simulator, cursor):
    answer = simulator.get(cursor=cursor)
    assert answer.status == 400
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("page_size", ["0", "201", "-1", "1.5", "many", "9" * 400, ""])
def test_a_page_size_out_of_range_is_refused(simulator, page_size):
    assert simulator.get(page_size=page_size).status == 422


@pytest.mark.parametrize("key", ["", "wrong", "é", "hed_"])
def test_a_wrong_key_is_refused_whatever_else_is_wrong(simulator, key):
    assert simulator.get(key=key.encode()).status == 401
    assert simulator.get(key=key.encode(), page_size=0, cursor="abc").status == 401
    assert simulator.http.request("GET", f"{simulator.url}/hed_data").status == 401


def test_the_page_limit_is_a_knob(launch):
    simulator = launch("--page-limit", "20", "--rows", "50")
    assert simulator.announced["configuration"]["page_size"] == "20"
    assert len(simulator.page()["hed_records"]) == 20
    assert simulator.get(page_size=21).status == 422

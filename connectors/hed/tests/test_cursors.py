"""What the state means: cursors out, cursors back, and what happens when one is not accepted."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hed.tests.calling import CURSOR, KEY, Double, page, record
from tests.support.scripted_source import document, scripted_source, status

REFUSALS = [400, 404, 409, 410, 422]


def test_the_first_page_is_asked_for_without_a_cursor(connect):
    with connect(page(record(1), more=True)) as connection:
        assert connection.ask({})["state"] == {"next_cursor": CURSOR}
    (asked,) = connection.source.asked
    assert asked.target == "/hed_data?page_size=100"
    assert asked.method == "GET"
    assert asked.headers["x-api-key"] == KEY


@pytest.mark.parametrize("cursor", [CURSOR, "a b&c=d?e#f/g", "ünïcode", "100%", "+", "a" * 2000])
def test_a_cursor_goes_back_unchanged_encoded_once_as_any_value_is(connect, cursor):
    with connect(page(record(1), cursor=cursor, more=True), page()) as connection:
        state = connection.ask({})["state"]
        connection.ask(state)
    assert state == {"next_cursor": cursor}
    assert connection.source.asked[1].query == {"cursor": cursor, "page_size": "100"}
    sent = connection.source.asked[1].target.removeprefix("/hed_data?cursor=").removesuffix("&page_size=100")
    assert sent.replace("+", "%20") == quote(cursor, safe="")


def test_the_cursor_of_the_last_page_is_kept_for_the_next_sync(connect):
    with connect(page(record(1), cursor="last", more=False)) as connection:
        answer = connection.ask({"next_cursor": "before"})
    assert (answer["state"], answer["hasMore"]) == ({"next_cursor": "last"}, False)


@pytest.mark.parametrize("none", [None, ""])
@pytest.mark.parametrize("state", [{"next_cursor": "good"}, {}])
def test_a_last_page_without_a_cursor_keeps_the_last_good_one(connect, none, state):
    with connect(page(record(1), cursor=none)) as connection:
        answer = connection.ask(state)
    assert (answer["state"], answer["hasMore"]) == (state, False)
    assert answer["insert"]["hed_records"] == [record(1)]


def test_an_empty_last_page_is_the_end_and_keeps_the_place(connect):
    with connect(page(cursor="c2", more=True), page(cursor="c2")) as connection:
        first = connection.ask({"next_cursor": "c1"})
        second = connection.ask(first["state"])
    assert (first["hasMore"], first["state"], first["insert"]) == (True, {"next_cursor": "c2"}, {"hed_records": []})
    assert (second["hasMore"], second["state"]) == (False, {"next_cursor": "c2"})


@pytest.mark.parametrize(
    ("cursor", "words"), [("c1", "has not moved"), (None, "gives no next_c"), ("", "gives no next_c")]
)
def test_more_to_come_without_a_new_cursor_is_an_error_and_no_loop(connect, cursor, words):
    with connect(page(record(1), cursor=cursor, more=True)) as connection:
        message, code = connection.fail({"next_cursor": "c1"})
    assert words in message
    assert code == 500
    assert len(connection.source.asked) == 1


@pytest.mark.parametrize("more", [True, False])
def test_what_a_later_version_keeps_in_the_state_stays_there(connect, more):
    with connect(page(record(1), cursor="c2", more=more)) as connection:
        state = connection.ask({"next_cursor": "c1", "format": 2, "students": {"since": None}})["state"]
    assert state == {"next_cursor": "c2", "format": 2, "students": {"since": None}}


@pytest.mark.parametrize("cursor", [17, ["c1"], {"c": 1}, True])
def test_a_state_whose_cursor_is_no_text_is_said_to_be_wrong(connect, cursor):
    with connect(page()) as connection:
        message, _ = connection.fail({"next_cursor": cursor})
    assert "the state's next_cursor is not text: re-sync" in message
    assert connection.source.asked == []


@pytest.mark.parametrize("code", REFUSALS)
def test_a_cursor_is_invalid_when_the_same_request_without_it_succeeds(connect, code):
    with connect(status(code), page(record(1), more=True)) as connection:
        message, failed_with = connection.fail({"next_cursor": CURSOR})
    assert f"the cursor in the state is no longer valid (the source answered {code}" in message
    assert "set its state to {}" in message
    assert "on_invalid_cursor to restart" in message
    assert CURSOR not in message
    assert failed_with == 500
    assert [asked.query for asked in connection.source.asked] == [
        {"cursor": CURSOR, "page_size": "100"},
        {"page_size": "100"},
    ]


@pytest.mark.parametrize("code", REFUSALS)
def test_restarting_uses_the_first_page_that_proved_it_and_asks_no_third_time(connect, code):
    with connect(status(code), page(record(1), cursor="fresh", more=True)) as connection:
        answer = connection.ask({"next_cursor": CURSOR, "format": 2}, on_invalid_cursor="restart")
    assert answer["insert"]["hed_records"] == [record(1)]
    assert (answer["state"], answer["hasMore"]) == ({"next_cursor": "fresh", "format": 2}, True)
    assert len(connection.source.asked) == 2


@pytest.mark.parametrize("restart", ["fail", "restart"])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_source_that_refuses_everything_has_another_problem(connect, code, restart):
    with connect(status(code)) as connection:
        message, _ = connection.fail({"next_cursor": CURSOR}, on_invalid_cursor=restart)
    assert message.startswith(f"the source answered {code}")
    assert "cursor" not in message
    assert len(connection.source.asked) == 2


@pytest.mark.parametrize("code", [405, 411, 418, 451])
def test_other_refusals_say_nothing_of_the_cursor(connect, code):
    with connect(status(code), page()) as connection:
        assert connection.fail({"next_cursor": CURSOR}, on_invalid_cursor="restart")[0].startswith("the source answ")
    assert len(connection.source.asked) == 1


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_without_a_cursor_is_asked_once(connect, code):
    with connect(status(code), page()) as connection:
        assert f"the source answered {code}" in connection.fail({})[0]
    assert len(connection.source.asked) == 1


class Api:
    """The documented paging, over records in their order of change; its cursors look like the real ones."""

    def __init__(self, count, *, extra_page, null_last):
        self.records = [record(number) for number in range(count)]
        self.extra_page, self.null_last = extra_page, null_last

    def answer(self, exchange):
        query = exchange.asked.query
        start = int(query["cursor"].removesuffix("%3D")) if "cursor" in query else 0
        end = min(start + int(query["page_size"]), len(self.records))
        more = end < len(self.records) or (self.extra_page and end > start)
        cursor = None if self.null_last and not more else f"{end}%3D"
        document({"hed_records": self.records[start:end], "next_cursor": cursor, "has_more": more})(exchange)


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(0, 25),
    page_size=st.integers(1, 9),
    extra_page=st.booleans(),
    null_last=st.booleans(),
    added=st.integers(0, 5),
)
def test_any_sequence_of_pages_is_delivered_whole_and_in_order_from_wherever_one_goes_on(
    hed, count, page_size, extra_page, null_last, added
):
    api = Api(count, extra_page=extra_page, null_last=null_last)
    with scripted_source(api.answer) as source:

        def read_on(state):
            """Return each state, and the records that were delivered before it, up to the end of a sync."""
            keys, path, more = [], [(state, 0)], True
            while more:
                secrets = {"api_key": KEY, "base_url": source.url, "page_size": str(page_size)}
                answer = hed.main(Double({"state": state, "secrets": secrets}))
                keys += [row["record_id"] for row in answer["insert"]["hed_records"]]
                state, more = answer["state"], answer["hasMore"]
                path.append((state, len(keys)))
            return keys, path

        keys, path = read_on({})
        assert keys == [one["record_id"] for one in api.records]
        for state, delivered in path[:-1]:
            assert read_on(state)[0] == keys[delivered:]
        api.records += [record(number) for number in range(count, count + added)]
        fresh = read_on(path[-1][0])[0]
        missed = [one["record_id"] for one in api.records[count:]]
        assert fresh[len(fresh) - len(missed) :] == missed
        assert set(fresh) <= set(keys) | set(missed), "a null cursor at the end reads the last page again, and no more"
        assert null_last or fresh == missed

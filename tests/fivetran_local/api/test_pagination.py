"""Pages of a list: every item exactly once, whatever the limit and whatever happens in between."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.api.pagination import MOST_ITEMS, Page, order
from fivetran_local.errors import InvalidInputError

START = datetime(2026, 3, 1, tzinfo=UTC)


def key(item):
    return order(START + timedelta(seconds=item // 3), f"id{item}")  # three are made in the same instant


def page_of(items, limit, cursor=""):
    return Page(limit, cursor).of("things", items, key, lambda item: item)


@given(st.data())
def test_every_item_that_stays_is_seen_once_and_in_order(data):
    present = set(range(data.draw(st.integers(0, 40))))
    stayed, seen, following, newest = set(present), [], "", len(present)
    while True:
        answer = page_of(present, data.draw(st.integers(1, 12)), following)
        seen += answer["items"]
        following = answer.get("next_cursor")
        if following is None:
            break
        gone = data.draw(st.sets(st.sampled_from(sorted(present)), max_size=3)) if present else set()
        added = set(range(newest, newest + data.draw(st.integers(0, 2 if newest < 80 else 0))))
        newest += len(added)
        present = (present - gone) | added
        stayed = (stayed - gone) | added
    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)
    assert [key(item) for item in seen] == sorted(key(item) for item in seen)


@given(st.integers(0, 30), st.integers(1, 40))
def test_the_last_page_has_no_cursor_and_no_page_is_empty_but_that_of_nothing(count, limit):
    following, sizes = "", []
    while following is not None:
        answer = page_of(range(count), limit, following)
        sizes.append(len(answer["items"]))
        following = answer.get("next_cursor")
    assert sizes == ([limit] * (count // limit) + [count % limit] * bool(count % limit) or [0])


@given(st.text(min_size=1) | st.binary(min_size=1).map(lambda raw: raw.hex()))
def test_any_other_text_is_no_cursor(text):
    with pytest.raises(InvalidInputError, match="cursor: "):
        page_of(range(5), 2, text)


def test_a_cursor_of_another_list_is_none_of_this_one():
    other = Page(1).of("others", range(5), key, lambda item: item)["next_cursor"]
    with pytest.raises(InvalidInputError, match="another list"):
        page_of(range(5), 2, other)


def test_groups_are_paged_over_http(client):
    made = [client.new_group()["id"] for _ in range(5)]
    first = client.data("GET", "/v1/groups", params={"limit": 3})
    assert len(first["items"]) == 3
    client.message("DELETE", f"/v1/groups/{first['items'][-1]['id']}")  # the one that the cursor was made of
    rest = client.data("GET", "/v1/groups/", params={"limit": 1000, "cursor": first["next_cursor"]})
    assert "next_cursor" not in rest
    assert [group["id"] for group in first["items"] + rest["items"]][-5:] == made
    refused = client.refused("GET", "/v1/users", params={"cursor": first["next_cursor"]})
    assert (refused.status, refused.code) == (400, "InvalidInput")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "1.5", "many", "", "9" * 30, "\u0661"])
def test_a_limit_is_between_one_and_a_thousand(client, limit):
    refused = client.refused("GET", "/v1/groups", params={"limit": limit})
    assert refused.message == f"limit: expected a whole number from 1 to {MOST_ITEMS}"
    assert client.data("GET", "/v1/groups", params={"limit": "1000"})

"""What pages do to tables: the last row of a key wins, deletes follow inserts, other rows have no order."""

from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.conformance.effects import DELETED, effect_of, key_of
from fivetran_local.json_text import canonical
from fivetran_protocol import FunctionResponse, Table

KEY = {"t": Table(("id",))}
ROWS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 4), "value": st.integers(0, 2)}), max_size=6)
PAGES = st.lists(st.tuples(ROWS, ROWS), max_size=4)


def page(inserted=(), deleted=(), schema=KEY):
    return FunctionResponse({}, {"t": list(inserted)}, {"t": list(deleted)}, schema)


def pages_of(drawn, schema=KEY):
    return [page(inserted, deleted if schema else (), schema) for inserted, deleted in drawn]


@given(PAGES)
def test_the_effect_is_that_of_a_table(drawn):
    table = {}
    for inserted, deleted in drawn:
        table |= {row["id"]: row for row in inserted}
        table |= {row["id"]: None for row in deleted}
    kept = effect_of(pages_of(drawn)).keyed
    assert {key: DELETED if row is None else canonical(row) for key, row in table.items()} == {
        int(key.strip("[]")): row for (_, key), row in kept.items()
    }


@given(PAGES)
def test_pages_that_are_delivered_again_change_nothing(drawn):
    pages = pages_of(drawn)
    assert effect_of(pages).difference(effect_of([*pages, *pages])) is None


@given(st.lists(st.tuples(ROWS, st.just([])), max_size=4), st.randoms())
def test_without_a_key_only_what_came_and_how_often_counts(drawn, chance):
    pages = pages_of(drawn, schema={})
    shuffled = [page(chance.sample(rows, len(rows)), schema={}) for rows, _ in chance.sample(drawn, len(drawn))]
    assert effect_of(pages).difference(effect_of(shuffled)) is None
    if any(rows for rows, _ in drawn):
        assert effect_of(pages).difference(effect_of([*pages, *pages]))


@given(PAGES, PAGES)
def test_a_difference_is_seen_from_both_sides_and_never_shows_a_value(one, other):
    there, back = (effect_of(pages_of(a)).difference(effect_of(pages_of(b))) for a, b in ((one, other), (other, one)))
    assert (there is None) is (back is None)
    assert (there is None) is (effect_of(pages_of(one)) == effect_of(pages_of(other)))


def test_a_difference_says_what_and_where():
    one = effect_of([page([{"id": 1, "name": "Jane Doe"}, {"id": 2}, {"id": 3}])])
    other = effect_of([page([{"id": 1, "name": "John Doe"}, {"id": 4}])])
    assert one.difference(other) == "2 rows missing in 't', 1 row more in 't', 1 row different in 't'"
    keyless = [effect_of([page([{"id": 1}] * times, schema={})]) for times in (1, 2)]
    assert keyless[0].difference(keyless[1]) == "other rows in 't'"


def test_columns_can_be_left_out():
    one, other = page([{"id": 1, "at": 1}]), page([{"id": 1, "at": 2}])
    assert effect_of([one]).difference(effect_of([other])) == "1 row different in 't'"
    without = {("t", "at")}
    assert effect_of([one], without).difference(effect_of([other], without)) is None
    elsewhere = {("other", "at")}
    assert effect_of([one], elsewhere).difference(effect_of([other], elsewhere))


def test_a_key_of_several_columns_is_the_same_in_any_order_and_a_text_is_no_number():
    assert key_of({"a": 1, "b": 2}, ("a", "b")) == key_of({"b": 2, "a": 1}, ("b", "a"))
    assert len({key_of({"id": value}, ("id",)) for value in (1, "1", True, "true")}) == 4

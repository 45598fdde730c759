"""What is kept of many calls: each answer once, decoded once, and no exchange less."""

from fivetran_local import exchanges
from fivetran_local.conformance.kept import Kept
from tests.fivetran_local.conformance.synthetic import document, exchange


def test_exchanges_come_back_by_number_whatever_their_order():
    kept = Kept()
    for number in (2, 1, 3):
        kept.keep(exchange(document(number), number=number))
    assert [one.number for one in kept.in_order()] == [1, 2, 3]


def test_an_answer_that_comes_again_is_held_and_decoded_once(mocker):
    decoded = mocker.spy(exchanges, "decode")
    kept = Kept()
    for number in range(1, 6):
        kept.keep(exchange(document(1, 2), number=number))
    first, *others = kept.in_order()
    assert first.response
    calls = decoded.call_count
    for other in others:
        assert other.content is first.content
        assert other.reading is first.reading
        assert other.undecodable is None
    assert decoded.call_count == calls
    assert [one.number for one in others] == [2, 3, 4, 5]


def test_answers_that_differ_in_anything_are_kept_apart():
    kept = Kept()
    answers = [
        exchange(b"[", number=1),
        exchange(b"[", number=2, content_type="text/html"),
        exchange(b"[", number=3, status=500),
    ]
    for one in answers:
        kept.keep(one)
    texts = [one.undecodable for one in kept.in_order()]
    assert "text/html" in texts[1]
    assert "text/html" not in texts[0]
    assert [one.succeeded for one in kept.in_order()] == [True, True, False]


def test_a_page_that_was_read_is_not_held_decoded_as_well():
    one = exchange(document(1))
    assert one.document
    assert one.response
    assert "document" not in vars(one)
    assert one.document["insert"] == {"people": [{"id": 1}]}, "and is there for whoever asks"


def test_a_body_is_decoded_once_to_say_why_it_is_no_json(mocker):
    decoded = mocker.spy(exchanges, "decode")
    one = exchange(b"<html>")
    assert len({one.undecodable for _ in range(5)}) == 1
    assert decoded.call_count == 1

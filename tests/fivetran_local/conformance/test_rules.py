"""What rules say, and what they leave alone, where the table of functions does not tell."""

import pytest

from fivetran_local.conformance import Evidence, Measures, judge
from fivetran_local.conformance.scenarios import Scenario
from tests.fivetran_local.conformance.synthetic import document, exchange


def said(rule, *exchanges, **more):
    """Return what a rule finds in some exchanges, without where and advice."""
    (judgement,) = judge(Evidence(exchanges, **more), rules=[rule]).judgements
    return [finding.seen for finding in judgement.findings]


@pytest.mark.parametrize(
    ("rule", "scenario", "seen"),
    [
        ("bad-credentials", Scenario.BAD_CREDENTIALS, "with every secret wrong, the call succeeded"),
        (
            "setup-test-credentials",
            Scenario.SETUP_TEST_BAD_CREDENTIALS,
            "every secret is wrong, and the call succeeded",
        ),
        ("source-down", Scenario.SOURCE_DOWN, "nothing answers at the source's address, and the call succeeded"),
    ],
)
def test_an_empty_success_and_a_failure_without_a_report_are_two_findings(rule, scenario, seen):
    assert said(rule, exchange(scenario=scenario)) == [seen]
    assert said(rule, exchange({"errorMessage": "no"}, scenario=scenario, status=401)) == []
    assert said(rule, exchange({"errorMessage": "no"}, scenario=scenario)) == [], "in an answer that looks like success"
    (bare,) = said(rule, exchange(b"", scenario=scenario, status=401, content_type="text/html"))
    assert bare == "no error report: 401 (text/html, 0 bytes)"


def test_an_unmoved_state_is_told_from_one_that_returns():
    unmoved = exchange(document(1, state={"n": 1}, has_more=True), sent={"n": 1})
    assert said("ends", unmoved) == ["hasMore is true and the state has not moved"]
    there = exchange(document(1, state={"n": 2}, has_more=True), sent={"n": 1})
    back = exchange(document(2, state={"n": 1}, has_more=True), sent={"n": 2}, number=2)
    assert said("ends", there, back) == ["hasMore is true and the state is the one that call 1 was made with"]


def test_a_fresh_process_that_fails_is_told_from_one_that_ends_elsewhere():
    sync = [
        exchange(document(1, state={"n": 1}, has_more=True)),
        exchange(document(2, state={"n": 2}), sent={"n": 1}, number=2),
    ]
    failed = exchange({"errorMessage": "no"}, number=3, scenario=Scenario.RESUME, status=500, about=1)
    assert said("resumes", *sync, failed) == ["in a fresh process the call failed: 500, no"]
    other = exchange(document(3, state={"n": 2}), number=3, scenario=Scenario.RESUME, about=1)
    assert said("resumes", *sync, other) == [
        "a fresh process ends in other tables: 1 row missing in 'people', 1 row more in 'people'"
    ]


def test_a_table_without_rows_is_not_judged_by_its_name_or_its_key():
    empty = exchange({**document(1), "insert": {"people": [{"id": 1}], "order": []}})
    assert said("reserved-words", empty) == []
    assert said("keyless-tables", empty) == []


def test_a_column_of_three_types_is_told_once_for_each():
    rows = [{"id": 1, "x": value} for value in (1, None, 1.5, "a", 2, "b", [1], {"a": 1})]
    found = said("one-type", exchange({**document(), "insert": {"people": rows}}))
    assert found == ["'x' holds numbers and texts", "'x' holds JSON and numbers and texts"]


def test_in_soft_delete_a_table_that_only_the_schema_names_is_known():
    assert said("soft-delete-tables", exchange(document(softDelete=["people"]))) == []
    assert said("soft-delete-tables", exchange(document(1, softDelete=["person"]))) != []


def second_sync(first, again, *, state=None, **more):
    """Return what `second-sync` says of a table's rows in a sync, and in one after it, and why it says nothing."""
    tables = [{**document(state=state, **more), "insert": {"people": rows}} for rows in (first, again)]
    one = exchange(tables[0])
    other = exchange(tables[1], number=2, scenario=Scenario.SECOND_SYNC, sent=state)
    (judgement,) = judge(Evidence([one, other]), rules=["second-sync"]).judgements
    return [finding.seen for finding in judgement.findings], judgement.reason


@pytest.mark.parametrize(("again", "found"), [(50, 0), (51, 1), (100, 1), (0, 0)])
def test_a_second_sync_may_overlap_a_little(again, found):
    rows = [{"id": number} for number in range(100)]
    said, reason = second_sync(rows, rows[:again])
    assert (len(said), reason) == (found, "")
    assert second_sync(rows, [{"id": -1 - number} for number in range(100)]) == ([], "")
    assert second_sync(rows, rows, softDelete=["people"]) == ([], "")


@pytest.mark.parametrize(("count", "judged"), [(7, False), (49, False), (50, True)])
def test_a_few_rows_that_come_again_prove_nothing(count, judged):
    rows = [{"id": number} for number in range(count)]
    said, reason = second_sync(rows, rows)
    assert bool(said) is judged
    assert ("no table has 50 rows" in reason) is not judged


@pytest.mark.parametrize(
    ("since", "at", "found"),
    [
        ("2024-08-11T10:00:00Z", "2024-08-11T12:00:00+02:00", 0),
        ("2024-08-11T10:00:00", "2024-08-11T10:00:00.000Z", 0),
        ("2024-08-11", "2024-08-11T10:00:00Z", 0),
        ("2024-08-11T10:00:00Z", "2024-08-11T10:00:01Z", 1),
        ("2024-08-12", "2024-08-11T10:00:00Z", 1),
        (1723370400, 1723370400, 0),
        (1723370400000, 1723370400000.0, 0),
        (1723370400, 1723370401, 1),
        (7, 7, 1),
        (999_999_999, 999_999_999, 1),
        ("seven", "seven", 1),
    ],
)
def test_rows_of_the_very_time_that_the_state_names_may_come_again(since, at, found):
    bulk = [{"id": number, "changed": {"at": at}} for number in range(60)]
    said, reason = second_sync(bulk, bulk, state={"cursors": [{"since": since}]})
    assert (len(said), reason) == (found, "")


def test_a_start_is_not_the_time_that_the_source_takes():
    first = exchange(document(1), seconds=7.0)
    again = [exchange(number=n, scenario=Scenario.REPEAT, about=1, seconds=n + 4.0) for n in (2, 3)]
    slow = Measures(cold_start_seconds=8.0)
    assert said("cold-start", first, *again, measures=slow) == []
    assert said("cold-start", first, measures=slow) == ["the first answer came 8.0 s after the start"]
    assert said("cold-start", first, *again, measures=Measures(cold_start_seconds=12.0)) == [
        "the first answer came 12.0 s after the start, and 6.0 s after the request in a process that is warm"
    ]


def test_a_counter_that_syncs_begin_anew_is_not_moved_back():
    sync = exchange(document(1, state={"page": 1, "since": 9}), sent={"page": 3, "since": 5})
    future = exchange(
        document(state={"page": 1, "since": 99}), sent={"page": 1001, "since": 99}, scenario=Scenario.FUTURE_STATE
    )
    assert said("future-state", sync, future) == []
    back = exchange(
        document(state={"page": 1, "since": 9}), sent={"page": 1, "since": 99}, scenario=Scenario.FUTURE_STATE
    )
    assert said("future-state", sync, back) == ["the state was moved back"]

"""What the adapter sends for what a connector answers, and what ends its sync."""

import json
import sys
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fivetran_function import Response, connector
from fivetran_protocol.limits import MAX_CONSECUTIVE_EMPTY_RESPONSES
from tests.fivetran_protocol import strategies
from tests.support.connector_sdk.double import SdkDouble, load_adapter, plain, renamed

TABLES = {"users": {"primary_key": ["id"]}, "log": {}}
SECRET = "canary-of-the-adapter"


@pytest.fixture
def sdk():
    return SdkDouble()


@pytest.fixture
def sync(monkeypatch, sdk):
    """Sync what a connector answers: a list of its responses by page, or a function from a request to one."""

    def run(answer, *, state=None, configuration=None, tables=TABLES):
        read_page = answer if callable(answer) else lambda request: answer[request.state.get("page", 0)]
        main = connector("tiny", schema=tables, public_keys=("region",))(read_page)
        adapter = load_adapter(monkeypatch, main, sdk)
        run.sent = []
        for operation in adapter.update(configuration or {"api_key": SECRET, "region": "north"}, state or {}):
            run.sent.append(plain(operation))
        return run.sent

    return run


def page(number, *, more, rows=(), **rest):
    insert = {"users": list(rows)} if rows else {}
    return Response(state={"page": number + 1}, insert=insert, has_more=more, **rest)


def test_each_page_is_followed_by_its_checkpoint_until_there_is_no_more(sync):
    sent = sync(
        [page(0, more=True, rows=[{"id": 1}, {"id": 2}]), page(1, more=True), page(2, more=False, rows=[{"id": 3}])]
    )
    assert sent == [
        ("upsert", "users", {"id_": 1}),
        ("upsert", "users", {"id_": 2}),
        ("checkpoint", {"page": 1}),
        ("checkpoint", {"page": 2}),
        ("upsert", "users", {"id_": 3}),
        ("checkpoint", {"page": 3}),
    ]


def test_a_sync_goes_on_from_the_state_it_is_given(sync):
    pages = [page(0, more=True, rows=[{"id": 1}]), page(1, more=False, rows=[{"id": 2}])]
    assert sync(pages, state={"page": 1}) == [("upsert", "users", {"id_": 2}), ("checkpoint", {"page": 2})]


def test_the_connector_sees_a_request_as_fivetran_sends_it(sync):
    seen = []

    def read_page(request):
        seen.append(request)
        number = request.state.get("page", 0)
        return page(number, more=number < 1, rows=[{"id": number}])

    sync(read_page)
    sync(read_page)
    first, second, later, _ = (request.sync_id for request in seen)
    assert first == second == str(uuid.UUID(first))
    assert later != first
    assert dict(seen[0].secrets) == {"api_key": SECRET, "region": "north"}
    assert not seen[0].setup_test


def test_each_page_has_the_functions_time(sync, monkeypatch):
    monkeypatch.setenv("FUNCTION_TIMEOUT_SECONDS", "40")
    left = []

    def read_page(request):
        left.append(request.budget.seconds_left)
        return page(len(left), more=len(left) < 3, rows=[{"id": 1}])

    sync(read_page)
    assert all(37 < seconds <= 38 for seconds in left), left
    assert len(left) == 3


@pytest.mark.parametrize("soft", [True, ()])
def test_deletes_follow_the_rows_of_their_page_with_their_keys_alone(sync, soft):
    response = page(0, more=False, rows=[{"id": 1}], delete={"users": [{"id": 2, "name": "x"}]}, soft_delete=soft)
    assert sync([response]) == [
        ("upsert", "users", {"id_": 1}),
        ("delete", "users", {"id": 2}),
        ("checkpoint", {"page": 1}),
    ]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (page(0, more=False, rows=[{"id": 1}], soft_delete=("users",)), "softDelete lists 'users'"),
        (page(0, more=False, rows=[{"id": 1}], delete={"log": [{"id": 1}]}), "'log' has rows to delete and no primary"),
        (Response(state={}, insert={"users": [{"id": 1}]}, has_more=True), "returns the state it was given"),
        (page(0, more=False, rows=[{"name": "x"}]), "no value for the primary key column 'id'"),
        (page(0, more=False, rows=[{"id": 1, "x": object()}]), "a object has no JSON form"),
    ],
)
def test_what_fivetran_could_not_load_ends_the_sync_before_its_page(sync, response, reason):
    with pytest.raises(RuntimeError, match=f"^tiny: .*{reason}"):
        sync([response])
    assert sync.sent == []


def test_the_eleventh_empty_page_ends_the_sync_and_a_row_starts_the_count_again(sync):
    def read_page(request):
        number = request.state.get("page", 0)
        return page(number, more=True, rows=[{"id": number}] if number == 5 else [])

    with pytest.raises(RuntimeError, match="11 pages in a row"):
        sync(read_page)
    assert sync.sent[-1] == ("checkpoint", {"page": 6 + MAX_CONSECUTIVE_EMPTY_RESPONSES})


def test_a_failure_is_raised_in_the_functions_words_without_its_secrets(sync):
    def read_page(request):
        if request.state:
            raise ValueError(f"no luck with {request.secrets['api_key']} in {request.secrets['region']}")
        return page(0, more=True, rows=[{"id": 1}])

    with pytest.raises(RuntimeError) as caught:
        sync(read_page)
    assert str(caught.value) == "tiny: ValueError: no luck with [secret] in north"
    assert caught.value.__cause__ is None
    assert sync.sent == [("upsert", "users", {"id_": 1}), ("checkpoint", {"page": 1})]


def test_a_report_that_a_plain_main_returns_is_raised_without_secrets(monkeypatch, sdk):
    def main(_request):
        return {"errorMessage": f"{SECRET} was refused", "errorType": "Denied"}

    main.declaration = connector("tiny", schema=TABLES)(lambda _: None).declaration
    adapter = load_adapter(monkeypatch, main, sdk)
    with pytest.raises(RuntimeError, match=r"^tiny: Denied: \[secret\] was refused$"):
        list(adapter.update({"api_key": SECRET}, {}))


def test_a_warning_is_logged_once_in_a_sync(monkeypatch, sdk):
    def main(request):
        number = request.json["state"].get("page", 0)
        return {"state": {"page": number + 1}, "hasMore": "true" if number < 2 else "false", "Upsert": 1}

    main.declaration = connector("tiny", schema=TABLES)(lambda _: None).declaration
    list(load_adapter(monkeypatch, main, sdk).update({}, {}))
    assert sum("unknown field 'Upsert'" in line for line in sdk.logged) == 1
    assert any("tiny 0.1.0 abc, sync " in line for line in sdk.logged)


def test_the_schema_names_tables_and_keys_and_no_types(monkeypatch, sdk):
    main = connector("tiny", schema=TABLES)(lambda _: None)
    adapter = load_adapter(monkeypatch, main, sdk)
    assert adapter.schema({}) == [{"table": "users", "primary_key": ["id"]}, {"table": "log"}]
    assert (adapter.connector.update, adapter.connector.schema) == (adapter.update, adapter.schema)


rows = st.dictionaries(st.text("abcdefghij", min_size=1, max_size=3), strategies.json_values, max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=rows)
@example(row={"a": True, "b": 3.47, "c": [1, {}], "d": 2**63, "e": -(2**63), "f": 2**63 - 1, "g": {"h": [0.1]}})
def test_every_value_arrives_as_it_is(sync, row):
    row = {**row, "id": 1}
    [(_, _, sent), _] = sync([page(0, more=False, rows=[row])])
    assert json.dumps(sent, sort_keys=True) == json.dumps({renamed(key): row[key] for key in row}, sort_keys=True)


def test_what_is_no_json_arrives_as_it_would_over_http(sync):
    row = {"id": 1, "day": date(2024, 2, 29), "price": Decimal("1.50"), "gap": float("nan"), "pair": (1, 2)}
    [(_, _, sent), _] = sync([page(0, more=False, rows=[row])])
    assert sent == {"id_": 1, "day_": "2024-02-29", "price_": 1.5, "gap_": None, "pair_": [1, 2]}


def test_a_later_sdk_is_given_rows_as_they_are(sync, sdk):
    sdk.version = "2.3.1"
    row = {"id": 1, "list": [1], "real": 3.47, "yes": True, "long": 2**63}
    assert sync([page(0, more=False, rows=[row])]) == [None, ("checkpoint", {"page": 1})]
    assert sdk.sent == [("upsert", "users", {**row, "long": str(2**63)})]


def test_the_adapter_looks_beside_itself_first(monkeypatch, sdk):
    adapter = load_adapter(monkeypatch, connector("tiny", schema=TABLES)(lambda _: None), sdk)
    assert sys.path[0] == str(Path(adapter.__file__).parent)

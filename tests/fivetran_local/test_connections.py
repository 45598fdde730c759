"""The life of connections: real processes, a real warehouse, a function over HTTP."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psutil
import pytest

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import ScheduleType, SetupState, SetupTestStatus, Wanted
from fivetran_local.connections import Connections, NewConnection
from fivetran_local.engine import SyncOutcome
from fivetran_local.errors import (
    AccountFileError,
    ConflictError,
    IllegalStateError,
    InvalidInputError,
    LocalFivetranError,
    NotFoundError,
    RefusedError,
    WarehouseError,
)
from fivetran_local.events import EventLog
from fivetran_local.records import SyncStatus
from fivetran_local.sync import Limits, SyncRules
from fivetran_local.syncing import one_sync, syncs
from fivetran_local.syncing import view as views
from fivetran_local.syncing.job import Ended
from fivetran_local.syncing.view import SyncState
from fivetran_local.warehouse import Warehouse
from tests.fivetran_local.warehouse_reading import query
from tests.support.function_over_http import function_over_http

KEY = "hed_0123456789abcdef"


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found


@contextmanager
def opened(folder, rules=None, *, wait=20):
    with (
        AccountStore(folder / "account") as store,
        Connections(
            store,
            warehouse_of=lambda group: Warehouse(folder / "warehouse.db", lock_wait_seconds=wait),
            events=EventLog(folder / "logs"),
            rules=rules,
        ) as connections,
    ):
        yield connections


@pytest.fixture
def connections(tmp_path):
    with opened(tmp_path) as connections:
        yield connections


@pytest.fixture
def function():
    with function_over_http() as function:
        yield function


def new(connections, function, *, schema="numbers", run_setup_tests=True, **settings):
    config = {
        "schema": schema,
        "function_trigger": function.url,
        "secrets_list": [{"key": "api_key", "value": KEY}],
        "custom_payloads": [{"key": "campus", "value": "north"}],
    }
    group = next(iter(connections.store.account.groups))
    settings = {"schedule_type": ScheduleType.MANUAL, "paused": False, **settings}
    made = NewConnection(
        group_id=group,
        service="google_cloud_function",
        config=config,
        settings=settings,
        run_setup_tests=run_setup_tests,
    )
    return connections.create(made).settings.id


def ended(connections, identity):
    """Wait until no sync is running; return the connection."""
    return until(lambda: (view := connections.get(identity)).running is None and view)


def synced(connections, identity, **options):
    connections.sync(identity, **options)
    return ended(connections, identity)


def landed(folder, schema="numbers"):
    return [number for (number,) in query(folder / "warehouse.db", f'SELECT id FROM {schema}."numbers" ORDER BY id')]


def test_a_connection_is_tested_synced_and_says_when_it_succeeded(connections, function, tmp_path):
    identity = new(connections, function)
    view = connections.get(identity)
    assert view.settings.setup_state is SetupState.CONNECTED
    assert [test.status for test in view.settings.setup_tests] == [SetupTestStatus.PASSED, SetupTestStatus.PASSED]
    assert view.sync_state is SyncState.SCHEDULED
    assert view.is_historical_sync
    view = synced(connections, identity)
    assert view.outcomes.succeeded_at > view.settings.created_at
    assert view.outcomes.failed_at is None
    assert not view.is_historical_sync
    assert landed(tmp_path) == list(range(30))
    assert connections.state(identity) == {"page": 3}
    assert [call.rows for call in view.last_calls] == [10, 10, 10]
    events = [event["event"] for event in connections.events.read(identity)]
    assert events == ["create_connector", "connection_successful", "force_update_connector", "sync_start"] + [
        "api_call"
    ] * 3 + ["sync_end"]


def test_the_function_is_sent_what_fivetran_sends(connections, function):
    identity = new(connections, function)
    synced(connections, identity)
    test, first, *_ = function.requests
    agent = f"Fivetran Google Cloud Functions Connector/{identity}/numbers"
    sent = {"agent": agent, "state": {}, "secrets": {"api_key": KEY}, "customPayload": {"campus": "north"}}
    assert test == {**sent, "setup_test": True}
    assert first == {**sent, "setup_test": False, "sync_id": first["sync_id"]}


def test_each_success_is_later_than_the_one_before(connections, function):
    identity = new(connections, function)
    stamps = [synced(connections, identity).outcomes.succeeded_at for _ in range(3)]
    assert all(one < other for one, other in itertools.pairwise(stamps))


def test_a_function_that_is_down_fails_the_sync_with_the_reason(connections, function, tmp_path):
    identity = new(connections, function)
    function.failing = (500, {"errorMessage": f"the source is down, and the key is {KEY}", "errorType": "SourceError"})
    view = synced(connections, identity)
    assert view.outcomes.failed_at
    assert view.outcomes.succeeded_at is None
    (task,) = view.settings.tasks
    assert "the source is down" in task.details
    assert KEY not in task.details
    assert view.settings.setup_state is SetupState.CONNECTED
    end = connections.events.read(identity)[-1]
    assert (end["event"], end["level"], end["data"]["status"]) == ("sync_end", "SEVERE", "FAILURE")
    assert KEY not in (tmp_path / "logs" / f"{identity}.jsonl").read_text()
    function.failing = None
    failed_at = view.outcomes.failed_at
    view = synced(connections, identity)
    assert view.outcomes.succeeded_at > failed_at
    assert view.outcomes.failed_at == failed_at
    assert view.settings.tasks == ()


def test_a_function_that_refuses_its_settings_breaks_the_connection_until_a_test_passes(connections, function):
    identity = new(connections, function)
    function.failing = (400, {"errorMessage": "api_key: wrong"})
    view = synced(connections, identity)
    assert view.settings.setup_state is SetupState.BROKEN
    assert [task.code for task in view.settings.tasks] == ["reconnect"]
    assert connections.test(identity)[1].status is SetupTestStatus.FAILED
    function.failing = (500, {"errorMessage": "the source is down as well"})
    view = synced(connections, identity)
    assert view.settings.setup_state is SetupState.BROKEN
    assert [task.code for task in view.settings.tasks] == ["reconnect", "sync_failed"]
    function.failing = None
    assert connections.test(identity)[1].status is SetupTestStatus.PASSED
    view = connections.get(identity)
    assert view.settings.setup_state is SetupState.CONNECTED
    assert view.settings.tasks == ()


def test_nothing_listens_at_the_address(connections, function):
    identity = new(connections, function, run_setup_tests=False)
    connections.update(identity, config={"function_trigger": "http://127.0.0.1:9/"})
    first, second = connections.test(identity)
    assert (first.status, second.status) == (SetupTestStatus.FAILED, SetupTestStatus.SKIPPED)
    assert "nothing answers at http://127.0.0.1:9/" in first.message
    assert connections.get(identity).settings.setup_state is SetupState.INCOMPLETE
    view = synced(connections, identity)
    assert "nothing answers" in view.settings.tasks[0].details


def test_a_call_is_seen_while_the_next_is_waited_for(connections, function):
    function.held_from = 2
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    until(lambda: [call.number for call in connections.get(identity).last_calls] == [1, 2])
    assert connections.get(identity).running.rows_received == 20
    function.release.set()
    ended(connections, identity)


def test_a_second_request_while_a_sync_runs_changes_nothing(connections, function):
    function.held_from = 1
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    running = connections.get(identity).running
    connections.sync(identity)
    assert connections.get(identity).sync_state is SyncState.SYNCING
    assert connections.get(identity).running is running
    function.release.set()
    assert ended(connections, identity).outcomes.succeeded_at
    assert len({request.get("sync_id") for request in function.requests}) == 2  # that of the test: none


def test_a_forced_sync_ends_the_running_one_and_goes_on_from_what_it_landed(connections, function, tmp_path):
    function.held_from = 1
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    connections.sync(identity, force=True)
    function.held_from = None
    function.release.set()
    until(lambda: connections.get(identity).outcomes.succeeded_at)
    ended(connections, identity)
    assert [sync.status for sync in connections.recent_syncs(identity)] == [SyncStatus.SUCCEEDED, SyncStatus.CANCELED]
    pages = [request["state"].get("page", 0) for request in function.requests if not request["setup_test"]]
    assert pages == [0, 1, 1, 2]
    assert landed(tmp_path) == list(range(30))
    assert connections.get(identity).outcomes.failed_at is None


def test_a_resync_begins_with_an_empty_state_and_removes_what_is_not_sent_again(connections, function, tmp_path):
    identity = new(connections, function)
    synced(connections, identity)
    function.numbers_from, function.held_from = 5, 2
    function.release.clear()
    connections.resync(identity)
    assert function.reached.acquire(timeout=20)
    assert connections.get(identity).is_historical_sync
    assert len(landed(tmp_path)) == 30
    function.release.set()
    view = ended(connections, identity)
    assert not view.is_historical_sync
    assert landed(tmp_path) == list(range(5, 30))


def test_a_resync_of_a_paused_connection_waits(connections, function):
    identity = new(connections, function)
    synced(connections, identity)
    connections.update(identity, paused=True)
    calls = len(function.requests)
    connections.resync(identity)
    view = connections.get(identity)
    assert (view.sync_state, view.is_historical_sync) == (SyncState.PAUSED, True)
    time.sleep(0.3)  # longer than the schedule takes to see what is due
    assert len(function.requests) == calls
    connections.update(identity, paused=False)
    until(lambda: not connections.get(identity).is_historical_sync)
    assert function.requests[calls]["state"] == {}


def test_an_unpaused_connection_on_automatic_schedule_syncs_by_itself(connections, function):
    identity = new(connections, function, schedule_type=ScheduleType.AUTO)
    until(lambda: connections.get(identity).outcomes.succeeded_at)
    view = ended(connections, identity)
    assert view.next_sync_at == view.outcomes.last_started_at + timedelta(minutes=360)
    assert not view.is_delayed
    before = view.outcomes.succeeded_at
    connections.clock.move(timedelta(minutes=361))
    until(lambda: connections.get(identity).outcomes.succeeded_at > before)


def test_a_paused_or_manual_connection_does_not(connections, function):
    paused = new(connections, function, paused=True, schedule_type=ScheduleType.AUTO)
    manual = new(connections, function, schema="manual")
    time.sleep(0.3)
    for identity in (paused, manual):
        assert connections.get(identity).next_sync_at is None
        assert connections.get(identity).outcomes.last_started_at is None


def test_a_sync_that_was_put_off_by_hand_has_to_be_asked_for_again(connections, function):
    identity = new(connections, function)
    connections.syncs.reschedules[identity] = deque([3600.0])
    connections.sync(identity)
    view = connections.get(identity)
    assert view.sync_state is SyncState.RESCHEDULED
    assert view.settings.rescheduled_for > view.now
    assert synced(connections, identity).outcomes.succeeded_at
    assert connections.get(identity).sync_state is SyncState.SCHEDULED


def test_a_sync_that_was_put_off_on_schedule_comes_back_by_itself(connections, function):
    identity = new(connections, function, schedule_type=ScheduleType.AUTO, paused=True)
    connections.syncs.reschedules[identity] = deque([3600.0])
    connections.update(identity, paused=False)
    until(lambda: connections.get(identity).sync_state is SyncState.RESCHEDULED)
    connections.clock.move(timedelta(seconds=3601))
    until(lambda: connections.get(identity).outcomes.succeeded_at)


def test_the_state_is_rewound(connections, function):
    identity = new(connections, function)
    with pytest.raises(IllegalStateError, match="no state yet"):
        connections.set_state(identity, {"page": 1})
    synced(connections, identity)
    connections.set_state(identity, {"page": 1})
    assert connections.state(identity) == {"page": 1}
    synced(connections, identity)
    assert function.requests[-2]["state"] == {"page": 1}


def test_the_state_is_not_changed_while_a_sync_runs(connections, function):
    function.held_from = 0
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    with pytest.raises(ConflictError, match="while a sync is running"):
        connections.set_state(identity, {"page": 1})
    function.release.set()
    ended(connections, identity)


def test_a_state_is_not_changed_for_a_resync_to_forget(connections, function):
    identity = new(connections, function)
    synced(connections, identity)
    connections.update(identity, paused=True)
    connections.resync(identity)
    with pytest.raises(ConflictError, match="a re-sync is waiting"):
        connections.set_state(identity, {"page": 1})


def test_a_state_that_is_no_json_is_refused(connections, function):
    identity = new(connections, function)
    synced(connections, identity)
    with pytest.raises(RefusedError, match="NaN"):
        connections.set_state(identity, {"page": float("nan")})
    with pytest.raises(RefusedError, match="half of a surrogate pair"):
        connections.set_state(identity, {"page": ["\ud800"]})
    connections.set_state(identity, {"page": 1, "mark": "\U0001f600"})
    assert connections.state(identity) == {"page": 1, "mark": "\U0001f600"}


def test_a_deleted_connection_leaves_its_rows_and_its_successor_starts_from_nothing(connections, function, tmp_path):
    identity = new(connections, function)
    synced(connections, identity)
    connections.delete(identity)
    with pytest.raises(NotFoundError):
        connections.get(identity)
    assert len(landed(tmp_path)) == 30
    successor = new(connections, function)
    assert connections.get(successor).outcomes.succeeded_at is None
    assert connections.state(successor) == {}
    assert connections.recent_syncs(successor) == []
    synced(connections, successor)
    assert len(connections.recent_syncs(successor)) == 1
    assert landed(tmp_path) == list(range(30))


def test_a_connection_is_deleted_in_the_middle_of_its_sync(connections, function):
    function.held_from = 1
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    process = psutil.Process(connections.syncs._live_of(identity).sync._process._process.pid)
    connections.delete(identity)
    assert connections.all() == []
    assert not process.is_running()


def test_two_connections_of_a_group_cannot_share_a_schema(connections, function):
    new(connections, function)
    with pytest.raises(ConflictError, match="has a connection 'numbers' already"):
        new(connections, function)


def test_other_services_are_kept_and_say_why_they_do_not_run_here(connections):
    group = next(iter(connections.store.account.groups))
    made = NewConnection(
        group_id=group,
        service="aws_lambda",
        config={"schema": "lambda_rows", "function": "f"},
        settings={"paused": False},
    )
    view = connections.create(made)
    assert view.sync_state is SyncState.PAUSED
    assert connections.update(view.settings.id, paused=False).sync_state is SyncState.PAUSED
    assert view.settings.setup_state is SetupState.INCOMPLETE
    assert "AWS" in view.settings.setup_tests[0].message
    with pytest.raises(IllegalStateError, match="aws_lambda cannot run here"):
        connections.sync(view.settings.id)


def test_unknown_groups_services_and_connections_are_named(connections, function):
    with pytest.raises(NotFoundError, match="nowhere"):
        connections.create(NewConnection(group_id="nowhere", service="google_cloud_function", config={}, settings={}))
    group = next(iter(connections.store.account.groups))
    with pytest.raises(InvalidInputError, match=r"^service: there is no 'salesforce'"):
        connections.create(NewConnection(group_id=group, service="salesforce", config={}, settings={}))
    with pytest.raises(NotFoundError, match="no_such"):
        connections.sync("no_such")


def test_what_was_running_goes_on_when_it_starts_again(tmp_path, function):
    function.held_from = 1
    with opened(tmp_path) as connections:
        identity = new(connections, function)
        connections.sync(identity)
        assert function.reached.acquire(timeout=20)
    assert landed(tmp_path) == list(range(10))
    function.held_from = None
    function.release.set()
    with opened(tmp_path) as connections:
        view = until(lambda: (view := connections.get(identity)).outcomes.succeeded_at and view)
        assert view.outcomes.failed_at is None
        ended(connections, identity)
        assert connections.get(identity).settings.wanted is None
    assert landed(tmp_path) == list(range(30))
    pages = [request["state"].get("page", 0) for request in function.requests if not request["setup_test"]]
    assert pages == [0, 1, 1, 2]


def test_what_is_known_outlives_a_restart(tmp_path, function):
    with opened(tmp_path) as connections:
        identity = new(connections, function)
        before = synced(connections, identity)
    with opened(tmp_path) as connections:
        after = connections.get(identity)
        assert after.settings == before.settings
        assert after.outcomes.succeeded_at == before.outcomes.succeeded_at
        assert not after.is_historical_sync


def test_a_killed_sync_process_is_a_failure_with_a_reason_and_the_next_sync_goes_on(connections, function, tmp_path):
    function.held_from = 1
    identity = new(connections, function)
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)
    os.kill(connections.syncs._live_of(identity).sync._process._process.pid, signal.SIGKILL)
    view = ended(connections, identity)
    assert "process died" in view.settings.tasks[0].details
    assert view.outcomes.failed_at
    function.held_from = None
    function.release.set()
    assert synced(connections, identity).outcomes.succeeded_at > view.outcomes.failed_at
    assert landed(tmp_path) == list(range(30))


def test_limits_end_a_sync_and_keep_what_it_brought(tmp_path, function):
    with opened(tmp_path, SyncRules(Limits(max_sync_seconds=0.0))) as connections:
        identity = new(connections, function)
        assert synced(connections, identity).outcomes.succeeded_at
        assert connections.state(identity) == {"page": 1}
        view = connections.get(identity)
        assert view.is_historical_sync
        synced(connections, identity)
        assert not synced(connections, identity).is_historical_sync
    assert landed(tmp_path) == list(range(30))


def test_syncs_run_beside_each_other(connections, function):
    function.held_from = 0
    identities = [new(connections, function, schema=f"numbers_{number}") for number in range(4)]
    for identity in identities:
        connections.sync(identity)
    for _ in identities:
        assert function.reached.acquire(timeout=20)
    assert {connections.get(identity).sync_state for identity in identities} == {SyncState.SYNCING}
    function.release.set()
    for identity in identities:
        assert ended(connections, identity).outcomes.succeeded_at


def test_a_changed_configuration_has_to_pass_its_tests_again(connections, function):
    identity = new(connections, function)
    view = connections.update(identity, config={"custom_payloads": []})
    assert view.settings.setup_state is SetupState.INCOMPLETE
    assert view.settings.config["secrets_list"] == [{"key": "api_key", "value": KEY}]
    assert connections.update(identity, run_setup_tests=True).settings.setup_state is SetupState.CONNECTED


def test_of_changes_at_once_none_is_lost(connections, function):
    identity = new(connections, function, paused=True)

    def change(field):
        for number in range(30):
            connections.update(identity, config={field: [{"key": "campus", "value": str(number)}]})

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(change, ("custom_payloads", "secrets_list")))
    config = connections.get(identity).settings.config
    assert config["custom_payloads"] == config["secrets_list"] == [{"key": "campus", "value": "29"}]
    assert config["function_trigger"] == function.url


def test_a_sync_asked_of_a_paused_connection_runs_when_it_is_no_longer_paused(connections, function):
    identity = new(connections, function, paused=True)
    connections.sync(identity)
    assert connections.get(identity).settings.wanted is Wanted.SYNC
    connections.update(identity, paused=False)
    until(lambda: connections.get(identity).outcomes.succeeded_at)


def test_a_sync_that_waits_for_a_place_is_ended_while_it_waits(tmp_path, function, monkeypatch):
    monkeypatch.setattr(syncs, "MOST_AT_ONCE", 1)
    function.held_from = 0
    with opened(tmp_path) as connections:
        first, second = (new(connections, function, schema=schema) for schema in ("one", "two"))
        connections.sync(first)
        assert function.reached.acquire(timeout=20)
        connections.sync(second)
        assert connections.get(second).sync_state is SyncState.SYNCING
        connections.delete(second)
        function.release.set()
        assert ended(connections, first).outcomes.succeeded_at
    assert not [request for request in function.requests if request["agent"].endswith("/two") and "sync_id" in request]


def test_a_warehouse_that_cannot_be_read_at_the_start_is_named_and_no_connection_seems_never_to_have_synced(
    tmp_path, function
):
    with opened(tmp_path) as connections:
        synced(connections, new(connections, function))
    held = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", held, str(tmp_path / "warehouse.db")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline()
        with pytest.raises(WarehouseError, match=rf"stayed locked for .* \(process {holder.pid}\)"):
            opened(tmp_path, wait=0.2).__enter__()
        holder.stdin.close()
    with opened(tmp_path) as connections:
        assert connections.all()[0].outcomes.succeeded_at


def stored(connections, identity):
    return connections.store.account.connections[identity]


def test_a_resync_that_was_asked_for_stays_one_when_a_sync_is_forced(connections, function):
    identity = new(connections, function, paused=True)
    connections.resync(identity)
    connections.sync(identity, force=True)
    assert stored(connections, identity).wanted is Wanted.RESYNC


def test_a_resync_asked_for_while_a_sync_ends_is_not_lost(connections, function, monkeypatch):
    identity = new(connections, function)
    synced(connections, identity)
    after, asked = syncs.after, []

    def ending(outcome, again):
        if not asked:  # the sync has ended, and nobody knows yet
            asked.append(True)
            connections.store.change_connection(identity, wanted=Wanted.RESYNC)
        return after(outcome, again)

    monkeypatch.setattr(syncs, "after", ending)
    calls = len(function.requests)
    connections.sync(identity)
    until(lambda: {} in [request["state"] for request in function.requests[calls:]])
    ended(connections, identity)


def test_nobody_takes_the_last_syncs_end_for_that_of_one_that_begins_in_a_moment(connections, function):
    identity = new(connections, function)
    synced(connections, identity)
    connections.update(identity, paused=True)
    connections.sync(identity)
    before = connections.get(identity).outcomes.succeeded_at
    connections.update(identity, paused=False)
    seen = []
    until(lambda: seen.append(connections.get(identity)) or seen[-1].outcomes.succeeded_at > before)
    assert {view.sync_state for view in seen if view.outcomes.succeeded_at == before} == {SyncState.SYNCING}


def test_a_process_that_does_not_react_holds_up_nobody_and_is_killed_when_its_connection_goes(
    connections, function, monkeypatch
):
    monkeypatch.setattr(syncs, "_PATIENCE_SECONDS", 0.5)
    function.held_from = 0
    stuck, other = new(connections, function), new(connections, function, schema="other")
    connections.sync(stuck)
    assert function.reached.acquire(timeout=20)
    os.kill(connections.syncs._live_of(stuck).sync._process._process.pid, signal.SIGSTOP)
    for _ in range(500):  # more than fit into a pipe
        connections.sync(stuck, force=True)
    function.held_from = None
    function.release.set()
    assert synced(connections, other).outcomes.succeeded_at
    connections.delete(stuck)
    assert [view.settings.id for view in connections.all()] == [other]


def test_a_success_whose_process_dies_before_it_can_say_so_is_a_success(connections, function):
    identity = new(connections, function)
    hear = one_sync.Sync._hear

    def deaf(sync, message):
        if not isinstance(message, Ended):
            hear(sync, message)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(one_sync.Sync, "_hear", deaf)
        view = synced(connections, identity)
    assert view.outcomes.succeeded_at
    assert view.outcomes.failed_at is None
    assert [sync.status for sync in connections.recent_syncs(identity)] == [SyncStatus.SUCCEEDED]


@pytest.mark.parametrize("told", [SyncStatus.SUCCEEDED, SyncStatus.CANCELED])
def test_a_success_whose_record_was_not_told_is_read_from_the_warehouse(connections, function, monkeypatch, told):
    identity = new(connections, function)
    hear = one_sync.Sync._hear

    def without_record(sync, message):
        hear(sync, Ended(SyncOutcome(told), None) if isinstance(message, Ended) else message)

    monkeypatch.setattr(one_sync.Sync, "_hear", without_record)
    view = synced(connections, identity)
    assert view.outcomes.succeeded_at == connections.warehouse(identity).record("numbers").succeeded_at
    assert not view.is_historical_sync
    assert stored(connections, identity).wanted is None


def test_a_success_of_which_the_warehouse_cannot_be_asked_ends_all_the_same(connections, function, monkeypatch):
    identity = new(connections, function)
    hear = one_sync.Sync._hear

    def without_record(sync, message):
        hear(sync, Ended(message.outcome, None) if isinstance(message, Ended) else message)

    def busy(*_):
        raise WarehouseError("busy")

    monkeypatch.setattr(one_sync.Sync, "_hear", without_record)
    monkeypatch.setattr(Warehouse, "last_sync", busy)
    view = synced(connections, identity)
    assert view.outcomes.succeeded_at
    assert view.sync_state is SyncState.SCHEDULED


def test_the_end_of_a_sync_that_cannot_be_written_down_starts_no_other(connections, function, monkeypatch):
    identity = new(connections, function)
    function.held_from = 0
    connections.sync(identity)
    assert function.reached.acquire(timeout=20)

    def full(self, account):
        raise AccountFileError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(AccountStore, "_write", full)
        function.release.set()
        view = ended(connections, identity)
        calls = len(function.requests)
        assert view.outcomes.succeeded_at
        assert view.sync_state is SyncState.SCHEDULED
        time.sleep(0.5)  # a few looks at the schedule
        assert len(function.requests) == calls
    connections.clock.move(timedelta(seconds=6))
    until(lambda: stored(connections, identity).wanted is None)


def test_a_test_of_another_configuration_says_nothing_of_this_one(connections, function):
    identity = new(connections, function)
    answer = function.answer

    def changed_meanwhile(request):
        connections.update(identity, config={"custom_payloads": []})
        return answer(request)

    function.answer = changed_meanwhile
    connections.test(identity)
    assert stored(connections, identity).setup_state is SetupState.INCOMPLETE


def test_one_test_of_a_connection_at_a_time(connections, function):
    identity, answer, refused = new(connections, function), function.answer, []

    def tested_meanwhile(request):
        with pytest.raises(ConflictError, match="setup tests of this connection are running"):
            connections.test(identity)
        refused.append(True)
        return answer(request)

    function.answer = tested_meanwhile
    connections.test(identity)
    assert refused


def test_a_thread_that_cannot_be_started_leaves_the_connection_as_it_was(connections, function, monkeypatch):
    identity = new(connections, function)

    def cannot(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", cannot)
        with pytest.raises(LocalFivetranError, match="can't start new thread"):
            connections.sync(identity)
    until(lambda: connections.get(identity).outcomes.succeeded_at)  # it was written down, and the schedule starts it


def test_one_connections_trouble_does_not_end_the_schedule(connections, function, monkeypatch):
    due_at = views.due_at

    def trouble(settings, *rest):
        if settings.schema == "odd":
            raise RuntimeError("odd")
        return due_at(settings, *rest)

    monkeypatch.setattr(views, "due_at", trouble)
    odd = new(connections, function, schema="odd")
    other = new(connections, function, schedule_type=ScheduleType.AUTO)
    until(lambda: connections.get(other).outcomes.succeeded_at)
    assert "severe" in [event["event"] for event in connections.events.read(odd)]


def test_two_that_delete_one_connection_delete_nothing_of_its_successor(connections, function, monkeypatch):
    identity = new(connections, function)
    synced(connections, identity)
    successor = []
    alone = connections._alone

    @contextmanager
    def late(group, schema):
        if not successor:
            successor.append(None)
            connections.delete(identity)
            successor[0] = new(connections, function)
            synced(connections, successor[0])
        with alone(group, schema):
            yield

    monkeypatch.setattr(connections, "_alone", late)
    with pytest.raises(NotFoundError):
        connections.delete(identity)
    assert connections.state(successor[0]) == {"page": 3}


def test_logs_of_connections_that_are_gone_are_swept(tmp_path, function):
    with opened(tmp_path) as connections:
        identity = new(connections, function)
        (tmp_path / "logs" / "gone_long.jsonl").write_text("{}")
    with opened(tmp_path):
        assert [path.stem for path in (tmp_path / "logs").iterdir()] == [identity]

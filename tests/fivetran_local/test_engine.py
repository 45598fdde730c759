"""Whole syncs into a real warehouse: what stays when one ends, and that the next loses and repeats nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from fivetran_local import engine, gathering
from fivetran_local.engine import run_sync
from fivetran_local.errors import FunctionCallError, RefusedError, WarehouseError
from fivetran_local.records import SyncStatus
from fivetran_local.sync import Guards, Limits, SyncRules
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse
from tests.fivetran_local.warehouse_reading import query
from tests.support.paged_function import PAGES, ROWS, PagedFunction, counting

ROOT = Path(__file__).parents[2]
ALL = list(range(PAGES * ROWS))
KEY = "hed_0123456789abcdef"


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse.db", lock_wait_seconds=5)


@pytest.fixture
def page_by_page(monkeypatch):
    """Every page is landed by itself, while the next is fetched."""
    monkeypatch.setattr(gathering, "MOST_ROWS_GATHERED", 1)


def sync(warehouse, function=None, *, limits=None, guards=None, **options):
    rules = SyncRules(limits or Limits(), guards or Guards())
    return run_sync(function or PagedFunction(), warehouse, "c", secrets={"api_key": KEY}, rules=rules, **options)


def landed(warehouse, table="numbers"):
    if table not in warehouse.row_counts("c"):
        return []
    return [number for (number,) in query(warehouse.path, f'SELECT id FROM c."{table}" ORDER BY id')]


def assert_whole_pages(warehouse, pages):
    """The warehouse holds these pages, no more and no less, and a state that says so."""
    assert landed(warehouse) == landed(warehouse, "log") == ALL[: pages * ROWS]
    record = warehouse.record("c")
    assert (record.state if record else {}) == ({"page": pages} if pages else {})


def test_a_complete_sync(warehouse):
    seen = []
    function = PagedFunction()
    outcome = sync(warehouse, function, watch=lambda so_far: seen.append((so_far.calls, so_far.rows_received)))
    assert_whole_pages(warehouse, PAGES)
    assert (outcome.status, outcome.has_more, outcome.reason, outcome.error) == (
        SyncStatus.SUCCEEDED,
        False,
        None,
        None,
    )
    assert (outcome.calls, outcome.state, outcome.rows_received) == (PAGES, {"page": PAGES}, 2 * len(ALL))
    assert (outcome.counts.upserts, outcome.counts.updates, outcome.counts.schema_changes) == (2 * len(ALL), 0, 2)
    assert outcome.counts.checkpoints == 1
    assert outcome.seconds >= outcome.slowest_call_seconds > 0
    assert seen == [(call, 2 * ROWS * call) for call in range(1, PAGES + 1)]
    record, last = warehouse.record("c"), warehouse.last_sync("c")
    assert record.succeeded_at is not None
    assert record.failed_at is None
    assert (last.status, last.calls, last.counts, last.has_more) == (outcome.status, PAGES, outcome.counts, False)


def test_the_requests_are_those_of_fivetran(warehouse):
    function = PagedFunction()
    sync(warehouse, function)
    assert [request.state for request in function.asked] == [{}, *({"page": n} for n in range(1, PAGES))]
    assert {request.agent for request in function.asked} == {
        "Fivetran Google Cloud Functions Connector/local_machine/c"
    }
    assert {(request.setup_test, request.secrets["api_key"]) for request in function.asked} == {(False, KEY)}
    (sync_id,) = {request.sync_id for request in function.asked}
    assert sync_id == warehouse.last_sync("c").sync_id


def test_a_second_sync_asks_once_and_has_an_id_of_its_own(warehouse):
    first, second = PagedFunction(), PagedFunction()
    sync(warehouse, first)
    outcome = sync(warehouse, second)
    assert (outcome.calls, outcome.counts.upserts, outcome.has_more) == (1, 0, False)
    assert second.asked[0].state == {"page": PAGES}
    assert first.asked[0].sync_id != second.asked[0].sync_id


def fails(_request):
    raise FunctionCallError(f"it said {KEY}")


@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (fails, "it said [secret]"),
        (lambda _: b"[]", "the answer is a list"),
        (lambda _: b"{", "not JSON"),
        (lambda r: {**counting(r), "state": None}, "state: 'state' is null"),
        (lambda r: {**counting(r), "hasMore": 1}, "'hasMore' is a number"),
        (lambda r: {**counting(r), "insert": {"numbers": [{"no": 1}]}}, "insert.numbers[0]: no value for the primary"),
        (lambda r: {**counting(r), "state": dict(r.state), "hasMore": True}, "returns the state it was given"),
        (lambda r: {**counting(r), "insert": {"t": [{"_fivetran_synced": 1}]}}, "one of Fivetran's"),
    ],
)
def test_a_failure_keeps_the_pages_before_it_and_the_next_sync_goes_on(warehouse, page, turn, words):
    outcome = sync(warehouse, PagedFunction({page: turn}))
    assert (outcome.status, outcome.has_more, outcome.calls) == (SyncStatus.FAILED, True, page)
    assert words in outcome.error
    assert KEY not in outcome.error
    assert_whole_pages(warehouse, page - 1)
    assert outcome.state == ({"page": page - 1} if page > 1 else {})
    last = warehouse.last_sync("c")
    assert (last.status, last.error, last.calls) == (SyncStatus.FAILED, outcome.error, page)
    assert warehouse.record("c").failed_at is not None
    assert sync(warehouse).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, PAGES)


def test_a_refused_page_is_told_by_its_call_and_not_by_its_values(warehouse):
    secretive = {"state": {}, "insert": {"t": ["Jane Doe"], "u": {"name": "Jane Doe"}}, "hasMore": False}
    outcome = sync(warehouse, PagedFunction({2: lambda _: secretive}))
    assert outcome.error.startswith("call 2: insert.t[0]: it is text: ")
    assert outcome.error.endswith("(and 1 more findings)")
    assert "Jane" not in outcome.error


def test_eleven_empty_answers_fail_and_ten_do_not(warehouse):
    def empty(request):
        return {"state": {"n": request.state.get("n", 0) + 1}, "insert": {"t": []}, "hasMore": True}

    def done(request):
        return {**empty(request), "hasMore": False}

    fine = sync(warehouse, PagedFunction({11: done}, empty))
    assert (fine.status, fine.calls, fine.state) == (SyncStatus.SUCCEEDED, 11, {"n": 11})
    outcome = sync(warehouse, PagedFunction(otherwise=empty))
    assert (outcome.status, outcome.calls, outcome.state) == (SyncStatus.FAILED, 11, {"n": 21})
    assert "11 answers in a row had no row" in outcome.error
    assert warehouse.record("c").state == {"n": 21}


def test_an_unmoved_state_may_be_let_pass(warehouse):
    stuck = PagedFunction(otherwise=lambda r: {**counting(r), "state": dict(r.state), "hasMore": True})
    outcome = sync(warehouse, stuck, guards=Guards(unmoved_state=False), limits=Limits(max_calls=3))
    assert (outcome.status, outcome.calls, outcome.has_more) == (SyncStatus.SUCCEEDED, 3, True)


@pytest.mark.parametrize("calls", [1, 2, 5])
def test_a_limit_of_calls_pauses_and_the_next_sync_goes_on(warehouse, calls):
    for stop in range(calls, PAGES, calls):
        outcome = sync(warehouse, limits=Limits(max_calls=calls))
        assert (outcome.status, outcome.has_more, outcome.calls) == (SyncStatus.SUCCEEDED, True, calls)
        assert outcome.reason.startswith(f"stopped after {calls} calls")
        assert outcome.error is None
        assert_whole_pages(warehouse, stop)
        assert warehouse.last_sync("c").has_more is True
    assert sync(warehouse, limits=Limits(max_calls=calls)).has_more is False
    assert_whole_pages(warehouse, PAGES)


def test_the_longest_time_of_a_sync_pauses_it_after_the_page_at_hand(warehouse):
    outcome = sync(warehouse, limits=Limits(max_sync_seconds=0))
    assert (outcome.status, outcome.has_more, outcome.calls) == (SyncStatus.SUCCEEDED, True, 1)
    assert "0 hours, as Fivetran does" in outcome.reason
    assert_whole_pages(warehouse, 1)


def test_a_misspelt_has_more_stops_with_a_warning_each_kind_once(warehouse):
    def misspelt(request):
        page = counting(request)
        more = page.pop("hasMore")
        return {**page, "has_more": more}

    outcome = sync(warehouse, PagedFunction(otherwise=misspelt))
    assert (outcome.status, outcome.calls, outcome.has_more) == (SyncStatus.SUCCEEDED, 1, False)
    (warning,) = outcome.warnings
    assert "did you mean 'hasMore'? Fivetran would stop after this page" in str(warning)
    noisy = PagedFunction(otherwise=lambda r: {**counting(r), "note": "always there"})
    assert len(sync(warehouse, noisy).warnings) == 1


def test_a_big_integer_lands_and_goes_back_to_the_last_digit(warehouse):
    big = 2**80 + 1
    function = PagedFunction(
        {1: lambda _: b'{"state": {"n": %d}, "insert": {"t": [{"id": %d}]}, "hasMore": true}' % (big, big)},
        lambda r: {"state": {}, "hasMore": False},
    )
    sync(warehouse, function)
    assert function.asked[1].state == {"n": big}
    assert query(warehouse.path, "SELECT id FROM c.t") == [(big,)]


class RefusesToLand(Warehouse):
    """A warehouse whose file is taken away at one landing and put back once that has failed."""

    def __init__(self, path, fails_at):
        super().__init__(path, lock_wait_seconds=1)
        self.fails_at = fails_at
        self.landings = 0
        self.failed = threading.Event()

    def land(self, *arguments, **options):
        self.landings += 1
        if self.landings != self.fails_at:
            return super().land(*arguments, **options)
        kept = self.path.with_name("kept")
        self.path.rename(kept)
        self.path.mkdir()
        try:
            return super().land(*arguments, **options)
        finally:
            self.path.rmdir()
            kept.rename(self.path)
            self.failed.set()


@pytest.mark.usefixtures("page_by_page")
@pytest.mark.parametrize("fails_at", [2, 4, PAGES, PAGES + 1])
def test_a_landing_that_fails_never_lets_the_state_of_a_later_page_in(tmp_path, fails_at):
    """The file is whole again at once, so that everything after the failed landing could land."""
    warehouse = RefusesToLand(tmp_path / "warehouse.db", fails_at)
    outcome = sync(warehouse)
    assert warehouse.failed.is_set()
    assert outcome.status is SyncStatus.FAILED
    assert "is a folder" in outcome.error
    assert_whole_pages(warehouse, min(fails_at - 1, PAGES))
    assert outcome.state == warehouse.record("c").state
    last = warehouse.last_sync("c")
    assert (last.status, last.error) == (SyncStatus.FAILED, outcome.error)
    assert sync(warehouse).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, PAGES)


@pytest.mark.parametrize("error", [WarehouseError("no room"), RefusedError("a key changed")])
def test_a_landing_that_fails_at_the_end_is_the_syncs_failure(warehouse, monkeypatch, error):
    real = Warehouse.land

    def land(self, sync, responses, **options):
        if responses:
            raise error
        return real(self, sync, responses, **options)

    monkeypatch.setattr(Warehouse, "land", land)
    for function, reason in ((PagedFunction(), str(error)), (PagedFunction({3: fails}), "it said [secret]")):
        outcome = sync(warehouse, function)
        assert (outcome.status, outcome.error) == (SyncStatus.FAILED, reason)
        assert outcome.state == {}
        assert warehouse.last_sync("c").status is SyncStatus.FAILED


def test_a_warehouse_that_stays_unusable_is_told_and_nothing_hangs(warehouse):
    def take_away(request):
        warehouse.path.mkdir()
        return counting(request)

    outcome = sync(warehouse, PagedFunction({2: take_away}))
    assert (outcome.status, outcome.state) == (SyncStatus.FAILED, {})
    assert "is a folder" in outcome.error


class InterruptAtLine:
    """Ctrl-C before the first time that each line of the engine runs, one line for each use."""

    def __init__(self, line):
        self._line = line
        self.done = False

    def __enter__(self):
        sys.settrace(self._call)

    def __exit__(self, *_):
        sys.settrace(None)

    def _call(self, frame, _event, _argument):
        return self._step if frame.f_code.co_filename == engine.__file__ and not self.done else None

    def _step(self, frame, event, _argument):
        if event == "line" and frame.f_lineno == self._line and not self.done:
            self.done = True
            sys.settrace(None)
            raise KeyboardInterrupt
        return self._step


def lines_of_a_run():
    """The lines of the engine that run while a sync's pages are read, from first call to last commit."""
    names = ("to_its_end", "_read_pages", "_readable", "_note", "_end", "_land")
    codes = [getattr(engine._Run, name).__code__ for name in names]
    return sorted({line for code in codes for _, _, line in code.co_lines() if line and line != code.co_firstlineno})


@pytest.mark.usefixtures("page_by_page")
@pytest.mark.parametrize("line", lines_of_a_run())
def test_ctrl_c_at_any_line_keeps_whole_pages_and_the_next_sync_goes_on(warehouse, line):
    interrupt = InterruptAtLine(line)
    outcome = None
    two_pages = partial(counting, pages=2)
    with suppress(KeyboardInterrupt), interrupt:
        outcome = sync(warehouse, PagedFunction(otherwise=two_pages))
    assert_whole_pages(warehouse, len(landed(warehouse)) // ROWS)
    if interrupt.done and outcome:
        assert outcome.status is SyncStatus.CANCELED
        assert outcome.reason == "interrupted; the next sync goes on from here"
        assert outcome.has_more is True
        assert warehouse.last_sync("c").status is SyncStatus.CANCELED
    assert sync(warehouse, PagedFunction(otherwise=two_pages)).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, 2)


def test_ctrl_c_in_a_call_lands_what_was_gathered(warehouse):
    def interrupted(_request):
        raise KeyboardInterrupt

    outcome = sync(warehouse, PagedFunction({4: interrupted}))
    assert (outcome.status, outcome.has_more, outcome.state) == (SyncStatus.CANCELED, True, {"page": 3})
    assert outcome.error is None
    assert_whole_pages(warehouse, 3)
    record, last = warehouse.record("c"), warehouse.last_sync("c")
    assert (last.status, last.calls, last.error) == (SyncStatus.CANCELED, 4, None)
    assert (record.succeeded_at, record.failed_at) == (None, None)


VICTIM = """
import os, signal, sys
from pathlib import Path
from fivetran_local import gathering
from fivetran_local.engine import run_sync
from fivetran_local.warehouse import Warehouse
from tests.support.paged_function import PagedFunction, counting

path, dies_at, rows_per_landing = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
gathering.MOST_ROWS_GATHERED = rows_per_landing

def die(_request):
    os.kill(os.getpid(), signal.SIGKILL)

run_sync(PagedFunction({dies_at: die}), Warehouse(path), "c", secrets={})
"""


@pytest.mark.parametrize(("dies_at", "rows_per_landing"), [(1, 1), (4, 1), (5, 20), (PAGES, 10_000)])
def test_a_sync_that_is_killed_and_started_again_gives_every_row_once(warehouse, dies_at, rows_per_landing):
    words = [sys.executable, "-c", VICTIM, str(warehouse.path), str(dies_at), str(rows_per_landing)]
    assert subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == -9
    assert_whole_pages(warehouse, len(landed(warehouse)) // ROWS)
    assert sync(warehouse).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, PAGES)
    statuses = [status for (status,) in query(warehouse.path, "SELECT status FROM _fivetran_local.syncs")]
    assert "running" not in statuses


def test_a_second_sync_of_a_connection_is_refused_and_told_by_whom(warehouse):
    def sync_too(request):
        with pytest.raises(WarehouseError, match=rf"a sync of 'c' is already running in .*{os.getpid()}.*: wait"):
            sync(warehouse)
        assert run_sync(PagedFunction(), warehouse, "another", secrets={}).status is SyncStatus.SUCCEEDED
        return counting(request)

    assert sync(warehouse, PagedFunction({2: sync_too})).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, PAGES)


def test_a_sync_in_another_process_is_named(warehouse):
    script = VICTIM.replace("os.kill(os.getpid(), signal.SIGKILL)", "print('running', flush=True); sys.stdin.read()")
    words = [sys.executable, "-c", script, str(warehouse.path), "1", "1"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "running\n"
        with pytest.raises(WarehouseError, match=rf"already running in .*\(process {other.pid}\)"):
            sync(warehouse)
        other.kill()
        other.wait(20)
        assert sync(warehouse).status is SyncStatus.SUCCEEDED


def test_pages_land_together_and_not_one_by_one(warehouse, monkeypatch):
    landings = []
    real = Warehouse.land

    def land(self, opened, responses, **options):
        landings.append(len(responses))
        return real(self, opened, responses, **options)

    monkeypatch.setattr(Warehouse, "land", land)
    sync(warehouse)
    assert landings == [PAGES]


def test_secrets_are_masked_in_the_words_of_any_function_and_settings_stay_readable(warehouse):
    secrets = {"api_key": KEY, "base_url": "https://api.example.org", "mode": "fail", "page_size": "12345678"}
    said = f"{json.dumps(KEY)} was refused by https://api.example.org; mode fail, page_size 12345678"

    def say(_request):
        raise FunctionCallError(said)

    outcome = run_sync(PagedFunction({1: say}), warehouse, "c", secrets=secrets)
    assert outcome.error == said.replace(KEY, "[secret]")
    assert KEY.encode() not in warehouse.path.read_bytes()


def test_a_response_is_what_the_warehouse_is_given(warehouse, monkeypatch):
    given = []
    monkeypatch.setattr(Warehouse, "land", lambda _self, _sync, responses, **_: given.extend(responses) or _nothing())
    sync(warehouse)
    assert all(isinstance(response, FunctionResponse) for response in given)
    assert [response.state["page"] for response in given] == list(range(1, PAGES + 1))


def _nothing():
    from fivetran_local.records import Counts

    return Counts()


def test_ctrl_c_while_the_sync_lands_its_end_comes_too_late(warehouse, monkeypatch):
    land = Warehouse.land

    def interrupted(*arguments, **more):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        return land(*arguments, **more)

    monkeypatch.setattr(Warehouse, "land", interrupted)
    outcome = sync(warehouse)
    monkeypatch.undo()
    assert_whole_pages(warehouse, PAGES)
    assert (outcome.status, outcome.has_more, outcome.reason) == (SyncStatus.SUCCEEDED, False, None)
    assert warehouse.last_sync("c").status is SyncStatus.SUCCEEDED


def test_a_sync_that_failed_stays_one_whenever_ctrl_c_comes(warehouse, monkeypatch):
    land = Warehouse.land

    def interrupted(*arguments, **more):
        os.kill(os.getpid(), signal.SIGINT)
        return land(*arguments, **more)

    def fails(_request):
        raise FunctionCallError("it is down")

    monkeypatch.setattr(Warehouse, "land", interrupted)
    outcome = sync(warehouse, PagedFunction({3: fails}))
    assert (outcome.status, outcome.reason) == (SyncStatus.FAILED, "it is down")
    assert warehouse.last_sync("c").error == "it is down"
    assert_whole_pages(warehouse, 2)


def test_an_end_that_cannot_land_when_ctrl_c_comes_leaves_the_pages_to_the_next_sync(warehouse, monkeypatch):
    land, calls = Warehouse.land, []

    def full(*arguments, **more):
        calls.append(arguments)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            raise WarehouseError("the disk is full")
        return land(*arguments, **more)

    monkeypatch.setattr(Warehouse, "land", full)
    assert sync(warehouse).status in (SyncStatus.CANCELED, SyncStatus.FAILED)
    assert_whole_pages(warehouse, 0)
    assert sync(warehouse).status is SyncStatus.SUCCEEDED
    assert_whole_pages(warehouse, PAGES)

"""`connection sync` and `resync`: what is started, what is waited for, and when waiting ends."""

import json
import os
import signal
import threading

import pytest

from fivetran_tools.connections import syncing
from fivetran_tools.errors import CommandError
from fivetran_tools.fivetran_api import Credentials, FivetranApi, address_of
from tests.support.connection_answers import connection, data, one, refused, said
from tests.support.login import KEY, SECRET
from tests.support.scripted_source import disconnect, scripted_source, status

LATER, LATEST = "2026-03-01T11:00:00.000000Z", "2026-03-01T12:00:00.000000Z"
BUSY = one("syncing")
DONE = one(succeeded_at=LATER)


def asked(source, method="POST"):
    return [one.path.removeprefix("/v1/connections/grafted_unwound") for one in source.asked if one.method == method]


def test_a_sync_is_started_and_not_waited_for_unasked(command):
    with scripted_source(one(), one(), said()) as source:
        done = command.at(source.url)("sync", "hed")
    assert done.code == 0
    assert asked(source) == ["/sync"]
    assert json.loads(source.asked[-1].body) == {"force": False}
    assert "hed: a sync is started" in done.err
    assert "`./fivetran connection status grafted_unwound`" in done.err


def test_waiting_ends_when_the_time_of_the_last_success_moves(command):
    with scripted_source(one(), one(), said(), one(), BUSY, BUSY, DONE) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 0
    assert done.out.startswith("hed succeeded at 20")
    assert "hed: syncing" in done.err
    assert len(source.asked) == 7


def test_a_sync_that_ends_between_two_looks_is_not_missed(command):
    with scripted_source(one(), one(), said(), DONE) as source:
        assert command.at(source.url)("sync", "hed", "--wait").code == 0


def test_a_sync_that_fails_ends_with_its_reason(command):
    failed = one(failed_at=LATER, tasks=[{"code": "x", "message": "It failed", "details": "the key is wrong"}])
    with scripted_source(one(), one(), said(), BUSY, failed) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "fivetran: the sync of hed failed: It failed: the key is wrong"


def test_an_old_failure_is_not_taken_for_this_one(command):
    old = {"failed_at": "2026-03-01T10:30:00Z"}
    with scripted_source(
        one(**old), one(**old), said(), one("syncing", **old), one(succeeded_at=LATER, **old)
    ) as source:
        assert command.at(source.url)("sync", "hed", "--wait").code == 0


@pytest.mark.parametrize(("succeeded", "failed", "code"), [(LATEST, LATER, 0), (LATER, LATEST, 1)])
def test_the_later_of_two_that_ended_between_two_looks_decides(command, succeeded, failed, code):
    with scripted_source(one(), one(), said(), one(succeeded_at=succeeded, failed_at=failed)) as source:
        assert command.at(source.url)("sync", "hed", "--wait").code == code


def test_a_sync_that_runs_already_is_not_started_again_and_is_waited_for(command):
    with scripted_source(BUSY, BUSY, BUSY, DONE) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 0
    assert asked(source) == []
    assert "a sync runs already" in done.err


def test_a_paused_connection_is_refused_with_what_to_do(command):
    with scripted_source(one("paused")) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert "hed is paused, and does not sync: `./fivetran connection sync grafted_unwound --unpause`" in done.err
    assert asked(source) == []


def test_a_paused_connection_is_unpaused_when_told_so(command):
    with scripted_source(one("paused"), one("paused"), one(), said(), DONE) as source:
        assert command.at(source.url)("sync", "hed", "--unpause", "--wait").code == 0
    assert json.loads(source.asked[2].body) == {"paused": False}
    assert asked(source) == ["/sync"]


def test_a_sync_that_is_put_off_is_waited_for_and_said_once(command):
    off = one("rescheduled", rescheduled_for="2126-03-01T11:00:00Z")
    with scripted_source(one(), one(), said(), off, off, off, off, BUSY, DONE) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 0
    assert done.err.count("has put the sync off until 2126-03-01") == 1
    assert asked(source) == ["/sync"]


def test_with_a_manual_schedule_what_was_put_off_is_started_again_once_its_time_has_come(command):
    off = one("rescheduled", rescheduled_for="2026-03-01T11:00:00Z", schedule_type="manual")
    with scripted_source(one(), one(), said(), off, said(), off, off, BUSY, DONE) as source:
        assert command.at(source.url)("sync", "hed", "--wait").code == 0
    assert asked(source) == ["/sync", "/sync"]


@pytest.mark.parametrize(("after", "why"), [(one("paused"), "was paused"), (one(), "was canceled")])
def test_a_sync_that_ends_without_a_result_is_not_waited_for_without_end(command, after, why):
    with scripted_source(one(), one(), said(), BUSY, after) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert f"ended without a result: it {why}" in done.err


def test_a_sync_that_ran_already_and_is_canceled_before_it_is_looked_at_again_is_told(command):
    with scripted_source(BUSY, BUSY, one()) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert "it was canceled" in done.err


def test_a_server_that_is_away_for_a_moment_does_not_end_the_waiting(command, monkeypatch):
    from fivetran_tools.fivetran_api.retrying import AskAgain

    monkeypatch.setattr(AskAgain, "get_backoff_time", lambda _: 0)
    away = [status(503)] * 5 + [disconnect] * 3
    with scripted_source(one(), one(), said(), BUSY, *away, BUSY, DONE) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 0
    assert "trying on" in done.err


def test_a_server_that_stays_away_ends_it(command, monkeypatch):
    monkeypatch.setattr(syncing, "PATIENCE_SECONDS", 0)
    with scripted_source(one(), one(), said(), BUSY, status(501)) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("fivetran: Fivetran answered 501")


def test_a_connection_that_is_deleted_meanwhile_ends_it(command):
    gone = refused(404, "NotFound_Connection", "Cannot find connection")
    with scripted_source(one(), one(), said(), BUSY, gone) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 1
    assert "404 NotFound_Connection" in done.err


@pytest.mark.usefixtures("command")
def test_waiting_goes_on_until_its_time_is_over():
    with scripted_source(BUSY) as source, FivetranApi(address_of(source.url), Credentials(KEY, SECRET)) as api:
        with pytest.raises(CommandError, match=r"no end after 0\.02 s"):
            syncing.SyncWatch(api, api.connection("x"), lambda _: None, timeout_seconds=0.02).wait()
        assert len(source.asked) > 2


def test_waiting_ends_with_its_time_and_the_sync_goes_on(command, monkeypatch):
    monkeypatch.setattr(syncing, "LOCAL_POLL_SECONDS", 2)
    with scripted_source(one(), one(), said(), BUSY) as source:
        done = command.at(source.url)("sync", "hed", "--wait", "--timeout", "1")
    assert done.code == 1
    assert "no end after 1 s; the sync goes on without us: `./fivetran connection status grafted_unwound`" in done.err


def test_ctrl_c_ends_the_waiting_and_not_the_sync(command):
    looks = threading.Event()

    def busy(exchange):
        BUSY(exchange)
        if not looks.is_set():
            looks.set()
            os.kill(os.getpid(), signal.SIGINT)

    with scripted_source(one(), one(), said(), busy) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert done.code == 130
    assert "the sync goes on without us" in done.err
    assert asked(source) == ["/sync"]


@pytest.mark.parametrize("words", [("--timeout", "5"), ("--wait", "--timeout", "0"), ("--wait", "--timeout", "nan")])
def test_words_that_make_no_sense_are_refused_before_anything_is_asked(command, words):
    with scripted_source(one()) as source:
        assert command.at(source.url)("sync", "hed", *words).code == 2
    assert source.asked == []


def test_a_resync_asks_first_and_without_a_terminal_wants_a_yes(command):
    with scripted_source(one()) as source:
        done = command.at(source.url)("resync", "hed")
    assert (done.code, done.err) == (2, "fivetran: nobody is there to be asked: pass --yes\n")
    assert asked(source) == []


def test_a_resync_starts_from_an_empty_state_and_is_waited_for(command):
    with scripted_source(one(), one(), said(), BUSY, DONE) as source:
        done = command.at(source.url)("resync", "hed", "--yes", "--wait")
    assert done.code == 0
    assert asked(source) == ["/resync"]
    assert json.loads(source.asked[2].body) == {}


def test_a_resync_of_a_paused_connection_is_not_waited_for(command):
    with scripted_source(one("paused"), one("paused"), said()) as source:
        done = command.at(source.url)("resync", "hed", "--yes", "--wait")
    assert done.code == 0
    assert "syncs from the beginning once it is unpaused" in done.err


def test_a_running_sync_that_cannot_end_is_fivetrans_409(command):
    with scripted_source(BUSY, BUSY, refused(409, "Conflict", "a sync runs")) as source:
        done = command.at(source.url)("resync", "hed", "--yes")
    assert done.code == 1
    assert "409 Conflict: a sync runs" in done.err


def test_progress_off_a_terminal_is_a_line_for_each_change_of_state(command):
    with scripted_source(one(), one(), said(), *[BUSY] * 20, data(connection(succeeded_at=LATER))) as source:
        done = command.at(source.url)("sync", "hed", "--wait")
    assert len([line for line in done.err.splitlines() if "syncing" in line]) == 1

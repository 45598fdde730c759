"""What may happen to a sync while Airflow waits for it, and how a run of dags/hed.py ends each time.

docs/airflow.md shows `NAME`, `WHAT` and `ENDS` of each as a table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.hed_connection import HedConnection

Step = Callable[[HedConnection], None]


@dataclass(frozen=True)
class Scenario:
    """One of them."""

    name: str
    what: str
    ends: str
    arrange: Step
    state: str = "success"
    """Of the run."""
    defers: bool = False
    """Whether a deferrable `sync` has to give up its worker; a short sync may end before that."""
    tries: tuple[int, ...] = (1,)
    """How many tries `sync` may need."""
    wanted: Mapping[str, Any] = field(default_factory=dict)
    """More words for Airflow; see run_dags.py."""
    meanwhile: Step = lambda _: None
    """What is done while the run goes on."""
    holds: Step = lambda _: None
    """What holds afterwards."""
    logs: str = ""
    """What Airflow logs."""


def _nothing(connection: HedConnection) -> None:
    assert connection.get()["succeeded_at"] is None


def _fails_once(connection: HedConnection) -> None:
    connection.source.spoil("html", times=1)


def _fails(connection: HedConnection) -> None:
    connection.source.spoil("html")


def _slow(connection: HedConnection) -> None:
    connection.source.spoil("slow", times=1, seconds=3)


def _slow_later(connection: HedConnection) -> None:
    connection.sync_to_its_end()
    _slow(connection)


def _syncing(connection: HedConnection) -> None:
    connection.sync_to_its_end()
    connection.source.spoil("slow", times=1, seconds=4)
    connection.sync()
    _until_it_syncs(connection)


def _paused(connection: HedConnection) -> None:
    connection.sync_to_its_end()
    connection.change(paused=True)


def _unpaused(connection: HedConnection) -> None:
    assert connection.get()["paused"] is False


def _broken(connection: HedConnection) -> None:
    connection.sync_to_its_end()
    connection.source.spoil("html")
    connection.test()
    assert connection.get()["status"]["setup_state"] == "broken"


def _mended(connection: HedConnection) -> None:
    _broken(connection)
    connection.source.mend()


def _connected(connection: HedConnection) -> None:
    assert connection.get()["status"]["setup_state"] == "connected"


def _rescheduled(connection: HedConnection) -> None:
    connection.sync_to_its_end()
    connection.reschedule_next(seconds=-58)


def _server_errors(connection: HedConnection) -> None:
    _until_it_syncs(connection)
    connection.fivetran_answers(500, times=2)


def _too_many_requests(connection: HedConnection) -> None:
    _until_it_syncs(connection)
    connection.fivetran_answers(429, times=1)


def _restart(connection: HedConnection) -> None:
    _until_it_syncs(connection)
    connection.fivetran.restart()


def _until_it_syncs(connection: HedConnection) -> None:
    connection.wait_until(lambda now: now["status"]["sync_state"] == "syncing")


def _unpaused_and_never_synced(connection: HedConnection) -> None:
    connection.change(schedule_type="manual")
    connection.change(paused=False)


def _synced_all_the_same(connection: HedConnection) -> None:
    connection.wait_until(lambda now: now["succeeded_at"] is not None)


SCENARIOS = (
    Scenario("success", "a new connection, paused", "passes", _nothing, holds=_unpaused),
    Scenario("failure", "every sync fails", "fails after three tries", _fails, "failed", tries=(3,), logs="sync for"),
    Scenario("failure once", "the first sync fails", "passes at the second try", _fails_once, tries=(2,)),
    Scenario("slow", "the sync takes longer than a few polls", "passes", _slow, defers=True),
    Scenario("already syncing", "a sync runs before it asks", "waits for that one and passes", _syncing, defers=True),
    Scenario("paused", "it synced before, and somebody paused it", "unpauses it and passes", _paused, holds=_unpaused),
    Scenario("mended", "broken; its setup tests pass again", "tests it and passes", _mended, holds=_connected),
    Scenario(
        name="broken",
        what="broken; its setup tests fail",
        ends="fails after three tries, without a sync",
        arrange=_broken,
        state="failed",
        tries=(3,),
        logs="not correctly configured",
    ),
    Scenario("rescheduled", "Fivetran puts the sync off", "asks again and passes", _rescheduled),
    Scenario(
        name="5xx twice",
        what="the API answers 500 twice, in the middle of a sync",
        ends="passes at the same try",
        arrange=_slow_later,
        defers=True,
        meanwhile=_server_errors,
    ),
    Scenario(
        name="429",
        what="the API answers 429 in the middle of a sync",
        ends="passes at the second try",
        arrange=_slow_later,
        defers=True,
        tries=(2,),
        meanwhile=_too_many_requests,
    ),
    Scenario(
        name="restart",
        what="the API goes away in the middle of a sync, and comes back",
        ends="passes, at a later try if it was away for more than two seconds",
        arrange=_slow_later,
        defers=True,
        tries=(1, 2, 3),
        meanwhile=_restart,
    ),
    Scenario(
        name="finished early",
        what="the sync ends before the trigger looks for the first time",
        ends="passes",
        arrange=_slow,
        defers=True,
        wanted={"hold": True},
    ),
    Scenario(
        name="the trap",
        what="never synced and not paused; the task has no retries",
        ends="fails on a null date; the sync that it started runs all the same",
        arrange=_unpaused_and_never_synced,
        state="failed",
        wanted={"retries": 0},
        holds=_synced_all_the_same,
        logs="TypeError",
    ),
    Scenario(
        name="the trap, with retries",
        what="never synced and not paused",
        ends="passes at a try after that first sync's end",
        arrange=_unpaused_and_never_synced,
        tries=(2, 3),
    ),
)


def table() -> list[str]:
    """The rows of the table in docs/airflow.md."""
    return [f"| {one.name} | {one.what} | {one.ends} |" for one in SCENARIOS]

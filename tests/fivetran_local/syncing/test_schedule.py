"""When a sync is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.account.settings import SYNC_FREQUENCIES, ConnectionSettings, ScheduleType, SetupState, Wanted
from fivetran_local.syncing.schedule import due_at, is_delayed

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def connection(**fields):
    ready = {"paused": False, "setup_state": SetupState.CONNECTED, "sync_frequency": 60, "created_at": NOW - 48 * HOUR}
    return ConnectionSettings(id="i", group_id="g", service="s", schema="s", **{**ready, **fields})


def test_a_connection_that_never_synced_is_due_now():
    assert due_at(connection(), None, NOW) == NOW


@given(st.sampled_from(SYNC_FREQUENCIES), st.integers(0, 10_000))
def test_the_period_counts_from_the_start_of_the_last_sync(minutes, ago):
    last = NOW - timedelta(minutes=ago)
    assert due_at(connection(sync_frequency=minutes), last, NOW) == last + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "fields",
    [
        {"paused": True},
        {"paused": True, "wanted": Wanted.SYNC},
        {"schedule_type": ScheduleType.MANUAL},
        {"schedule_type": ScheduleType.MANUAL, "rescheduled_for": NOW},
        {"setup_state": SetupState.INCOMPLETE},
        {"setup_state": SetupState.BROKEN},
    ],
)
def test_nothing_is_due(fields):
    assert due_at(connection(**fields), None, NOW) is None


@pytest.mark.parametrize("schedule", ScheduleType)
@pytest.mark.parametrize("setup", SetupState)
def test_what_was_asked_for_is_due_at_once(schedule, setup):
    wanted = connection(wanted=Wanted.RESYNC, schedule_type=schedule, setup_state=setup)
    assert due_at(wanted, NOW - timedelta(seconds=1), NOW) == NOW


@pytest.mark.parametrize("wanted", [None, Wanted.SYNC])
def test_what_was_put_off_is_due_then(wanted):
    later = NOW + HOUR
    assert due_at(connection(rescheduled_for=later, wanted=wanted), NOW, NOW) == later


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2026-03-04T01:59:59", "2026-03-04T02:00:00"),
        ("2026-03-04T02:00:00", "2026-03-05T02:00:00"),
        ("2026-03-04T23:00:00", "2026-03-05T02:00:00"),
        ("2026-12-31T23:00:00", "2027-01-01T02:00:00"),
    ],
)
def test_a_daily_sync_has_its_time(last, due):
    daily = connection(sync_frequency=1440, daily_sync_time="02:00")
    at = datetime.fromisoformat(last).replace(tzinfo=UTC)
    assert due_at(daily, at, at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_sync_of_when_the_clock_was_ahead_does_not_stop_the_schedule():
    assert due_at(connection(), NOW + 1000 * HOUR, NOW) == NOW + HOUR


def test_a_time_of_day_matters_to_daily_syncs_alone():
    assert due_at(connection(daily_sync_time="02:00"), NOW, NOW) == NOW + HOUR


@given(
    st.datetimes(timezones=st.just(UTC), max_value=NOW.replace(year=9000, tzinfo=None)),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_the_next_daily_time_is_within_a_day_and_after_the_last(last, hour, minute):
    due = due_at(connection(sync_frequency=1440, daily_sync_time=f"{hour:02}:{minute:02}"), last, max(last, NOW))
    assert timedelta() < due - last <= timedelta(days=1)
    assert (due.hour, due.minute, due.second) == (hour, minute, 0)


@pytest.mark.parametrize(
    ("fields", "age", "delayed"),
    [
        ({}, 119, False),
        ({}, 121, True),
        ({"paused": True}, 1000, False),
        ({"schedule_type": ScheduleType.MANUAL}, 1000, False),
        ({"data_delay_sensitivity": "CUSTOM", "data_delay_threshold": 5}, 64, False),
        ({"data_delay_sensitivity": "CUSTOM", "data_delay_threshold": 5}, 66, True),
        ({"data_delay_sensitivity": "NORMAL", "data_delay_threshold": 5}, 66, False),
    ],
)
def test_rows_are_late_when_a_period_and_what_is_tolerated_have_passed(fields, age, delayed):
    assert is_delayed(connection(**fields), NOW - timedelta(minutes=age), NOW) is delayed


def test_a_connection_that_never_succeeded_is_late_from_its_making_on():
    assert is_delayed(connection(), None, NOW)
    assert not is_delayed(connection(created_at=NOW), None, NOW)

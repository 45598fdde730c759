"""When a connection's next sync is due. Decisions only: nothing here waits or starts anything."""

from datetime import UTC, datetime, time, timedelta

from fivetran_local.account.settings import DAILY, ConnectionSettings, ScheduleType, SetupState


def due_at(settings: ConnectionSettings, last_started_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the next sync starts by itself; None when it does not.

    Args:
        settings: the connection's.
        last_started_at: when its last sync started; None before the first.
        now: the time; a connection that never synced is due now.
    """
    if settings.paused:
        return None
    if settings.wanted:
        return settings.rescheduled_for or now
    if settings.schedule_type is ScheduleType.MANUAL or settings.setup_state is not SetupState.CONNECTED:
        return None
    if settings.rescheduled_for:
        return settings.rescheduled_for
    if last_started_at is None:
        return now
    last_started_at = min(last_started_at, now)  # the clock was ahead then
    if settings.sync_frequency == DAILY and settings.daily_sync_time:
        return _next_at(settings.daily_sync_time, last_started_at)
    return last_started_at + timedelta(minutes=settings.sync_frequency)


def is_delayed(settings: ConnectionSettings, succeeded_at: datetime | None, now: datetime) -> bool:
    """Tell whether rows are older than they should be: by more than a sync's period and what is tolerated beyond it.

    Fivetran's own tolerances are not documented; here it is the custom threshold, or one period more.
    """
    if settings.paused or settings.schedule_type is ScheduleType.MANUAL:
        return False
    custom = settings.data_delay_sensitivity == "CUSTOM"
    tolerated = settings.data_delay_threshold if custom else settings.sync_frequency
    return now - (succeeded_at or settings.created_at) > timedelta(minutes=settings.sync_frequency + tolerated)


def _next_at(daily: str, after: datetime) -> datetime:
    """Return the first time of day `daily`, in UTC, after an instant."""
    hour, minute = map(int, daily.split(":"))
    after = after.astimezone(UTC)
    today = datetime.combine(after.date(), time(hour, minute), UTC)
    return today if today > after else today + timedelta(days=1)

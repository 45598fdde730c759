"""The simulated institution's clock: when the change at each position of the order of change took place.

A time is counted in seconds since 1970 as the institution's wall clock shows them; the API names no zone. It is
written as in the published record: a space after the date and an hour without a leading zero ("2024-08-11 0:00:00",
"2025-07-27 14:28:37").
"""

from datetime import date
from functools import lru_cache
from typing import Final

SECONDS_PER_CHANGE: Final = 31
"""Distance of two changes: 600 rows span five hours, a million a year, and ten million reach into 2035."""

DAY_SECONDS: Final = 86_400

_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_FIRST_CHANGE: Final = (date(2025, 7, 1).toordinal() - _FIRST_DAY) * DAY_SECONDS + 7 * 3600
_BATCH_LAG_SECONDS: Final = 1446 * 3600
_HOURS_AND_MINUTES: Final = tuple(f"{minute // 60}:{minute % 60:02}:" for minute in range(1440))
_SECONDS: Final = tuple(f"{second:02}" for second in range(60))


def time_of_change(position: int) -> int:
    """Give the second at which the change at `position` took place; a later position has a later second."""
    return _FIRST_CHANGE + SECONDS_PER_CHANGE * position


def written(second: int) -> str:
    """Write a time as the API does."""
    day, rest = divmod(second, DAY_SECONDS)
    return _written_day(day) + _HOURS_AND_MINUTES[rest // 60] + _SECONDS[rest % 60]


def midnight(year: int, month: int, day: int) -> int:
    """Give the second at which a day begins."""
    return (date(year, month, day).toordinal() - _FIRST_DAY) * DAY_SECONDS


def batch_epoch(second: int) -> int:
    """Give the `last_updated_epoch` that stands beside a `last_updated` at `second`.

    In the published record the two disagree: 2025-07-31 23:57:37 stands beside 1748797200, which as UTC is
    2025-06-01 17:00:00, a whole hour and 1446 hours before the hour in `last_updated`. Every row keeps that distance,
    so that nothing downstream may take one column for the other; both rise along the order of change.
    """
    return second // 3600 * 3600 - _BATCH_LAG_SECONDS


@lru_cache(maxsize=4096)
def _written_day(number: int) -> str:
    return f"{date.fromordinal(_FIRST_DAY + number)} "

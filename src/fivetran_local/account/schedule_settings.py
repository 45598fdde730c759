"""What the schedule of a connection may be, whoever sets it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from fivetran_local.account.settings import DAILY, SYNC_FREQUENCIES, ScheduleType
from fivetran_local.errors import InvalidInputError

DEFAULT_FREQUENCY: Final = 360

_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def checked_schedule(sent: Mapping[str, object], frequency: int = DEFAULT_FREQUENCY) -> dict[str, Any]:
    """Return fields of `ConnectionSettings` as they are to be set.

    Args:
        sent: `schedule_type`, `sync_frequency` in minutes and `daily_sync_time`, as far as they are sent; other fields
            are passed over.
        frequency: the one so far, in minutes.

    Raises:
        InvalidInputError: one of them is none, or a time of day goes with another frequency than 1440.
    """
    fields: dict[str, Any] = {}
    if "schedule_type" in sent:
        how = sent["schedule_type"]
        if not isinstance(how, str) or how not in set(ScheduleType):
            raise InvalidInputError(f"schedule_type: expected {' or '.join(ScheduleType)}")
        fields["schedule_type"] = ScheduleType(how)
    if "sync_frequency" in sent:
        minutes = sent["sync_frequency"]
        if type(minutes) is not int or minutes not in SYNC_FREQUENCIES:
            raise InvalidInputError(f"sync_frequency: expected one of {', '.join(map(str, SYNC_FREQUENCIES))} minutes")
        fields["sync_frequency"] = frequency = minutes
    at = sent.get("daily_sync_time")
    if at is not None:
        if not isinstance(at, str) or not _TIME_OF_DAY.fullmatch(at) or not at.isascii():
            raise InvalidInputError("daily_sync_time: expected HH:MM, a time of day in UTC")
        if frequency != DAILY:
            raise InvalidInputError(f"daily_sync_time: it goes with a sync_frequency of {DAILY} only")
    if "daily_sync_time" in sent or frequency != DAILY:
        fields["daily_sync_time"] = at
    return fields

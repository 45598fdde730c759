"""The local Fivetran's clock: this machine's, with an offset for whoever wants to see tomorrow's schedule today."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in UTC."""

    def __init__(self) -> None:
        self.offset = timedelta()
        """How far it is ahead of this machine's clock."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.offset

    def move(self, by: timedelta) -> None:
        """Move it forward.

        Raises:
            ValueError: backward, where stamps that have to grow would not.
        """
        if by < timedelta():
            raise ValueError("the clock moves forward only: stamps have to grow")
        self.offset += by

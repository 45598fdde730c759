"""The ways in which a source is read, page after page."""

from enum import StrEnum


class Paging(StrEnum):
    """How a source is asked for its next page."""

    CURSOR = "cursor"
    """It says with each page, in words of its own, where the next one begins."""
    OFFSET = "offset"
    """It counts: so many records are skipped."""
    SINCE = "since"
    """It gives what was updated at a time or later."""

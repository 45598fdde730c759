"""What can be wrong with a warehouse, in words for the person who looks at the page."""

import re
from typing import Final

# A value that is not what its column should hold is quoted in the clients' errors: it may be anybody's name.
_ABOUT_A_VALUE: Final = re.compile(r"(?i)conver|\bcast\b|recogni[sz]ed|malformed|out of range|invalid|\bbad \w+ value")
_QUOTED: Final = re.compile(r"""'.*'|".*"|`.*`""", re.DOTALL)


def without_values(text: str) -> str:
    """Return an error's text without the value of a row that it may quote."""
    return _QUOTED.sub("'…'", text) if _ABOUT_A_VALUE.search(text) else text


class WarehouseError(Exception):
    """The warehouse cannot answer: one line that says what happened, where, and what to do next."""


class NoWarehouseError(WarehouseError):
    """There is nothing to read yet: no file, no table."""


class BusyWarehouseError(WarehouseError):
    """Somebody held the warehouse for longer than a reader waits."""


class MissingColumnsError(WarehouseError):
    """The table has not all of the columns that a question needs."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        names = ", ".join(columns)
        super().__init__(f"the table has no {names}: this needs {'it' if len(columns) == 1 else 'them'}")
        self.columns = columns

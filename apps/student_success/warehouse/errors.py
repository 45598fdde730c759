"""What can be wrong with a warehouse, in words for the person who looks at the page."""


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

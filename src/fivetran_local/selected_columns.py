"""What is done with the columns of one table that a connection loads: kept, left out, or hashed."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from fivetran_local.account.settings import ColumnSettings, SchemaChangeHandling, SchemaSettings, TableSettings
from fivetran_local.catalog import KnownTable
from fivetran_local.naming import column_name
from fivetran_protocol import Json, Row


def lets_new_columns_in(settings: SchemaSettings, table: TableSettings | None, known: KnownTable | None) -> bool:
    """Whether a column is loaded that the table's settings do not name, and that it does not have in the warehouse.

    As with tables, the columns of a table that nothing was ever loaded of, or of a connection without a whole first
    sync, are not new, unless some of them were named.
    """
    if settings.schema_change_handling is not SchemaChangeHandling.BLOCK_ALL:
        return True
    return not (table and table.columns) and not (settings.captured and known)


class _Treatment(Enum):
    """What is done with the values of a column."""

    KEEP = auto()
    BLOCK = auto()
    BLOCK_AS_NEW = auto()
    HASH = auto()


class SelectedColumns:
    """What is done with the columns of one table that is loaded."""

    def __init__(
        self,
        settings: SchemaSettings,
        table: TableSettings | None,
        known: KnownTable | None,
        hashed: Callable[[Json], str],
    ) -> None:
        self._settings = table.columns if table else {}
        self._known = frozenset(known.columns) if known else frozenset()
        self._lets_new_in = lets_new_columns_in(settings, table, known)
        self._hash = hashed
        self._treatments: dict[tuple[str, bool], _Treatment] = {}
        """By the function's spelling of the column, and whether it is of the key."""
        self.is_all = self._lets_new_in and all(map(is_plain, self._settings.values()))
        """Whether nothing is ever blocked or hashed."""
        self.new: dict[str, str] = {}
        """The columns with a value that were new and not let in, by name in the warehouse."""

    def of(self, rows: Sequence[Row], key: Sequence[str]) -> Sequence[Row]:
        """Return the rows with what is done to their columns; the same rows where nothing is."""
        if self.is_all:
            return rows
        blocked, hashed = [], []
        for spelling in set().union(*rows):
            treatment = self._treatment(spelling, is_key=spelling in key)
            if treatment is _Treatment.HASH:
                hashed.append(spelling)
            elif treatment is not _Treatment.KEEP:
                blocked.append(spelling)
            if treatment is _Treatment.BLOCK_AS_NEW:
                self._note(spelling, rows)
        return self._selected(rows, blocked, hashed) if blocked or hashed else rows

    def _selected(self, rows: Sequence[Row], blocked: Sequence[str], hashed: Sequence[str]) -> Sequence[Row]:
        copies = [dict(row) for row in rows]
        for spelling in blocked:
            for row in copies:
                row.pop(spelling, None)
        for spelling in hashed:
            for row in copies:
                value = row.get(spelling)
                if value is not None:
                    row[spelling] = self._hash(value)
        return copies

    def _treatment(self, spelling: str, *, is_key: bool) -> _Treatment:
        treatment = self._treatments.get((spelling, is_key))
        if treatment is None:
            treatment = self._treatments[spelling, is_key] = self._decide(column_name(spelling), is_key=is_key)
        return treatment

    def _decide(self, name: str, *, is_key: bool) -> _Treatment:
        column = self._settings.get(name)
        if column and column.hashed and (column.enabled or is_key):
            return _Treatment.HASH
        if is_key or (column and column.enabled):
            return _Treatment.KEEP
        if column:
            return _Treatment.BLOCK
        return _Treatment.KEEP if self._lets_new_in or name in self._known else _Treatment.BLOCK_AS_NEW

    def _note(self, spelling: str, rows: Sequence[Row]) -> None:
        """Remember a new column at its first value: before that, the warehouse would not have it either."""
        name = column_name(spelling)
        if name not in self.new and any(row.get(spelling) is not None for row in rows):
            self.new[name] = spelling


def is_plain(column: ColumnSettings) -> bool:
    """Whether nothing is done to a column."""
    return column.enabled and not column.hashed

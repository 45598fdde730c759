"""Leaving out what a connection's schema settings block, and hashing what they hash, before it is gathered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fivetran_local.account.settings import SchemaChangeHandling, SchemaSettings
from fivetran_local.catalog import KnownTable
from fivetran_local.hashing import hasher
from fivetran_local.naming import table_name
from fivetran_local.selected_columns import SelectedColumns, is_plain
from fivetran_protocol import FunctionResponse, Row

_EVERYTHING: Final = SchemaSettings()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the source showed for the first time and the settings did not let in. All by name in the warehouse."""

    tables: Mapping[str, str] = field(default_factory=dict)
    """With the function's name for each."""
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By table; with the function's name for each."""


class Selection:
    """What a connection's settings let through of the responses of one sync.

    Where they block nothing, a response passes as it is, untouched and unread. Otherwise only tables of which
    something may be blocked or hashed are read row by row. The key of a table is never blocked.

    Args:
        settings: the connection's; None lets everything through.
        read_tables: gives the tables that are in the warehouse; called only where something depends on them.
        salt: of the hashes.
    """

    def __init__(
        self, settings: SchemaSettings | None, read_tables: Callable[[], Mapping[str, KnownTable]], salt: bytes = b""
    ) -> None:
        self._settings = settings or _EVERYTHING
        self._is_everything = _is_everything(self._settings)
        self._known = {} if self._is_everything else read_tables()
        self._hash = hasher(salt)
        self._tables: dict[str, SelectedColumns | None] = {}
        """By the function's name; None for a table that is not loaded."""
        self._new_tables: dict[str, str] = {}
        self._told: LeftOut = LeftOut()

    @property
    def untouched(self) -> frozenset[str]:
        """The tables of the warehouse that are not loaded: that a sync sends nothing of them says nothing."""
        return frozenset(name for name in self._known if not self._loads(name))

    def apply(self, response: FunctionResponse) -> FunctionResponse:
        """Return a response without what is blocked, and with hashes for what is hashed; its state stays."""
        if self._is_everything:
            return response
        listed = response.soft_delete if isinstance(response.soft_delete, tuple) else ()
        for source in (*response.schema, *response.insert, *response.delete, *listed):
            if source not in self._tables:
                self._tables[source] = self._columns(source)
        self._note(source for source, rows in response.insert.items() if rows and self._tables[source] is None)
        if all(columns is not None and columns.is_all for columns in self._tables.values()):
            return response
        return replace(
            response,
            insert=self._rows(response, response.insert),
            delete=self._rows(response, response.delete),
            schema={name: table for name, table in response.schema.items() if self._tables[name] is not None},
            soft_delete=tuple(name for name in listed if self._tables[name] is not None)
            if listed
            else response.soft_delete,
        )

    def left_out(self) -> LeftOut | None:
        """Return what was new and not let in since this was last asked; None where there is nothing."""
        columns = {
            table_name(source): dict(columns.new) for source, columns in self._tables.items() if columns and columns.new
        }
        found = LeftOut(dict(self._new_tables), columns)
        if found == self._told:
            return None
        self._told = found
        return found

    def _loads(self, name: str) -> bool:
        if not self._settings.enabled:
            return False
        table = self._settings.tables.get(name)
        return table.enabled if table else name in self._known or lets_new_tables_in(self._settings)

    def _columns(self, source: str) -> SelectedColumns | None:
        name = table_name(source)
        if not self._loads(name):
            return None
        return SelectedColumns(self._settings, self._settings.tables.get(name), self._known.get(name), self._hash)

    def _note(self, sources: Iterable[str]) -> None:
        """Remember tables with rows that are not loaded and that no setting names yet."""
        for source in sources:
            name = table_name(source)
            if self._settings.enabled and name not in self._settings.tables:
                self._new_tables.setdefault(name, source)

    def _rows(self, response: FunctionResponse, tables: Mapping[str, Sequence[Row]]) -> dict[str, Sequence[Row]]:
        selected = {}
        for name, rows in tables.items():
            columns = self._tables[name]
            if columns is not None:
                selected[name] = columns.of(rows, response.primary_key(name))
        return selected


def lets_new_tables_in(settings: SchemaSettings) -> bool:
    """Whether a table that the settings do not name, and the warehouse does not have, is loaded.

    Before a whole first sync, tables that nobody named are not new: nobody could know them. Where some were named
    then, in settings that do not let everything in, these are what was chosen.
    """
    allowed = settings.schema_change_handling is SchemaChangeHandling.ALLOW_ALL
    return allowed or not (settings.captured or settings.tables)


def _is_everything(settings: SchemaSettings) -> bool:
    return (
        settings.enabled
        and settings.schema_change_handling is SchemaChangeHandling.ALLOW_ALL
        and all(table.enabled and all(map(is_plain, table.columns.values())) for table in settings.tables.values())
    )

"""How much a connection is used: its monthly active rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fivetran_local.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class ActiveRows:
    """The rows of a connection that were synced in a calendar month, each counted once."""

    since: datetime
    """The month's first instant in UTC."""
    by_table: Mapping[str, int]
    """By name in the warehouse."""

    @property
    def total(self) -> int:
        """Of all tables."""
        return sum(self.by_table.values())


def monthly_active_rows(warehouse: Warehouse, connection: str, now: datetime) -> ActiveRows:
    """Count the rows whose last sync was in the month of an instant, in UTC.

    Fivetran counts the distinct keys that it inserted, updated or deleted in the month. What the warehouse can tell of
    that are the rows that are there and bear a `_fivetran_synced` of the month. So a row counts once however often it
    was sent, one of a table without a key counts with every time it was appended, one that was marked as deleted on
    its own counts, and neither does one that was removed nor one that a snapshot or a re-sync marked. A re-sync counts
    like any sync, which Fivetran's bill does not.

    Args:
        warehouse: the connection's.
        connection: its name.
        now: an instant of the month.

    Raises:
        WarehouseError: the warehouse cannot be read.
    """
    since = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return ActiveRows(since, warehouse.synced_since(connection, since))

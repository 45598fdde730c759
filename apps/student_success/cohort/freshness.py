"""How new the rows are: by the rows themselves and, in a local warehouse, by the sync's own record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cohort.cohort import Cohort
from warehouse import dialects
from warehouse.protocol import TableName
from warehouse.query import Query

FRESHNESS: Final = Query(
    "select count(*) as records, max(_fivetran_synced) as synced from records", columns=("_fivetran_synced",)
)
COUNT: Final = Query("select count(*) as records from records")
"""For a table that Fivetran did not fill, which does not say when its rows came."""
QUERIES: Final = {"freshness": FRESHNESS, "count": COUNT}

SYNCS: Final = TableName("_fivetran_local", "syncs")
"""Where the local Fivetran records each sync of a connection, whose name is the schema of its tables."""
_LAST_SYNC: Final = (
    "select status, started_at, ended_at, error from records where connection = :connection"
    " order by started_at desc limit 1"
)


@dataclass(frozen=True, slots=True)
class LastSync:
    """The newest sync that the local Fivetran recorded for the table's connection."""

    status: str
    """running, succeeded, failed, canceled or interrupted."""
    started: datetime
    ended: datetime | None
    error: str | None


def last_sync(cohort: Cohort) -> LastSync | None:
    """Return what the local Fivetran recorded of the newest sync; None where nothing, or another Fivetran, did.

    Raises:
        WarehouseError: the warehouse could not answer.
    """
    place = cohort.place
    if place.warehouse.dialect != "duckdb":
        return None
    columns = cohort.columns_of(SYNCS)
    if not {"connection", "status", "started_at", "ended_at", "error"} <= {column.name for column in columns}:
        return None
    query = Query(_LAST_SYNC, {"connection": place.table.schema})
    rows = cohort.answer(dialects.statement(query, dialect="duckdb", table=SYNCS, columns=columns))
    if not rows:
        return None
    [row] = rows
    return LastSync(row["status"], row["started_at"], row["ended_at"], row["error"])

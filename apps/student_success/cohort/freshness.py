"""How new the rows are: by the rows themselves and, in a local warehouse, by the sync's own record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warehouse.query import Query

FRESHNESS: Final = Query(
    "select count(*) as records, max(_fivetran_synced) as synced from records", columns=("_fivetran_synced",)
)
COUNT: Final = Query("select count(*) as records from records")
"""For a table that Fivetran did not fill, which does not say when its rows came."""


@dataclass(frozen=True, slots=True)
class LastSync:
    """The newest sync that the local Fivetran recorded for the table's connection."""

    status: str
    started: datetime
    ended: datetime | None
    error: str | None

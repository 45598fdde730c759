"""How many records a question is about, asked before anything runs."""

from cohort.filters import EVERYBODY, Filters, asking
from warehouse.query import Query


def matching(filters: Filters) -> Query:
    """Return the query for `records`, as many as match."""
    condition = filters.where()
    return asking("select count(*) as records from records where {where}", condition)


def queries(filters: Filters = EVERYBODY) -> dict[str, Query]:
    """Return the queries of this module, by name."""
    return {"matching": matching(filters)}

"""`reset`: drop what `debug` made of one connection, so that the next sync starts from nothing."""

from pathlib import Path

from fivetran_local.naming import connection_name_problem
from fivetran_local.records import Dropped
from fivetran_local.warehouse import Warehouse
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project


def reset(project: Project, name: str, warehouse: Path | None = None) -> Dropped:
    """Drop a connection's tables, state and sync records from the warehouse; a missing warehouse is an empty one.

    Raises:
        UsageError: the name cannot be a connection's.
        WarehouseError: the warehouse is in use, or not a warehouse.
    """
    if problem := connection_name_problem(name):
        raise UsageError(problem)
    return Warehouse(warehouse or project.warehouse).reset(name)

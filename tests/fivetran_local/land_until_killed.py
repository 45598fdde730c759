"""Run as a script: lands page after page into a warehouse, going on from its state, until somebody kills it."""

import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table

KEYED, KEYLESS = 20, 5
SCHEMA = {"records": Table(("id",)), "log": Table()}


def page(number):
    """Page `number`: fresh rows, one row rewritten and one deleted in each, and types that keep changing."""
    value = (number, number + 0.5, f"text {number}")[min(number // 15, 2)]
    rows = [{"id": f"{number}-{at}", "value": value, f"column{number // 10}": at} for at in range(KEYED)]
    counter = {"id": "counter", "value": value, "pages": number}
    delete = {"records": [{"id": f"{number - 1}-0"}]}
    insert = {"records": [*rows, counter], "log": [{"page": number}] * KEYLESS}
    return FunctionResponse({"page": number}, insert, delete, SCHEMA, has_more=True)


def main(path):
    warehouse = Warehouse(Path(path))
    sync = warehouse.begin("crash", f"sync-{datetime.now(UTC).timestamp()}", datetime.now(UTC))
    for number in itertools.count(sync.state.get("page", 0) + 1):
        print(number, flush=True)
        warehouse.land(sync, [page(number)], calls=1)


if __name__ == "__main__":
    main(sys.argv[1])

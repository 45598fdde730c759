"""Land pages of student records as a sync does, until the input ends; each landing is one more line of output.

land_pages.py WAREHOUSE
"""

import sys
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table
from simulators.hed_api.records import Records

PAGE = 20


def main(path: str) -> None:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    warehouse, records = Warehouse(Path(path)), Records(1)
    sync = warehouse.begin("hed", "sync", datetime.now(UTC))
    for number in count(1):
        rows = [records.make(index, 0, index) for index in range((number - 1) * PAGE, number * PAGE)]
        page = FunctionResponse(
            {"page": number}, {"hed_records": rows}, {}, {"hed_records": Table(("record_id",))}, True
        )
        warehouse.land(sync, [page], calls=number)
        print(number, flush=True)
        if over.is_set():
            return


if __name__ == "__main__":
    main(sys.argv[1])

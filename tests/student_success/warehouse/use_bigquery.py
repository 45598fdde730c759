"""Ask a stand-in for BigQuery's API through the app's adapter and Google's own client; prints what went over the wire.

It answers every job with the same rows, over the loopback, and remembers what it was asked.
"""

import json
import sys
import threading
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from warehouse.bigquery import BigQuery
from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, TableName

FIELDS = [("name", "STRING"), ("n", "INTEGER"), ("x", "FLOAT"), ("d", "NUMERIC"), ("yes", "BOOLEAN"), ("day", "DATE"),
          ("local", "DATETIME"), ("moment", "TIMESTAMP")]  # fmt: skip
SCHEMA = {"fields": [{"name": name.upper(), "type": type_, "mode": "NULLABLE"} for name, type_ in FIELDS]}
CELLS = [["a", "7", "1.5", "2.25", "true", "2025-09-01", "2025-09-01T12:00:00", "1756728000000000"], [None] * 8]
JOB = {"projectId": "payer", "jobId": "job", "location": "EU"}
LOCAL = datetime(2025, 9, 1, 1)  # noqa: DTZ001  # in no zone, as DATETIME is
asked: list[Any] = []


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("/tables/hed_records"):
            reference = {"projectId": "data", "datasetId": "hed", "tableId": "hed_records"}
            self._answer({"schema": SCHEMA, "tableReference": reference})
        elif "/queries/" in path:
            rows = [{"f": [{"v": cell} for cell in cells]} for cells in CELLS]
            self._answer({"jobComplete": True, "schema": SCHEMA, "totalRows": "2", "jobReference": JOB, "rows": rows})
        elif "/tables/" in path:
            self._answer(
                {"error": {"code": 404, "message": "Not found: Table", "errors": [{"reason": "notFound"}]}}, 404
            )
        else:
            self._answer(job())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked.append(body["configuration"])
        if "forbidden" in body["configuration"]["query"]["query"]:
            message = "Access Denied: bigquery.jobs.create\nsecond line"
            self._answer({"error": {"code": 403, "message": message, "errors": [{"reason": "accessDenied"}]}}, 403)
        else:
            self._answer(job())

    def _answer(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: object) -> None:
        print(self.command, self.path, file=sys.stderr)


def job() -> Any:
    return {
        "jobReference": JOB,
        "status": {"state": "DONE"},
        "configuration": asked[-1],
        "statistics": {"query": {"statementType": "SELECT"}},
    }


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    table = TableName("hed", "hed_records", "data")
    warehouse = BigQuery(table, "payer", "EU", 1000, endpoint=f"http://127.0.0.1:{server.server_port}")
    bound = {"s": "x", "i": 1, "f": 0.5, "b": True, "d": date(2025, 9, 1), "t": LOCAL, "n": None}
    with warehouse.connect() as session:
        columns = [(column.name, column.kind) for column in session.columns(table)]
        missing = session.columns(TableName("hed", "nothing"))
        rows = session.rows(Statement("SELECT @s", bound))
        batches = [len(batch) for batch in session.batches(Statement("SELECT 1", {}), 2)]
        try:
            session.rows(Statement("SELECT forbidden", {}))
        except WarehouseError as error:
            said = str(error)
    print(json.dumps({"columns": columns, "missing": missing, "rows": rows, "batches": batches, "error": said,
                      "asked": asked}, default=repr))  # fmt: skip
    server.shutdown()


if __name__ == "__main__":
    main()

# ruff: noqa: N802  # the protocol's own names
"""A real Spark behind Databricks's own client: it speaks the Thrift protocol of a SQL warehouse, over the loopback."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow
from databricks.sql.thrift_api.TCLIService import TCLIService, ttypes
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from warehouse.databricks import Databricks
from warehouse.protocol import TableName

TABLE = TableName("hed", "hed_records", "spark_catalog")
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    # Many small questions, each asked once: nothing of them is worth compiling, planning anew, or spreading.
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.ansi.enabled": "true",  # as a SQL warehouse has it
    "spark.sql.session.timeZone": "UTC",
}
KINDS = {
    "bool": "BOOLEAN_TYPE", "int8": "TINYINT_TYPE", "int16": "SMALLINT_TYPE", "int32": "INT_TYPE",
    "int64": "BIGINT_TYPE", "float": "FLOAT_TYPE", "double": "DOUBLE_TYPE", "string": "STRING_TYPE",
    "date32[day]": "DATE_TYPE", "timestamp[us, tz=UTC]": "TIMESTAMP_TYPE", "timestamp[us]": "TIMESTAMP_TYPE",
    "null": "NULL_TYPE",
}  # fmt: skip
READ = {
    "STRING": str, "INT": int, "BIGINT": int, "DOUBLE": float, "BOOLEAN": lambda word: word.lower() == "true",
    "DATE": date.fromisoformat, "TIMESTAMP": datetime.fromisoformat,
}  # fmt: skip
DONE = ttypes.TStatus(ttypes.TStatusCode.SUCCESS_STATUS)


@contextmanager
def databricks(records: str) -> Iterator[Databricks]:
    """Run Spark and its server with the records of a Parquet file until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", folder)
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        try:
            _fill(spark, records)
            with _served(spark) as address:
                yield Databricks(
                    TABLE, "127.0.0.1", "/sql/1.0/warehouses/spark", token="token",
                    more={"_connection_uri": address},
                )  # fmt: skip
        finally:
            spark.stop()


def _fill(spark: SparkSession, records: str) -> None:
    frame = spark.read.parquet(records)
    times = {name: frame[name].cast("timestamp") for name, kind in frame.dtypes if kind == "timestamp_ntz"}
    spark.sql(f"CREATE SCHEMA {TABLE.schema}")
    frame.withColumns(times).coalesce(1).write.saveAsTable(f"{TABLE.schema}.{TABLE.name}")


@contextmanager
def _served(spark: SparkSession) -> Iterator[str]:
    processor = TCLIService.Processor(_Service(spark))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = TMemoryBuffer(self.rfile.read(int(self.headers["Content-Length"])))
            answer = TMemoryBuffer()
            processor.process(TBinaryProtocol(asked), TBinaryProtocol(answer))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer.getvalue())))
            self.end_headers()
            self.wfile.write(answer.getvalue())

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sql"
    finally:
        server.shutdown()
        server.server_close()


class _Service:
    """What a client asks of a SQL warehouse; every answer comes whole, with the statement's own."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def OpenSession(self, request: Any) -> Any:
        handle = ttypes.TSessionHandle(_identifier())
        version = ttypes.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V7
        return ttypes.TOpenSessionResp(status=DONE, serverProtocolVersion=version, sessionHandle=handle)

    def CloseSession(self, request: Any) -> Any:
        return ttypes.TCloseSessionResp(status=DONE)

    def ExecuteStatement(self, request: Any) -> Any:
        bound = {parameter.name: _value(parameter) for parameter in request.parameters or ()}
        try:
            table = self._spark.sql(request.statement, args=bound).toArrow()
        except PySparkException as error:
            status = ttypes.TStatus(ttypes.TStatusCode.ERROR_STATUS, errorMessage=str(error), sqlState="42000")
            return ttypes.TExecuteStatementResp(status=status)
        kind = ttypes.TOperationType.EXECUTE_STATEMENT
        handle = ttypes.TOperationHandle(operationId=_identifier(), operationType=kind, hasResultSet=True)
        return ttypes.TExecuteStatementResp(status=DONE, operationHandle=handle, directResults=_whole(table))


def _identifier() -> Any:
    return ttypes.THandleIdentifier(guid=b"0123456789abcdef", secret=b"0123456789abcdef")


def _value(parameter: Any) -> Any:
    if parameter.type == "VOID":
        return None
    return READ[parameter.type](parameter.value.stringValue)


def _whole(table: pyarrow.Table) -> Any:
    table = table.cast(pyarrow.schema([_plain(field) for field in table.schema]))
    columns = [
        ttypes.TColumnDesc(columnName=field.name, typeDesc=_described(str(field.type)), position=place)
        for place, field in enumerate(table.schema)
    ]
    batches = [
        ttypes.TSparkArrowBatch(batch=batch.serialize().to_pybytes(), rowCount=batch.num_rows)
        for batch in table.combine_chunks().to_batches()
    ]
    return ttypes.TSparkDirectResults(
        operationStatus=ttypes.TGetOperationStatusResp(
            status=DONE, operationState=ttypes.TOperationState.FINISHED_STATE
        ),
        resultSetMetadata=ttypes.TGetResultSetMetadataResp(
            status=DONE,
            schema=ttypes.TTableSchema(columns=columns),
            resultFormat=ttypes.TSparkRowSetType.ARROW_BASED_SET,
            lz4Compressed=False,
            arrowSchema=table.schema.serialize().to_pybytes(),
        ),
        resultSet=ttypes.TFetchResultsResp(
            status=DONE, hasMoreRows=False, results=ttypes.TRowSet(startRowOffset=0, rows=[], arrowBatches=batches)
        ),
        closeOperation=ttypes.TCloseOperationResp(status=DONE),
    )


def _plain(field: pyarrow.Field) -> pyarrow.Field:
    # Decimals would need qualifiers; no query of the app may answer one.
    assert not pyarrow.types.is_decimal(field.type), f"{field.name} is a decimal"
    return field


def _described(kind: str) -> Any:
    entry = ttypes.TPrimitiveTypeEntry(type=getattr(ttypes.TTypeId, KINDS[kind]))
    return ttypes.TTypeDesc(types=[ttypes.TTypeEntry(primitiveEntry=entry)])

"""Run by the Connector SDK's own Python in a staged folder: serves its connector by the SDK's gRPC service on loopback,
calls that as Fivetran does, and writes every operation into a file, as one line of JSON.

    python drive.py OPERATIONS_FILE '{"api_key": "..."}' '{"next_cursor": "..."}' [STOP_AFTER_CHECKPOINTS]
"""

import json
import sys
from concurrent import futures
from decimal import Decimal
from pathlib import Path

sys.path.append("")  # where the SDK's own command puts the project

import grpc
from connector import connector
from fivetran_connector_sdk import Logging
from fivetran_connector_sdk.protos import common_pb2, connector_sdk_pb2, connector_sdk_pb2_grpc

SECONDS = 60


def main() -> None:
    configuration, state = json.loads(sys.argv[2]), sys.argv[3]
    most = int(sys.argv[4]) if len(sys.argv) > 4 else None
    Logging.LOG_LEVEL = Logging.Level.INFO  # what `connector.run()` sets
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    connector_sdk_pb2_grpc.add_ConnectorServicer_to_server(connector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    stub = connector_sdk_pb2_grpc.ConnectorStub(channel)
    try:
        answer = stub.Schema(connector_sdk_pb2.SchemaRequest(configuration=configuration), timeout=SECONDS)
        for table in answer.without_schema.tables:
            say("table", name=table.name, key=[column.name for column in table.columns if column.primary_key])
        request = connector_sdk_pb2.UpdateRequest(configuration=configuration, state_json=state)
        for response in stub.Update(request, timeout=SECONDS):
            operation = response.operation
            if operation.WhichOneof("op") == "checkpoint":
                say("checkpoint", state=json.loads(operation.checkpoint.state_json))
                most = most - 1 if most else most
                if most == 0:
                    break
                continue
            record = operation.record
            row = {name: value_of(value) for name, value in record.data.items()}
            say(common_pb2.OpType.Name(record.type).lower(), table=record.table_name, row=row)
        say("end")
    except grpc.RpcError as error:
        say("error", text=error.details())
    finally:
        channel.close()
        server.stop(grace=0).wait(SECONDS)


def value_of(value: common_pb2.ValueType) -> object:
    """Return a value as JSON holds it."""
    kind = value.WhichOneof("inner")
    if kind == "null":
        return None
    if kind == "json":
        return json.loads(value.json)
    if kind == "decimal":
        return int(Decimal(value.decimal))
    assert kind in {"bool", "long", "double", "string"}, f"a value came as {kind}"
    return getattr(value, kind)


def say(what: str, **fields: object) -> None:
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"op": what, **fields}) + "\n")


if __name__ == "__main__":
    main()

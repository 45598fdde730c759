"""Google Secret Manager on loopback, by gRPC, behind the client that Google ships."""

from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.cloud.secretmanager import SecretManagerServiceClient
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google.cloud.secretmanager_v1.types import resources, service

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


@dataclass
class SecretManagerOnLoopback:
    """What a test sees: each name that was asked for, in order."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def secret_manager_server(
    secrets: Mapping[str, bytes], refusals: tuple[grpc.StatusCode, ...] = ()
) -> Iterator[SecretManagerOnLoopback]:
    """Serve secrets by the name of their version; the first calls get the refusals, one each."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    seen = SecretManagerOnLoopback(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")

    def access(request: service.AccessSecretVersionRequest, context: grpc.ServicerContext):
        seen.asked.append(request.name)
        if len(seen.asked) <= len(refusals):
            context.abort(refusals[len(seen.asked) - 1], "as the test says")
        if request.name not in secrets:
            context.abort(grpc.StatusCode.NOT_FOUND, "not found")
        payload = resources.SecretPayload(data=secrets[request.name])
        return service.AccessSecretVersionResponse(name=request.name, payload=payload)

    handler = grpc.unary_unary_rpc_method_handler(
        access,
        request_deserializer=service.AccessSecretVersionRequest.deserialize,
        response_serializer=service.AccessSecretVersionResponse.serialize,
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"AccessSecretVersion": handler}),))
    server.start()
    try:
        yield seen
    finally:
        server.stop(None).wait(10)


@contextmanager
def client_of(address: str) -> Iterator[type]:
    """Make the real client, except that it speaks to this address, without credentials."""
    with grpc.insecure_channel(address) as channel:

        class Client(SecretManagerServiceClient):
            def __init__(self) -> None:
                super().__init__(transport=SecretManagerServiceGrpcTransport(channel=channel))

        yield Client

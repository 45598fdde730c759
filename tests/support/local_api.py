"""The local Fivetran's REST API on a free port, in this process: real connections, sync processes and a warehouse."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from fivetran_local.account.account_file import AccountStore
from fivetran_local.api.app import api
from fivetran_local.connections import Connections
from fivetran_local.events import EventLog
from fivetran_local.local_fivetran import Credentials, LocalFivetran
from fivetran_local.warehouse import Warehouse
from tests.support.connection_answers import KEY, SECRET


@dataclass
class LocalApi:
    """What a test needs to know of it; KEY and SECRET log in."""

    url: str
    warehouse: Path


@contextmanager
def local_api(folder: Path, functions: Sequence[Mapping[str, Any]]) -> Iterator[LocalApi]:
    """Serve one until the block ends.

    Args:
        folder: Where it keeps everything.
        functions: What `GET /functions` tells of them.
    """
    app = FastAPI(openapi_url=None)
    warehouse = folder / "warehouse.db"
    with (
        AccountStore(folder / "account") as store,
        Connections(
            store, warehouse_of=lambda _: Warehouse(warehouse), events=EventLog(folder / "logs")
        ) as connections,
        _serving(app) as url,
    ):
        app.include_router(api(LocalFivetran(connections, Credentials(KEY, SECRET), url)))
        app.add_api_route("/functions", lambda: {"functions": functions})
        yield LocalApi(url, warehouse)


@contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # whoever comes before the server is up waits
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)

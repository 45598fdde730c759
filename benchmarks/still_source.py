"""A source that costs next to nothing: it answers every GET with one page of real HED records, ready in memory.

    python -m benchmarks.still_source PAGE_FILE

Prints its port. The less the source costs, the more of what is measured is ours.
"""

import asyncio
import sys
from pathlib import Path


def main() -> None:
    """Serve until ended, on a free loopback port."""
    page = Path(sys.argv[1]).read_bytes()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(page)}\r\n\r\n"
    asyncio.run(_serve(head.encode() + page))


async def _serve(answer: bytes) -> None:
    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            self.heard = b""

        def data_received(self, data: bytes) -> None:
            self.heard += data
            while b"\r\n\r\n" in self.heard:
                self.heard = self.heard.partition(b"\r\n\r\n")[2]
                self.transport.write(answer)  # type: ignore[attr-defined]

    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()

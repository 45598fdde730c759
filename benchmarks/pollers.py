"""Clients that ask for a connection once a second each, until standard input ends; prints their waits in milliseconds.

    python -m benchmarks.pollers URL KEY SECRET CLIENTS PATH...

A wait is counted from the moment at which the request was due, so that a late client hides nothing.
"""

import asyncio
import base64
import json
import random
import sys
from urllib.parse import urlsplit


async def _client(url: str, path: str, login: str, waits: list[float], ending: asyncio.Event) -> None:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    reader, writer = await asyncio.open_connection(host, port)
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Basic {login}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random()  # noqa: S311  # only spreads them
    while not ending.is_set():
        await asyncio.sleep(max(0.0, due - loop.time()))
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        if b" 200 " not in status:
            raise SystemExit(f"answered {status.decode()}")
        length = next(line for line in fields.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        waits.append((loop.time() - due) * 1000)
        due += 1.0
    writer.close()


async def _run(url: str, key: str, secret: str, clients: int, paths: list[str]) -> list[float]:
    waits: list[float] = []
    ending = asyncio.Event()
    login = base64.b64encode(f"{key}:{secret}".encode()).decode()
    polling = [
        asyncio.create_task(_client(url, paths[number % len(paths)], login, waits, ending)) for number in range(clients)
    ]
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: ending.set())
    await asyncio.gather(*polling)
    return waits


if __name__ == "__main__":
    url, key, secret, clients, *paths = sys.argv[1:]
    print(json.dumps(asyncio.run(_run(url, key, secret, int(clients), paths))))

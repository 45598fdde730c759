"""Streams: the whole picture first, then each region that looks different, and an end with the server."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator

import pytest

from fivetran_local.events import EventLog, LogEvent
from fivetran_local.pages.live import Hub
from fivetran_local.pages.rendering import plural
from tests.fivetran_local.pages.conftest import Reader, made, synced
from tests.support.local_fivetran import local_fivetran

pytestmark = pytest.mark.slow


def regions(stream) -> Iterator[tuple[str, str]]:
    """Yield the id and the HTML of each region that a stream pushes, and "" where it says that nothing changed."""
    for line in stream.iter_lines(decode_unicode=True):
        if line.startswith("data:"):
            pushed = json.loads(line.removeprefix("data:"))
            if "id" in pushed:
                yield pushed["id"], pushed["html"]
        elif line.startswith(":"):
            yield "", ""


def until(found: Iterator[tuple[str, str]], name: str, word: str) -> list[str]:
    """Read a stream until a region holds a word; return the names of the regions before it."""
    before, last = [], ""
    deadline = time.monotonic() + 40
    for region, html in found:
        if region == name and word in html:
            return before
        last = html if region == name else last
        assert time.monotonic() < deadline, f"{name} never said {word!r}, but: {last}"
        before += [region] if region else []
    raise AssertionError("the stream ended")


def test_a_page_is_pushed_what_a_sync_does_to_its_end(reader, connections, connection, home):
    with reader.get(f"{home}/events?view=overview", stream=True) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        pushed = regions(stream)
        assert until(pushed, "history", "No sync has ended yet") == ["heading", "announcement", "facts", "live"]
        synced(connections, connection.settings.id)
        assert "history" not in until(pushed, "live", "Calls of the last sync")
        until(pushed, "history", "succeeded")


def test_the_list_is_pushed_each_row_and_all_of_it_when_one_comes(reader, connections, function):
    with reader.get("/events", stream=True) as stream:
        pushed = regions(stream)
        until(pushed, "connections", "")
        fresh = made(connections, function, "comes_later").settings.id
        until(pushed, "connections", f'id="row-{fresh}"')
        synced(connections, fresh)
        until(pushed, f"row-{fresh}", "Active")
        connections.delete(fresh)
        until(pushed, "summary", plural(len(connections.all()), "connection"))


def test_a_list_without_connections_is_pushed_as_well(reader):
    with reader.get("/events?group=none", stream=True) as stream:
        assert until(regions(stream), "connections", "No connections yet") == ["summary"]


def test_a_stream_of_a_connection_that_goes_says_so(reader, connections, function):
    fresh = made(connections, function, "goes_away").settings.id
    with reader.get(f"/connections/{fresh}/events?view=overview", stream=True) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines) == "event: region"
        connections.delete(fresh)
        assert "event: gone" in lines


def test_an_open_stream_does_not_keep_the_server(tmp_path, caplog):
    with local_fivetran(tmp_path) as running:
        reader = Reader(running)
        reader.sign_in()
        stream = reader.get("/events", stream=True)
        lines = stream.iter_lines()
        assert next(lines) == b"event: region"
    for _ in lines:  # fails where the stream was cut off
        pass
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.parametrize("concerned", [True, False])
def test_however_much_happens_a_page_is_woken_once_and_for_its_own_connection(tmp_path, concerned):
    log = EventLog(tmp_path)
    hub = Hub(log)
    scheduled = []

    async def look() -> None:
        loop = asyncio.get_running_loop()
        real = loop.call_soon_threadsafe
        with hub.waiter("mine" if concerned else "another") as waiter:
            loop.call_soon_threadsafe = lambda *call: (scheduled.append(call), real(*call))[1]
            told = threading.Thread(target=lambda: log.record(*events(1000)))
            told.start()
            told.join()
            loop.call_soon_threadsafe = real
            await waiter.wait(0.01, asyncio.Event())

    asyncio.run(look())
    assert len(scheduled) == (1 if concerned else 0)


def events(count: int) -> list[LogEvent]:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return [
        LogEvent(event="api_call", created=now, connector_type="x", connector_id="mine", connector_name="x")
        for _ in range(count)
    ]

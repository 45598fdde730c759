"""What changes while a page is open, pushed to it: each region of the page anew, rendered by the server."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import orjson
from fastapi import APIRouter
from markupsafe import escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fivetran_local.errors import NotFoundError
from fivetran_local.events import EventLog, LogEvent
from fivetran_local.pages.about import About, about
from fivetran_local.pages.listing import listed
from fivetran_local.pages.log import log_of
from fivetran_local.pages.setup import setup_of
from fivetran_local.pages.site import Site
from fivetran_local.syncing.view import SyncState

_COALESCED_SECONDS: Final = 0.25
_TICK_SECONDS: Final = 1.0
"""While a sync runs: not everything it does is told, and its seconds go by."""
_HEARTBEAT_SECONDS: Final = 15.0


_LOG_REGIONS: Final = {"events": "events", "function-log": "function_log"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page shows now."""

    regions: Mapping[str, str]
    """HTML by the id of the element that holds it."""
    moving: bool
    """Whether it changes by itself, because a sync runs, or begins in a moment."""


def routes(site: Site) -> APIRouter:
    """Return the streams that the pages listen to."""
    router = site.router()
    hub = Hub(site.connections.events)

    @router.get("/events")
    async def of_all(request: Request) -> Response:
        group = request.query_params.get("group", "")
        return _stream(request, hub, None, _list_look(site, group))

    @router.get("/connections/{connection_id}/events")
    async def of_one(connection_id: str, request: Request) -> Response:
        site.connections.settings(connection_id)
        view = request.query_params.get("view", "")
        return _stream(request, hub, connection_id, lambda: _picture(site, connection_id, view, request))

    return router


class Hub:
    """Wakes whoever shows a connection when something happened to it."""

    def __init__(self, events: EventLog) -> None:
        self._waiting: set[_Waiter] = set()
        self._lock = threading.Lock()
        events.listen(self._hear)

    @contextmanager
    def waiter(self, connection_id: str | None) -> "Iterator[_Waiter]":
        """Be woken for a connection, or for all of them, as long as the block runs."""
        waiter = _Waiter(asyncio.get_running_loop(), connection_id)
        with self._lock:
            self._waiting.add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    def _hear(self, event: LogEvent) -> None:
        with self._lock:
            concerned = [waiter for waiter in self._waiting if waiter.connection_id in (None, event.connector_id)]
        for waiter in concerned:
            waiter.wake()


class _Waiter:
    """One open page. However much happens between two looks at it, it is woken once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection_id: str | None) -> None:
        self.connection_id = connection_id
        self._loop = loop
        self._happened = asyncio.Event()
        self._woken = False

    def wake(self) -> None:
        """Wake it, from any thread."""
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._happened.set)
            except RuntimeError:  # the server has stopped
                self._woken = False

    async def wait(self, seconds: float, leaving: asyncio.Event) -> None:
        """Wait until something happened, the server leaves, or for so long."""
        if await _first_of(self._happened, leaving, seconds=seconds) is self._happened:
            await _first_of(leaving, seconds=_COALESCED_SECONDS)
        self._woken = False
        self._happened.clear()


async def _first_of(*events: asyncio.Event, seconds: float) -> asyncio.Event | None:
    """Return the event that is set first; None where none was in time."""
    waiting = {asyncio.create_task(event.wait()): event for event in events}
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    return waiting[done.pop()] if done else None


def _stream(request: Request, hub: Hub, connection_id: str | None, look: Callable[[], Picture]) -> StreamingResponse:
    leaving: asyncio.Event = request.app.state.leaving
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(
        _events(hub, connection_id, look, leaving), headers=headers, media_type="text/event-stream"
    )


async def _events(
    hub: Hub, connection_id: str | None, look: Callable[[], Picture], leaving: asyncio.Event
) -> AsyncIterator[bytes]:
    """Yield the whole picture, and then each region that looks different; a comment where nothing does for a while."""
    shown: dict[str, str] = {}
    with hub.waiter(connection_id) as waiter:
        while not leaving.is_set():
            try:
                picture = await run_in_threadpool(look)
            except NotFoundError:
                yield b"event: gone\ndata: {}\n\n"
                return
            changed = {name: html for name, html in picture.regions.items() if shown.get(name) != html}
            shown = dict(picture.regions)
            yield b"".join(_event(name, html) for name, html in changed.items()) or b": still here\n\n"
            await waiter.wait(_TICK_SECONDS if picture.moving else _HEARTBEAT_SECONDS, leaving)


def _event(name: str, html: str) -> bytes:
    return b"event: region\ndata: " + orjson.dumps({"id": name, "html": html}) + b"\n\n"


def _list_look(site: Site, group: str) -> Callable[[], Picture]:
    """Return what looks at the list: at each row by itself, and at all of it when a connection came or went."""
    before: list[str] | None = None

    def look() -> Picture:
        nonlocal before
        abouts = listed(site, group)
        render = site.templates.render
        regions = {"summary": render("parts/summary.html", abouts=abouts)}
        if before != (now := [one.id for one in abouts]):
            before = now
            regions["connections"] = render("parts/list.html", abouts=abouts)
        regions |= {f"row-{one.id}": render("parts/list_row.html", about=one) for one in abouts}
        return Picture(regions, moving=any(one.view.sync_state is SyncState.SYNCING for one in abouts))

    return look


def _picture(site: Site, connection_id: str, view: str, request: Request) -> Picture:
    one = about(site, connection_id)
    render = site.templates.render
    regions = {"heading": render("parts/heading.html", about=one), "announcement": str(escape(one.announcement))}
    match view:
        case "overview":
            regions |= overview_regions(site, one)
        case "setup":
            regions["steps"] = render("parts/steps.html", about=one, **setup_of(site, one))
        case "log":
            log = log_of(site, connection_id, request)
            regions |= {name: render(f"parts/{file}.html", **log) for name, file in _LOG_REGIONS.items()}
    return Picture(regions, moving=one.view.sync_state is SyncState.SYNCING)


def overview_regions(site: Site, one: About) -> dict[str, str]:
    """Return the regions of a connection's first page."""
    names = ("facts", "live", "history")
    return {name: site.templates.render(f"parts/{name}.html", about=one) for name in names}

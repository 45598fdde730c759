"""A connection's log, with filters: what happened, the latest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.events import Level
from fivetran_local.pages.about import about
from fivetran_local.pages.function_log import function_log
from fivetran_local.pages.site import Site

_MOST_READ: Final = 20_000
_MOST_SHOWN: Final = 200
_LEVELS: Final = [level.value for level in Level]


def routes(site: Site) -> APIRouter:
    """Return the page."""
    router = site.router()

    @router.get("/connections/{connection_id}/log")
    def log(connection_id: str, request: Request) -> Response:
        one = about(site, connection_id)
        return site.page(request, "log.html", about=one, **log_of(site, connection_id, request))

    return router


def log_of(site: Site, connection_id: str, request: Request) -> dict[str, Any]:
    """Return what the log's page shows: the events that the filters in its address let through."""
    events = site.connections.events.read(connection_id, most=_MOST_READ)
    chosen = {name: request.query_params.get(name, "") for name in ("level", "event", "sync", "text")}
    found = [event for event in reversed(events) if _fits(event, chosen)]
    return {
        "entries": [_entry(event) for event in found[:_MOST_SHOWN]],
        "found": len(found),
        "chosen": chosen,
        "levels": _LEVELS,
        "kinds": sorted({str(event["event"]) for event in events}),
        "syncs": _syncs(events),
        "query": request.url.query,
        "function_log": function_log(site, connection_id),
    }


def _fits(event: Mapping[str, Any], chosen: Mapping[str, str]) -> bool:
    level = chosen["level"]
    if level in _LEVELS and _LEVELS.index(event["level"]) < _LEVELS.index(level):
        return False
    if chosen["event"] and event["event"] != chosen["event"]:
        return False
    if chosen["sync"] and event["sync_id"] != chosen["sync"]:
        return False
    return chosen["text"].casefold() in f"{event['event']} {_in_words(event['data'])}".casefold()


def _entry(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": _moment(event["created"]),
        "level": event["level"],
        "event": event["event"],
        "sync": event["sync_id"] or "",
        "text": _in_words(event["data"]),
    }


def _in_words(data: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in data.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values() if part)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _syncs(events: list[dict[str, Any]]) -> list[tuple[str, datetime]]:
    """Return the syncs that the log knows with the time of their first event, the latest first."""
    first: dict[str, datetime] = {}
    for event in events:
        if event["sync_id"] and event["sync_id"] not in first:
            first[event["sync_id"]] = _moment(event["created"])
    return list(first.items())[::-1]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

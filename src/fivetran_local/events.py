"""What happened to each connection, in the form of Fivetran's log events: kept in a file each, and told to listeners.

Source of the form: fivetran.com/docs/logs.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

MOST_BYTES_KEPT: Final = 8 * 1024 * 1024
"""Of a connection's log; the older half goes when there is more."""


class Level(StrEnum):
    """How much an event matters."""

    INFO = "INFO"
    WARNING = "WARNING"
    SEVERE = "SEVERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One event. It holds no secret and no row."""

    event: str
    """Fivetran's name for it: `sync_start`, `api_call`, `sync_end`, `connection_failure`, ..."""
    created: datetime
    connector_type: str
    connector_id: str
    connector_name: str
    level: Level = Level.INFO
    sync_id: str | None = None
    destination_group_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """Return it as JSON has it; `created` with microseconds and a Z."""
        return {
            "event": self.event,
            "created": self.created.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": self.level.value,
            "connector_type": self.connector_type,
            "connector_id": self.connector_id,
            "connector_name": self.connector_name,
            "destination_group_id": self.destination_group_id,
            "sync_id": self.sync_id,
            "data": dict(self.data),
        }


class EventLog:
    """Keeps events, one file of JSON lines for each connection.

    Args:
        folder: where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing = threading.Lock()
        self._listeners: list[Callable[[LogEvent], None]] = []

    def listen(self, listener: Callable[[LogEvent], None]) -> Callable[[], None]:
        """Tell a listener of every event, on the thread that it happened on; return what ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def record(self, *events: LogEvent) -> None:
        """Keep events of one connection, and tell the listeners.

        A full disk loses lines of a log, and nothing else: what matters of a sync is in the warehouse.
        """
        if not events:
            return
        lines = b"".join(orjson.dumps(event.to_wire()) + b"\n" for event in events)
        path = self._path(events[0].connector_id)
        with self._writing:
            try:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if path.exists() and path.stat().st_size > MOST_BYTES_KEPT:
                    _drop_older_half(path)
                with path.open("ab+") as file:
                    file.write(lines if _is_whole(file) else b"\n" + lines)
            except OSError:
                pass
        for listener in tuple(self._listeners):
            for event in events:
                with suppress(Exception):  # whoever listens must not stop a sync
                    listener(event)

    def read(self, connection_id: str, *, most: int = 500) -> list[dict[str, Any]]:
        """Return the last events of a connection as JSON has them, oldest first; a torn line is left out."""
        try:
            with self._path(connection_id).open("rb") as file:
                lines = deque(file, maxlen=most)
        except OSError:
            return []
        events = []
        for line in lines:
            try:
                events.append(orjson.loads(line))
            except orjson.JSONDecodeError:
                continue
        return events

    def forget(self, connection_id: str) -> None:
        """Remove a connection's file."""
        self._path(connection_id).unlink(missing_ok=True)

    def keep_only(self, connection_ids: Container[str]) -> None:
        """Remove the files of all other connections."""
        for path in self._folder.glob("*.jsonl"):
            if path.stem not in connection_ids:
                path.unlink(missing_ok=True)

    def _path(self, connection_id: str) -> Path:
        return self._folder / f"{connection_id}.jsonl"


def _is_whole(file: BinaryIO) -> bool:
    """Whether a file's last line has its end: a process may have died within it."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _drop_older_half(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(path.stat().st_size // 2)
        file.readline()
        rest = file.read()
    newer = path.with_suffix(".new")
    newer.write_bytes(rest)
    os.replace(newer, path)  # noqa: PTH105  # the name says that one takes the other's place

"""Answers of Fivetran's API for a scripted server, and `./fivetran connection` in this process."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fivetran_tools.cli import main
from tests.support.login import KEY, SECRET
from tests.support.scripted_source import Answer, document


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def data(content: object, code: int = 200) -> Answer:
    return document({"code": "Success", "data": content}, code)


def said(message: str = "done") -> Answer:
    return document({"code": "Success", "message": message})


def refused(status: int, code: str, message: str, **headers: str) -> Answer:
    return document({"code": code, "message": message}, status, **headers)


def connection(sync_state: str = "scheduled", **changed: Any) -> dict[str, Any]:
    """A connection as the API shows it; keyword arguments replace fields, those of `status` included."""
    status = {
        "setup_state": "connected",
        "sync_state": sync_state,
        "update_state": "on_schedule",
        "is_historical_sync": False,
        "tasks": [],
        "warnings": [],
        "rescheduled_for": None,
    }
    status.update({key: changed.pop(key) for key in list(changed) if key in status})
    return {
        "id": "grafted_unwound",
        "group_id": "warm_lake",
        "service": "google_cloud_function",
        "schema": "hed",
        "paused": sync_state == "paused",
        "succeeded_at": "2026-03-01T10:00:00.000000Z",
        "failed_at": None,
        "sync_frequency": 360,
        "schedule_type": "auto",
        "config": {"schema": "hed", "function_trigger": "******"},
        **changed,
        "status": status,
    }


def one(*words: Any, **changed: Any) -> Answer:
    """The answer that holds one connection."""
    return data(connection(*words, **changed))


class Command:
    """Runs `connection` against the Fivetran that FIVETRAN_API_URL names."""

    def __init__(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capfd = capfd
        for name in [name for name in os.environ if name.startswith("FIVETRAN_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("FIVETRAN_API_KEY", KEY)
        monkeypatch.setenv("FIVETRAN_API_SECRET", SECRET)
        self._monkeypatch = monkeypatch

    def at(self, url: str) -> "Command":
        self._monkeypatch.setenv("FIVETRAN_API_URL", url)
        return self

    def __call__(self, *words: str | Path) -> Done:
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["connection", *map(str, words)])
        out, err = self._capfd.readouterr()
        assert "Traceback" not in err
        assert SECRET not in out + err
        assert "unexpected" not in err, err
        return Done(int(ended.value.code or 0), out, err)
